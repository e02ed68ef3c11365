"""The fixed cast, and factories that go through the services, so that test data obeys the rules.

owner, colleague: sales of team East; stranger: sales of team West; manager, senior, administrator, auditor: their
roles; outsider: active, no role, no grant; gone: inactive; root: a superuser, who is an administrator and nothing more.
"""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.db import transaction

from audit.acts import act
from crm.models import Role, Team, User
from records.models import CompanyRules, Contract, Customer, FollowUp, Opportunity, TypeRule
from records.models._entry_time_key import key
from records.services import grants
from records.services.records import create_record

NOW = dt.datetime(2026, 3, 18, 6, 32, tzinfo=dt.UTC)  # Wednesday 14:32 in Shanghai
PASSWORD = "correct horse battery"
_counter = itertools.count(1)


def clock() -> dt.datetime:
    """The moment at which everything happens."""
    return NOW


def days(number: float) -> dt.timedelta:
    """That many days."""
    return dt.timedelta(days=number)


@dataclass
class Cast:
    """The people and teams."""

    owner: User
    colleague: User
    stranger: User
    manager: User
    senior: User
    administrator: User
    auditor: User
    outsider: User
    gone: User
    root: User
    east: Team
    west: Team

    def everybody(self) -> list[User]:
        """All people."""
        return [value for value in vars(self).values() if isinstance(value, User)]


def _told(name: str) -> dict[str, str]:
    """What is known of somebody by the name for signing in."""
    return {"username": name, "email": f"{name}@redate.example", "display_name": name.capitalize()}


def person(name: str, role: str | None = None, team: Team | None = None, **extra: Any) -> User:
    """A person, with a role and a team."""
    user = User.objects.create_user(**_told(name), password=PASSWORD, team=team, **extra)
    if role:
        user.groups.add(Role.objects.get(key=role).group)
    if team:
        user.groups.add(team.group)
    return user


def team(name: str) -> Team:
    """A team with its group."""
    return Team.objects.create(name=name, group=Group.objects.create(name=f"team:{name}"))


_PEOPLE: dict[str, tuple[str, str, dict[str, Any]]] = {  # role, team and what else
    "owner": ("sales", "east", {}),
    "colleague": ("sales", "east", {}),
    "stranger": ("sales", "west", {}),
    "manager": ("sales_manager", "east", {}),
    "senior": ("senior_sales_manager", "", {}),
    "administrator": ("administrator", "", {}),
    "auditor": ("auditor", "", {}),
    "outsider": ("", "", {}),
    "gone": ("sales_manager", "east", {"is_active": False}),
    "root": ("administrator", "", {"is_superuser": True, "is_staff": True}),
}


def make() -> Cast:
    """The whole cast, in few statements: almost every test has one."""
    teams = {"east": team("East"), "west": team("West")}
    set_rule(CompanyRules.objects.get(), zone="Asia/Shanghai", name="Yunqiao")
    for rule in TypeRule.objects.all():
        set_rule(rule, owners_may=rule.record_type != "contract", warn_order=False)
    word, roles = make_password(PASSWORD), dict(Role.objects.values_list("key", "group_id"))
    people, groups = {}, []
    for name, (_role, of, extra) in _PEOPLE.items():
        people[name] = User(**_told(name), password=word, team=teams.get(of), **extra)
    User.objects.bulk_create(people.values())
    for name, (role, of, _extra) in _PEOPLE.items():
        groups += [(people[name], roles[role])] if role else []
        groups += [(people[name], teams[of].group_id)] if of else []
    User.groups.through.objects.bulk_create(User.groups.through(user=u, group_id=g) for u, g in groups)
    return Cast(**people, **teams)


def set_rule(rule: Any, **values: Any) -> Any:
    """Change a rule directly, as a test needs it."""
    row = type(rule).objects.get(pk=rule.pk)
    for name, value in values.items():
        setattr(row, name, value)
    with transaction.atomic(), act(by=None, reason="", note="test", channel="command", at=NOW), key():
        row.save(update_fields=list(values))
    return row


def close_through(day: dt.date, *record_types: str) -> None:
    """Close a period for the types, or for all."""
    for rule in TypeRule.objects.filter(record_type__in=record_types) if record_types else TypeRule.objects.all():
        set_rule(rule, closed_through=day)


def customer(owner: User, by: User | None = None, clock: Any = clock, **values: Any) -> Customer:
    """A customer of `owner`; key ones are entered by somebody who may classify."""
    values = {"name": f"Customer {next(_counter)}"} | values
    by = by or _able(owner, values)
    return create_record(model=Customer, values=values | {"owner": owner}, by=by, channel="web", clock=clock)


def opportunity(
    owner: User, customer: Customer | None = None, by: Any = None, clock: Any = clock, **values: Any
) -> Any:
    """An opportunity of `owner`."""
    values = {"name": f"Opportunity {next(_counter)}", "customer": customer, "owner": owner} | values
    return create_record(model=Opportunity, values=values, by=by or owner, channel="web", clock=clock)


def follow_up(owner: User, customer: Customer, by: Any = None, clock: Any = clock, **values: Any) -> Any:
    """A follow-up of `owner`."""
    values = {"summary": f"Call {next(_counter)}", "customer": customer, "owner": owner} | values
    return create_record(model=FollowUp, values=values, by=by or owner, channel="web", clock=clock)


def contract(owner: User, customer: Customer, by: Any = None, clock: Any = clock, **values: Any) -> Any:
    """A contract of `owner`."""
    values = {"name": f"Contract {next(_counter)}", "customer": customer, "owner": owner} | values
    return create_record(model=Contract, values=values, by=by or owner, channel="web", clock=clock)


def grant(record: Any, to: Any, by: Any, clock: Any = clock, why: str = "Cards entered late", **terms: Any) -> Any:
    """A grant of `by` to a person or group: to change the entry time, 14 days back, for four days."""
    terms = {"until": NOW + days(4), "days_back": 14} | terms
    return grants.grant(record=record, to=to, terms=grants.Terms(**terms), why=why, by=by, channel="web", clock=clock)


def _able(owner: User, values: dict[str, Any]) -> User:
    return User.objects.get(username="senior") if values.get("importance") == "key" else owner
