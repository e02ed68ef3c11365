"""Who may change a record's entry time and through what, and why somebody may not: what refusals explain."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import DateTimeField, Exists, F, IntegerField, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from audit import times

from .models import GRANTS, TypeRule
from .models.access import KEY, OWN, REDATE, permission_id, person


class Helper(NamedTuple):
    """A person, role or team that may, and how: a role's name, or a grant with its end."""

    name: str
    how: str

    def __str__(self) -> str:
        return _("%(name)s (%(how)s)") % {"name": self.name, "how": self.how}


@dataclass(frozen=True)
class WhoMay:
    """Names of the roles that may; people and teams, those with a grant first; whether the owner may."""

    roles: list[str]
    people: list[Helper]
    owner: bool

    def __bool__(self) -> bool:
        return bool(self.roles or self.people or self.owner)


NOBODY = WhoMay([], [], False)


def who_may(record: Any, at: dt.datetime, limit: int = 5) -> WhoMay:
    """Who may change the record's entry time at the aware moment `at`; at most `limit` people and teams. Three queries.

    With limit 0 only the roles, in one query. Inactive people are left out, and so are roles and teams without active
    people.
    """
    rows, roles = _granted(record, at, limit) if limit else [], list(roles_that_may(record))
    owner = any(row["holder"] == "owner" for row in rows)
    people: dict[tuple[str, int], Helper] = {}
    for row in rows:
        if row["holder"] != "owner":
            people.setdefault((row["holder"], row["who"]), Helper(row["name"], granted_until(row["ends"])))
    for pk, name, group in people_of(roles, limit):
        people.setdefault(("user", pk), Helper(name, str(group.role)))
    return WhoMay([str(group.role) for group in roles], list(people.values())[:limit], owner)


def who_may_grant(record: Any, limit: int = 5) -> list[Helper]:
    """People who may grant the right to change the record's entry time, by their role. Two queries."""
    roles = list(roles_that_may(record).filter(permissions=_id("grant_access")))
    people = {pk: Helper(name, str(group.role)) for pk, name, group in reversed(people_of(roles, limit))}  # type: ignore[attr-defined]
    return list(reversed(people.values()))[:limit]


def who_hold(codename: str, limit: int = 5) -> list[Helper]:
    """Active people whose role holds a permission, by their role. Two queries."""
    groups = Group.objects.filter(role__isnull=False, permissions__codename=codename).select_related("role")
    roles = list(groups.order_by("role__order", "role__key").distinct())
    return [Helper(name, str(group.role)) for _pk, name, group in people_of(roles, limit)][:limit]  # type: ignore[attr-defined]


def why_not(user: Any, record: Any, at: dt.datetime) -> str:
    """Why `user`, who may not change the record's entry time at `at`, may not. One query beside the person's own."""
    who, name = person(user), record._meta.model_name
    ended = _last_end(user, record, at)
    if ended is not None:
        return _("Your grant ended on %(time)s.") % {"time": _written(ended)}
    if REDATE.format(name) in who.permissions:
        return _("Your role may change the entry times of ordinary records, but this is a key account.")
    if record.owner_id != who.id:
        return _("You do not own this record, and your role may not change entry times.")
    if OWN not in who.permissions:
        return _("You own this record, but no role of yours may change entry times.")
    records = {"records": capfirst(record._meta.verbose_name_plural)}
    if name in who.owner_rules:
        return _("The rule “%(records)s” lets owners change their own, but this is a key account.") % records
    return _("%(records)s: owners may not change entry times.") % records


def granted_until(until: dt.datetime | None) -> str:
    """How a grant is named in few words."""
    return _("granted until %(time)s") % {"time": _written(until)} if until else _("granted")


def roles_that_may(record: Any) -> QuerySet[Group]:
    """Groups of the roles that may change the record's entry time and have active people; with their role."""
    groups = Group.objects.filter(_active_people(), role__isnull=False)
    groups = groups.filter(permissions=_id(REDATE.format(record._meta.model_name)))
    if record.is_key:
        groups = groups.filter(permissions=_id(KEY))
    return groups.select_related("role").order_by("role__order", "role__key")


