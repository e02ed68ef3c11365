"""Who may answer time requests: the people for one request, and the open requests for one person."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import BigIntegerField, Case, Exists, OuterRef, Q, QuerySet, Subquery, When

from .models import RECORDS, TimeRequest
from .models.access import KEY, REDATE, VIEW, permission_id, person
from .who_may import grants_on, owner_may

DECIDE = "decide_requests"
TOLD = 20  # people who are told of one request
COUNTED = 99  # the count in the navigation ends with 99+


def deciders(record: Any, at: dt.datetime, *, but: Any = None, limit: int = TOLD) -> QuerySet:
    """Active people who may answer a request on `record`, by name, without `but`, who asks. Three queries."""
    name = record._meta.model_name
    by_role = Q(_holds(REDATE.format(name))) & (Q(_holds(KEY)) if record.is_key else Q())
    may = by_role
    if owner_may(record).exists():
        may |= Q(pk=record.owner_id)
    for grants, holder in grants_on(record):
        held = grants.in_force(at).exclude(granted_by=but) if but else grants.in_force(at)  # type: ignore[attr-defined]
        may |= Q(pk__in=held.values("user")) if holder == "user" else Q(groups__in=held.values("group"))
    people = get_user_model()._default_manager.filter(may, _holds(DECIDE), is_active=True)
    found = people.exclude(pk=but.pk if but else None).distinct()
    return found.order_by("display_name", "username")[:limit]


def waiting_for(user: Any, at: dt.datetime) -> QuerySet:
    """Open requests that the person may answer at `at`: others', on records whose entry time they may change."""
    if DECIDE not in person(user).permissions:
        return TimeRequest.objects.none()
    waiting = TimeRequest.objects.waiting(at).exclude(asked_by=user.pk)
    return _about(waiting, user, REDATE, at)


def number_waiting(user: Any, at: dt.datetime) -> str:
    """How many of them, for the navigation: "3", "99+"; "" for none. One query."""
    number = waiting_for(user, at).values("pk")[: COUNTED + 1].count()
    return f"{COUNTED}+" if number > COUNTED else str(number or "")


def seen_by(user: Any, at: dt.datetime) -> QuerySet:
    """Requests on records that the person may see."""
    return _about(TimeRequest.objects.all(), user, VIEW, at)


def _about(requests: QuerySet, user: Any, kind: str, at: dt.datetime) -> QuerySet:
    """Requests about records on which the person holds `kind`.

    A scalar subquery per row: PostgreSQL would hash all records of a type for an Exists among ORs.
    """
    whens = []
    for name, model in RECORDS.items():
        held: Any = model.objects.allowed(user, kind, at).filter(pk=OuterRef("record_id"))  # type: ignore[attr-defined]
        whens.append(When(record_type=name, then=Subquery(held.order_by().values("pk")[:1])))
    return requests.alias(held=Case(*whens, output_field=BigIntegerField())).filter(held__isnull=False)


def _holds(codename: str) -> Exists:
    """Whether a person's roles hold the permission."""
    through: Any = get_user_model().groups.through  # type: ignore[attr-defined]
    return Exists(through.objects.filter(user=OuterRef("pk"), group__permissions=permission_id(codename)))
