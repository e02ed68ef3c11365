"""The trail over a million history rows: milliseconds of a page, read and presented, per filter."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.browse.filters import Wanted, Words
from audit.browse.page import page, write_key
from records.models import Customer
from tests.bench.trail_rows import build

pytestmark = [pytest.mark.bench, pytest.mark.django_db, pytest.mark.timeout(1800)]
ROWS = 1_000_000
MIDDLE = dt.datetime(2020, 6, 22, tzinfo=dt.UTC)
JUNE = (dt.datetime(2020, 6, 1, tzinfo=dt.UTC), dt.datetime(2020, 7, 1, tzinfo=dt.UTC))


def best(run: Callable[[], Any], times: int = 5) -> tuple[float, Any]:
    """The quickest of five, in milliseconds, and what came of it."""
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        found = run()
        took.append((time.perf_counter() - begun) * 1000)
    return min(took), found


def questions(cast: Any, records: dict[str, Any]) -> dict[str, tuple[Wanted, str]]:
    """What is asked, and the key to go on from."""
    middle = write_key((MIDDLE, "customer", 1))
    person = (cast.manager.pk,)
    words = Words("manager", {}, person)
    return {
        "first page": (Wanted(), ""),
        "middle page": (Wanted(), middle),
        "entry time, first page": (Wanted(only_times=True), ""),
        "entry time, middle page": (Wanted(only_times=True), middle),
        "by operator": (Wanted(people=person), ""),
        "by operator, middle": (Wanted(people=person), middle),
        "by record": (Wanted(about=(Customer, records["customer"].pk)), ""),
        "by reason": (Wanted(reasons=("typing_error",)), ""),
        "by a rare reason": (Wanted(reasons=("time_zone",)), ""),
        "by operator and rare reason": (Wanted(people=person, reasons=("time_zone",)), ""),
        "by channel": (Wanted(channels=("import",)), ""),
        "into a month": (Wanted(into=JUNE), ""),
        "moved by more than two days": (Wanted(days=2), ""),
        "moved by more than 50 days: none": (Wanted(days=50), ""),
        "by words": (Wanted(words=words), ""),
        "in a week": (Wanted(first=MIDDLE, last=MIDDLE + dt.timedelta(days=7)), ""),
    }


def test_a_million_rows(cast):
    begun = time.perf_counter()
    records = build(cast, ROWS)
    print(f"\n{ROWS:,} rows laid in {time.perf_counter() - begun:.0f} s ({connection.vendor})")
    for name, (wanted, key) in questions(cast, records).items():
        with CaptureQueriesContext(connection) as captured:
            page(wanted, cast.auditor, after=key)
        ms, found = best(lambda wanted=wanted, key=key: page(wanted, cast.auditor, after=key))
        print(f"{name}: {ms:.1f} ms, {len(captured)} queries, {len(found.rows)} rows of {found.total}")