def grants_on(record: Any) -> list[tuple[QuerySet, str]]:
    """Grants to change the record's entry time, ended ones too: (queryset, "user" or "group"), covering ones last."""
    name = record._meta.model_name
    places: list[tuple[str, int, dict]] = [(name, record.pk, {})]
    if name != "customer" and record.customer_id:
        places.append(("customer", record.customer_id, {"covers": True}))
    return [
        (GRANTS[kind][index].objects.filter(content_object=pk, permission=_id(REDATE.format(kind)), **more), holder)
        for kind, pk, more in places
        for index, holder in enumerate(("user", "group"))
    ]


def holder_name(holder: str) -> Any:
    """The name of a grant's holder in SQL: a person's, a role's in the reader's language, or a team's."""
    if holder == "user":
        return Coalesce(NullIf("user__display_name", Value("")), "user__username")
    language = "zh" if (get_language() or "").startswith("zh") else "en"
    return Coalesce(f"group__role__name_{language}", "group__team__name", "group__name")


def _granted(record: Any, at: dt.datetime, limit: int) -> list[dict[str, Any]]:
    """Holders of grants in force, and a row "owner" where the owner rule answers; one statement, bounded."""
    parts = [
        _row(grants.in_force(at).filter(_in_effect(holder)), rank, holder, f"{holder}_id", holder_name(holder), "until")
        for rank, (grants, holder) in enumerate(grants_on(record), 1)
    ]
    never = Cast(Value(None), DateTimeField())
    rule = _row(owner_may(record), 0, "owner", Cast("pk", IntegerField()), Value(""), never)
    return list(rule.union(*parts, all=True).order_by("rank", "name")[: 2 * limit + 1])


def _row(rows: QuerySet, rank: int, holder: str, who: Any, name: Any, until: Any) -> QuerySet:
    columns = {"rank": Value(rank), "holder": Value(holder), "who": who, "name": name, "ends": until}
    return rows.values(**{key: F(value) if isinstance(value, str) else value for key, value in columns.items()})


def _in_effect(holder: str) -> Exists:
    """Whether the holder is an active person, or a group with one."""
    people = get_user_model().objects.filter(is_active=True)
    mine = {"pk": OuterRef("user")} if holder == "user" else {"groups": OuterRef("group")}
    return Exists(people.filter(**mine))


def _active_people() -> Exists:
    return Exists(get_user_model().objects.filter(groups=OuterRef("pk"), is_active=True))


def owner_may(record: Any) -> QuerySet[TypeRule]:
    """The owner rule where it answers for the record's owner: on, no key record, an active owner who may own."""
    if record.is_key:
        return TypeRule.objects.none()
    owner = get_user_model().objects.filter(pk=record.owner_id, is_active=True, groups__permissions=_id(OWN))
    return TypeRule.objects.filter(Exists(owner), record_type=record._meta.model_name, owners_may=True)


def people_of(roles: list[Group], limit: int) -> list[tuple[int, str, Group]]:
    """Active people of the roles, as (id, name, group of the role), the first role first."""
    groups = {group.pk: group for group in roles}
    members = get_user_model().groups.through.objects.filter(group__in=groups, user__is_active=True)
    rows = members.order_by("group__role__order", "user__display_name", "user__username")
    names = rows.values_list("user", holder_name("user"), "group")[: limit * max(len(groups), 1)]
    return [(pk, name, groups[group]) for pk, name, group in names]


def _last_end(user: Any, record: Any, at: dt.datetime) -> dt.datetime | None:
    """When the last of the person's grants on the record ended."""
    held = {"user": {"user": user.pk}, "group": {"group__in": person(user).groups}}
    parts = [grants.filter(until__lte=at, **held[holder]).values("until") for grants, holder in grants_on(record)]
    last = parts[0].union(*parts[1:], all=True).order_by("-until").first()
    return last["until"] if last else None


def _written(at: dt.datetime) -> str:
    return times.format_time(at, timezone.get_current_timezone())


def _id(codename: str) -> int:
    return permission_id(codename) or 0
