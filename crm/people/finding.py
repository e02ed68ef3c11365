"""Finding people: the list of administrators, by name, role, team and whether they may sign in."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Prefetch, Q, QuerySet
from django.http import QueryDict

from crm.models import Role, Team, User

LATE = 99  # people without a role come last


@dataclass(frozen=True)
class Filters:
    """What the address asks for; words that mean nothing are left out."""

    q: str = ""
    roles: tuple[str, ...] = ()
    teams: tuple[int, ...] = ()
    active: bool = False

    @classmethod
    def of(cls, query: QueryDict) -> Filters:
        """Read the address."""
        teams = tuple(
            int(text) for text in query.getlist("team") if text.isascii() and text.isdigit() and len(text) < 18
        )
        return cls(
            query.get("q", "").replace("\0", "").strip()[:80],
            tuple(key for key in query.getlist("role") if key.isprintable()),
            teams,
            query.get("active") == "yes",
        )

    def __bool__(self) -> bool:
        return bool(self.q or self.roles or self.teams or self.active)


def find(filters: Filters) -> list[Any]:
    """People with `shown_roles`, `signed_in` and team, the active first, by role and name; always two queries."""
    groups = Group.objects.filter(role__isnull=False).select_related("role").order_by("role__order", "role__key")
    rows = (
        _filtered(filters)
        .select_related("team")
        .prefetch_related(Prefetch("groups", groups, to_attr="role_groups"))
        .only("username", "display_name", "email", "is_active", "last_login", "team__name")
    )
    people: list[Any] = list(rows)
    for person in people:
        person.shown_roles = [group.role for group in person.role_groups]
        person.signed_in = to_minute(person.last_login)
    return sorted(people, key=_order)


def to_minute(at: dt.datetime | None) -> dt.datetime | None:
    """A moment of the system's own, as exact as people need it."""
    return at and at.replace(second=0, microsecond=0)


def _filtered(filters: Filters) -> QuerySet[User]:
    people = User.objects.all()
    if filters.q:
        named = Q(display_name__icontains=filters.q) | Q(username__icontains=filters.q) | Q(email__icontains=filters.q)
        people = people.filter(named)
    if filters.roles:
        people = people.filter(groups__in=Role.objects.filter(key__in=filters.roles).values("group")).distinct()
    if filters.teams:
        people = people.filter(team__in=filters.teams)
    return people.filter(is_active=True) if filters.active else people


def _order(person: Any) -> tuple[bool, int, str]:
    first = min((role.order for role in person.shown_roles), default=LATE)
    return not person.is_active, first, str(person).casefold()


def tab_counts() -> dict[str, int]:
    """Numbers of the three tabs."""
    return {"people": User.objects.count(), "roles": Role.objects.count(), "teams": Team.objects.count()}
