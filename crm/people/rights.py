"""What a person may: which entry times, how far, through what; and what they may not, and who may instead.

Pure reading, for the profile page. The rows are those that the door judges by.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.words import in_a_row
from crm.models import Role
from records.models import RECORDS, CompanyRules, TypeRule, Window
from records.models.access import KEY, OWN, REDATE, Person, person
from records.person_access import type_names
from records.rules import WindowLimit

from .own_grants import OwnGrant, own_grants
from .words import back

Windows = dict[tuple[str, str], list[WindowLimit]]


@dataclass(frozen=True)
class Line:
    """What, and how far or who instead; `through` is "rule" (owners), "role" or ""."""

    what: str
    small: str
    through: str = ""


@dataclass
class Rights:
    """Lines of what one may and may not, and the open grants."""

    may: list[Line] = field(default_factory=list)
    may_not: list[Line] = field(default_factory=list)
    grants: list[OwnGrant] = field(default_factory=list)


def rights_of(user: Any, company: CompanyRules, at: dt.datetime) -> Rights:
    """All of it for one person at the aware moment `at`, in a constant number of queries."""
    who, found = person(user), Rights()
    windows, helpers = _windows(who), _Helpers()
    others: list[str] = []
    for name in RECORDS:
        rule = company.by_type.get(name)
        lines = _by_role(name, who, windows, rule) or _as_owner(name, who, windows, rule)
        found.may += lines
        if not lines:
            found.may_not.append(Line(type_names()[name], helpers.may(name, "ordinary")))
        elif lines[0].through == "rule":
            others.append(name)
    if len(found.may_not) == len(RECORDS):
        found.may_not = [Line(_("Any record, without a grant"), helpers.may("customer", "ordinary"))]
    elif others:
        found.may_not.insert(0, Line(_("Records of other people"), helpers.may(others[0], "ordinary")))
    if found.may and not any(windows.get((name, "key")) for name in RECORDS if KEY in who.permissions):
        found.may_not.append(Line(_("Records of key accounts, without a grant"), helpers.may("customer", "key")))
    found.may_not += _closed(company.by_type, helpers)
    found.grants = own_grants(who, windows, at)
    return found


def _windows(who: Person) -> Windows:
    """Windows of the person's roles by record type and customer class."""
    rows = Window.objects.filter(role__group__in=who.groups)
    found: Windows = defaultdict(list)
    for row in rows:
        days_back = None if row.no_limit else row.days_back
        limit = WindowLimit(days_back, row.days_forward, row.longest_move)
        found[row.record_type, row.customer_class].append(limit)
    return found


def _by_role(name: str, who: Person, windows: Windows, rule: TypeRule | None) -> list[Line]:
    if rule is None or REDATE.format(name) not in who.permissions:
        return []
    ordinary = windows.get((name, "ordinary"), [])
    key = windows.get((name, "key"), []) if KEY in who.permissions else []
    if ordinary and key and reach(ordinary, rule) == reach(key, rule):
        return [Line(_every()[name], reach(ordinary, rule), "role")]
    lines = [Line(_ordinary()[name], reach(ordinary, rule), "role")] if ordinary else []
    return lines + ([Line(_key()[name], reach(key, rule), "role")] if key else [])


def _as_owner(name: str, who: Person, windows: Windows, rule: TypeRule | None) -> list[Line]:
    ordinary = windows.get((name, "ordinary"), [])
    if rule is None or not rule.owners_may or OWN not in who.permissions or not ordinary:
        return []
    return [Line(_owned()[name], reach(ordinary, rule), "rule")]


def reach(windows: list[WindowLimit], rule: TypeRule) -> str:
    """How far: the widest way back, ahead, how far at once, and whether a period is closed."""
    widest = max(windows, key=lambda w: (w.days_back is None, w.days_back or 0, w.longest_move or 10**9))
    parts = [back(widest), _ahead(windows) if rule.allow_future else _("no future")]
    if widest.longest_move is not None:
        parts.append(
            ngettext("%(n)d day at once", "%(n)d days at once", widest.longest_move) % {"n": widest.longest_move}
        )
    if rule.closed_through is not None:
        parts.append(_("open periods"))
    return in_a_row(parts)


def _ahead(windows: list[WindowLimit]) -> str:
    days = max(window.days_forward for window in windows)
    if days == 0:
        return _("until the end of today")
    return ngettext("up to %(n)d day ahead", "up to %(n)d days ahead", days) % {"n": days}


def _closed(rules: dict[str, TypeRule], helpers: _Helpers) -> list[Line]:
    """One line for each day that types are closed through."""
    days: dict[dt.date, list[str]] = defaultdict(list)
    for name, shown in type_names().items():
        rule = rules.get(name)
        if rule is not None and rule.closed_through is not None:
            days[rule.closed_through].append(shown)
    lines = []
    for day, types in sorted(days.items(), reverse=True):
        what = _("Closed periods") if len(types) == len(RECORDS) else in_a_row(types)
        small = _("Closed through %(day)s. %(roles)s can reopen them.")
        lines.append(Line(what, small % {"day": day.isoformat(), "roles": helpers.hold("reopen_periods")}))
    return lines


class _Helpers:
    """Names of roles that may what the person may not; read once."""

    def __init__(self) -> None:
        roles = Role.objects.select_related("group").prefetch_related("group__permissions", "windows")
        self.roles = [(role, {p.codename for p in role.group.permissions.all()}) for role in roles]

    def may(self, record_type: str, customer_class: str) -> str:
        """Who may change entry times of that type and class."""
        need = {REDATE.format(record_type)} | ({KEY} if customer_class == "key" else set())
        cell = (record_type, customer_class)
        names = [
            role.name
            for role, held in self.roles
            if need <= held and cell in {(w.record_type, w.customer_class) for w in role.windows.all()}
        ]
        return _("%(roles)s may.") % {"roles": in_a_row(names)} if names else _("No role may.")

    def hold(self, codename: str) -> str:
        """Names of the roles that hold a permission."""
        return in_a_row(role.name for role, held in self.roles if codename in held)


def _every() -> dict[str, str]:
    return {
        "customer": _("All customers, key ones too"),
        "opportunity": _("All opportunities, those of key accounts too"),
        "followup": _("All follow-ups, those of key accounts too"),
        "contract": _("All contracts, those of key accounts too"),
    }


def _ordinary() -> dict[str, str]:
    return {
        "customer": _("All customers, except key ones"),
        "opportunity": _("All opportunities, except those of key accounts"),
        "followup": _("All follow-ups, except those of key accounts"),
        "contract": _("All contracts, except those of key accounts"),
    }


def _key() -> dict[str, str]:
    return {
        "customer": _("Key customers"),
        "opportunity": _("Opportunities of key accounts"),
        "followup": _("Follow-ups of key accounts"),
        "contract": _("Contracts of key accounts"),
    }


def _owned() -> dict[str, str]:
    return {
        "customer": _("Customers you own, except key ones"),
        "opportunity": _("Opportunities you own, except those of key accounts"),
        "followup": _("Follow-ups you own, except those of key accounts"),
        "contract": _("Contracts you own, except those of key accounts"),
    }
