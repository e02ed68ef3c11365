"""Changes of many, in few words."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from audit.acts import act
from records.models import FollowUp
from records.services.bulk import insert_many
from records.services.entry_time.many import ManyMove, change_many, preview_many
from records.services.numbers import next_numbers
from tests import cast as make
from tests.cast import NOW, clock

WHY = {"reason": "typing_error", "note": "Cards were typed in a day late."}


def moved(records: Any, by: Any) -> list[ManyMove]:
    """Each record `by` so much away from where it stands."""
    return [ManyMove(record.pk, record.version, record.entered_at + by) for record in records]


def change(moves: Any, by: Any, model: Any = FollowUp, **extra: Any) -> Any:
    """Change them."""
    given = {"moves": moves, "model": model, "by": by, "channel": "bulk", "clock": clock, "title": "Cards"} | WHY
    return change_many(**given | extra)


def preview(moves: Any, by: Any, model: Any = FollowUp, **extra: Any) -> dict[int, Any]:
    """What would come of it, by record."""
    given = {"moves": moves, "model": model, "by": by, "channel": "bulk", "at": NOW} | WHY
    return {row.record_id: row for row in preview_many(**given | extra)}


def calls(cast: Any, number: int, customer: Any = None, owner: Any = None, **values: Any) -> list[FollowUp]:
    """So many follow-ups of the owner on one customer."""
    customer = customer or make.customer(cast.owner)
    return [make.follow_up(owner or cast.owner, customer, **values) for _ in range(number)]


def many_calls(cast: Any, customer: Any, number: int) -> list[FollowUp]:
    """So many follow-ups of the owner, put in as an import would."""
    stamps = {"entered_at": NOW, "original_entered_at": NOW, "recorded_at": NOW}
    with transaction.atomic(), act(by=cast.owner, reason="import", note="", channel="import", at=NOW):
        numbers = next_numbers(FollowUp, NOW, number)
        insert_many([FollowUp(number=n, summary=n, customer=customer, owner=cast.owner, **stamps) for n in numbers])
    return list(FollowUp.objects.order_by("pk"))


def fresh(records: Any) -> list[Any]:
    """The records as they stand now."""
    found = type(records[0]).objects.in_bulk([record.pk for record in records])
    return [found[record.pk] for record in records]
