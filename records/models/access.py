"""Who may: each source stated once, as Q and Subquery. The answers in Python stand in records/access.py.

Three sources: a grant in force (own, through a role or team, or on the customer with "all under it"), a role's
model-wide permission, and the owner. A view is also implied by a grant to change the entry time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from .grants import GRANTS
from .rules import TYPES, CompanyRules, TypeRule

REDATE, VIEW, CHANGE = "change_{}_entry_time", "view_{}", "change_{}"
GRANTABLE = (REDATE, VIEW)
KEY, SEE_ALL, OWN = "change_key_entry_time", "see_all_records", "own_records"


@dataclass(frozen=True)
class Person:
    """What a person holds: ids of their groups, model-wide permissions, keys of roles, team. Empty when inactive.

    `owner_rules` maps the types whose owners may change their own to the rule's id.
    """

    id: int
    groups: frozenset[int] = frozenset()
    permissions: frozenset[str] = frozenset()
    roles: tuple[str, ...] = ()
    team: int | None = None
    sees_all: bool = False
    owner_rules: Mapping[str, int] = field(default_factory=dict)


def person(user: Any) -> Person:
    """What `user` holds, in one query, remembered on this instance of the user; load a fresh one to judge a write."""
    if not user.is_active or user.pk is None:
        return Person(user.pk or 0)
    if not hasattr(user, "_redate_person"):
        user._redate_person = _read(user)
    return user._redate_person


def _read(user: Any) -> Person:
    rules = TypeRule.objects.filter(owners_may=True)
    owner_rules = [Subquery(rules.filter(record_type=name).values("pk")[:1]) for name in TYPES]
    rows = list(
        Group.objects.filter(user=user.pk)
        .order_by("role__order")
        .values_list(
            "id",
            "permissions__codename",
            "role__key",
            Subquery(CompanyRules.objects.filter(pk=1).values("sales_see_all")),
            *owner_rules,
        )
    )
    if not rows:
        return Person(id=user.pk, team=user.team_id)
    permissions = frozenset(row[1] for row in rows if row[1])
    return Person(
        id=user.pk,
        groups=frozenset(row[0] for row in rows),
        permissions=permissions,
        roles=tuple(dict.fromkeys(row[2] for row in rows if row[2])),
        team=user.team_id,
        sees_all=SEE_ALL in permissions or bool(rows[0][3]),
        owner_rules={name: pk for name, pk in zip(TYPES, rows[0][4:], strict=True) if pk},
    )


def permission_id(codename: str) -> int | None:
    """The id of one of our permissions. A plain number in the query keeps the planner informed (measured)."""
    if codename not in _permission_ids:
        found = Permission.objects.filter(content_type__app_label="records").values_list("codename", "pk")
        _permission_ids.update(found)
    return _permission_ids.get(codename)


_permission_ids: dict[str, int] = {}


def forget_permission_ids(**kwargs: Any) -> None:
    """After migrate or flush ids may differ."""
    _permission_ids.clear()


def customer_path(model: type[models.Model]) -> str:
    """From a record to its customer's id."""
    return "pk" if model._meta.model_name == "customer" else "customer_id"


def importance_path(model: type[models.Model]) -> str:
    """From a record to its customer's importance."""
    return "importance" if model._meta.model_name == "customer" else "customer__importance"


def ordinary(model: type[models.Model], before: str = "") -> Q:
    """Records that hang on no key customer; an opportunity without a customer is ordinary.

    `before` leads to the record from another row: "content_object__" from a grant.
    """
    none = Q() if model._meta.model_name == "customer" else Q(**{f"{before}customer__isnull": True})
    return Q(**{before + importance_path(model): "ordinary"}) | none


