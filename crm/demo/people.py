"""The people of the demo company, its teams, and the rules that hold before the first record."""

from __future__ import annotations

import datetime as dt
from typing import Any

from crm.demo_people import PASSWORD
from crm.models import Team, User
from crm.people.services import add_person, add_team, change_team, set_own_profile
from records.models import CompanyRules, TypeRule
from records.services.rules import change_rule

# sign-in name, shown name, role, team, language, zone
PEOPLE = (
    ("admin", "沈嘉 Shen Jia", "administrator", "Office", "", ""),
    ("wang", "王志强", "senior_sales_manager", "Office", "", ""),
    ("han", "韩磊", "sales_manager", "East", "zh-hans", ""),
    ("olivia", "Olivia Hart", "sales_manager", "Europe", "en", "Europe/London"),
    ("lin", "林悦", "sales", "East", "", ""),
    ("zhao", "赵敏", "sales", "East", "zh-hans", ""),
    ("chen", "陈晓雯", "sales", "South", "zh-hans", "Asia/Shanghai"),
    ("priya", "Priya Nair", "sales", "Europe", "en", "Asia/Singapore"),
    ("marcus", "Marcus Weber", "sales", "Europe", "en", "Europe/Berlin"),
    ("auditor", "Daniel Okafor", "auditor", "Audit", "en", "Europe/London"),
)
TEAMS = {"East": "han", "South": "han", "Europe": "olivia", "Office": "wang", "Audit": None}


def make_people(now: dt.datetime) -> dict[str, Any]:
    """Everybody by sign-in name, with roles and teams."""
    how = {"note": "Demo company", "by": None, "channel": "command", "clock": lambda: now}
    teams = {name: add_team(name=name, manager=None, **how) for name in TEAMS}
    people = {row[0]: _person(row, teams, how) for row in PEOPLE}
    for name, leader in TEAMS.items():
        if leader:
            change_team(team=teams[name], name=name, manager=people[leader], **how)
    return people


def _person(row: tuple[str, ...], teams: dict[str, Team], how: dict[str, Any]) -> User:
    username, shown, role, team, language, zone = row
    person = add_person(
        username=username,
        display_name=shown,
        email=f"{username}@redate.example",
        roles=[role],
        team=teams[team],
        password=PASSWORD,  # shorter than the pages allow, and known to all
        **how,
    )
    set_own_profile(by=person, values={"language": language, "zone": zone}, channel="command", clock=how["clock"])
    return User.objects.select_related("team__group").get(pk=person.pk)


def set_rules(admin: User, now: dt.datetime) -> None:
    """The company, and owners who may change their own; contracts stay without."""
    values = {"name": "云桥商贸 Yunqiao Trading", "zone": "Asia/Shanghai"}
    change(CompanyRules.objects.get(), values, "demo company", admin, now)
    for rule in TypeRule.objects.filter(record_type__in=("customer", "opportunity", "followup")):
        change(rule, {"owners_may": True}, "Sales put right what they entered themselves.", admin, now)


def change(rule: Any, values: dict[str, Any], note: str, admin: User, now: dt.datetime) -> None:
    """Change a rule as the administrator."""
    change_rule(
        rule=rule, seen_version=rule.version, values=values, by=admin, note=note, channel="command", clock=lambda: now
    )
