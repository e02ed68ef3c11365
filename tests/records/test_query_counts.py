"""How many statements a write costs. BEGIN, savepoints and COMMIT are not counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.models import RECORDS
from records.services.entry_time import change_entry_time
from records.services.grants import Terms, grant
from records.services.records import update_record
from records.services.undo import undo_change
from tests import cast as make
from tests.cast import NOW, clock, days

CONTROL = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT")


@contextmanager
def at_most(number: int) -> Iterator[None]:
    with CaptureQueriesContext(connection) as captured:
        yield
    counted = [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(CONTROL)]
    assert len(counted) <= number, "\n".join(counted)


def change(record: Any, by: Any, back: float = 1, version: int = 1) -> Any:
    return change_entry_time(
        record=record,
        seen_version=version,
        entered_at=NOW - days(back),
        reason="other",
        note="Why",
        by=by,
        channel="web",
        clock=clock,
    )


@pytest.fixture
def records(cast):
    customer = make.customer(cast.owner)
    opportunity = make.opportunity(cast.owner, customer)
    call = make.follow_up(cast.owner, customer, opportunity=opportunity)
    return {
        "customer": customer,
        "opportunity": opportunity,
        "followup": call,
        "contract": make.contract(cast.owner, customer, opportunity=opportunity),
    }


def give(record: Any, to: Any, by: Any, **terms: Any) -> None:
    terms = Terms(until=NOW + days(1), days_back=5, **terms)
    grant(record=record, to=to, terms=terms, why="Holiday", by=by, channel="web", clock=clock)


@pytest.mark.parametrize("kind", RECORDS)
@pytest.mark.parametrize("by", ["manager", "senior", "administrator"])
def test_a_change_of_an_entry_time_by_a_role(cast, records, kind, by):
    with at_most(14):
        change(records[kind], getattr(cast, by))


SOURCES: dict[str, Callable[[Any, Any], None]] = {
    "owner": lambda cast, records: None,
    "colleague": lambda cast, records: give(records["followup"], cast.colleague, cast.manager),
    "stranger": lambda cast, records: give(records["customer"], cast.west.group, cast.manager, covers=True),
}


@pytest.mark.parametrize("by", SOURCES)
def test_a_change_of_an_entry_time_as_owner_or_by_a_grant(cast, records, by):
    SOURCES[by](cast, records)
    with at_most(14):
        change(records["followup"], getattr(cast, by))


def test_it_costs_the_same_however_long_the_history(cast, records):
    call = records["followup"]
    for version in range(1, 31):
        change(call, cast.owner, back=1 + version / 24, version=version)
    with at_most(14):
        change(call, cast.owner, back=3, version=31)


def test_a_change_after_somebody_elses_edit_reads_what_happened_since(cast, records):
    values = {"summary": "New"}
    update_record(record=records["followup"], seen_version=1, values=values, by=cast.owner, channel="web", clock=clock)
    with at_most(14):
        change(records["followup"], cast.owner)


def test_an_edit_of_another_field(cast, records):
    values = {"summary": "New", "done": True}
    with at_most(6):
        update_record(
            record=records["followup"], seen_version=1, values=values, by=cast.owner, channel="web", clock=clock
        )


def test_an_undo(cast, records):
    made = change(records["followup"], cast.owner)
    with at_most(16):
        undo_change(record=records["followup"], history_id=made.history_id, by=cast.owner, channel="undo", clock=clock)


def test_a_creation(cast, records):
    with at_most(14):
        make.follow_up(cast.owner, records["customer"])
