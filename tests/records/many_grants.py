"""Thousands of grants, written the way imports write: a few statements, each row with its history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from audit.acts import act
from crm.models import User
from records.models import CustomerUserGrant
from records.models.access import REDATE, permission_id
from records.services.bulk import insert_many
from tests.cast import NOW, days


def give_thousands(customers: Sequence[Any], number: int, by: Any, also: Any = None) -> None:
    """That many grants on the customers, to people made for it; with `also` on every customer that they lack."""
    people = _people(-(-number // len(customers)))
    pairs = [(customer, person) for person in people for customer in customers][:number]
    if also is not None:
        held = set(CustomerUserGrant.objects.filter(user=also).values_list("content_object", flat=True))
        pairs += [(customer, also) for customer in customers if customer.pk not in held]
    grants = [_grant(customer, person, by, count) for count, (customer, person) in enumerate(pairs)]
    with transaction.atomic(), act(by=by, reason="", note="Many", channel="command", at=NOW):
        insert_many(grants)


def _people(number: int) -> list[User]:
    first = User.objects.count()
    names = [f"many{first + count}" for count in range(number)]
    people = [User(username=name, email=f"{name}@redate.example", password="!") for name in names]
    return User.objects.bulk_create(people, batch_size=500)


def _grant(customer: Any, person: Any, by: Any, count: int) -> CustomerUserGrant:
    return CustomerUserGrant(
        content_object=customer,
        permission_id=permission_id(REDATE.format("customer")),
        user=person,
        until=NOW + days(1) + dt.timedelta(minutes=count),
        why="Many",
        granted_by=by,
        granted_at=NOW,
        days_back=5,
    )