def grantable(who: Person, model: type[models.Model]) -> Q:
    """Grants on records of `model` that the person may give and end: their role holds the right, on such records."""
    found, name = Q(pk__in=[]), model._meta.model_name
    if "grant_access" not in who.permissions:
        return found
    for kind in GRANTABLE:
        right = Q(permission=permission_id(kind.format(name)))
        if kind.format(name) not in who.permissions or (kind == VIEW and not who.sees_all):
            continue
        limited = kind == REDATE and KEY not in who.permissions
        found |= right & ordinary(model, "content_object__") if limited else right
    return found


def grants_of(who: Person, model: type[models.Model], at: dt.datetime) -> list[tuple[models.QuerySet, str, str]]:
    """Grants in force that may speak about records of `model`: (queryset, path from record, "user" or "group").

    On a child also those on its customer that cover all under it.
    """
    name, found = model._meta.model_name, []
    for index, (kind, q) in enumerate((("user", Q(user=who.id)), ("group", Q(group__in=who.groups)))):
        found.append((GRANTS[name][index].objects.in_force(at).filter(q), "pk", kind))
        if name != "customer":
            covering = GRANTS["customer"][index].objects.in_force(at).filter(q, covers=True)
            found.append((covering, "customer_id", kind))
    return found


def kinds_that_answer(kind: str) -> tuple[str, ...]:
    """The grantable kinds that answer a question of `kind`: a grant to change the entry time lets one look."""
    return (VIEW, REDATE) if kind == VIEW else (kind,) if kind in GRANTABLE else ()


def role_q(who: Person, model: type[models.Model], kind: str) -> Q | None:
    """Records a role lets `who` do `kind` on; None for none at all."""
    if kind.format(model._meta.model_name) not in who.permissions:
        return None
    if kind == REDATE and KEY not in who.permissions:
        return ordinary(model)
    if kind == VIEW and not who.sees_all:
        return Q(owner__team=who.team) if who.team else None
    return Q()


def owner_q(who: Person, model: type[models.Model], kind: str) -> Q | None:
    """Records `who` may do `kind` on because they own them; None for none at all."""
    if OWN not in who.permissions:
        return None
    mine = Q(owner=who.id)
    if kind != REDATE:
        return mine
    return mine & ordinary(model) if model._meta.model_name in who.owner_rules else None


class AccessWords:
    """Queryset words: which records a person may see, change, or change the entry time of."""

    def visible_to(self, user: Any, at: dt.datetime | None = None) -> Any:
        """Records the person may see."""
        return self.allowed(user, VIEW, at)

    def changeable_by(self, user: Any, at: dt.datetime | None = None) -> Any:
        """Records whose ordinary fields the person may change."""
        return self.allowed(user, CHANGE, at)

    def redatable_by(self, user: Any, at: dt.datetime | None = None) -> Any:
        """Records whose entry time the person may change (the rules still judge how far)."""
        return self.allowed(user, REDATE, at)

    def allowed(self, user: Any, kind: str, at: dt.datetime | None = None) -> Any:
        """Records on which the person holds `kind` at the aware moment `at` (default: now)."""
        who, model = person(user), self.model  # type: ignore[attr-defined]
        if not user.is_active:
            return self.none()  # type: ignore[attr-defined]
        by_role, by_owner = role_q(who, model, kind), owner_q(who, model, kind)
        if by_role == Q():
            return self.all()  # type: ignore[attr-defined]
        query = Q(pk__in=[])
        for part in (by_role, by_owner):
            query = query if part is None else query | part
        records = self
        for number, (grants, path, _kind) in enumerate(grants_of(who, model, at or timezone.now())):
            name = "customer" if path == "customer_id" else model._meta.model_name
            ids = [permission_id(each.format(name)) for each in kinds_that_answer(kind)]
            if not ids:
                continue
            granted = grants.filter(content_object=OuterRef(path), permission__in=ids).values("pk")[:1]
            records = records.alias(**{f"_grant{number}": Subquery(granted)})  # type: ignore[attr-defined]
            query |= Q(**{f"_grant{number}__isnull": False})
        return records.filter(query)  # type: ignore[attr-defined]
