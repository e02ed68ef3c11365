"""200,000 rows, the most that a page changes: gathered, previewed, done and taken back by the worker; memory; pages."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from records.models import Batch, BulkChange, FollowUp
from records.services.bulk_changes import step_of
from records.services.bulk_work import MOST
from tests import cast as make
from tests.bench.apart import apart
from tests.cast import NOW, days
from tests.records.many import many_calls
from tests.records.test_bulk_pages import SHIFT, WORDS, address

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True), pytest.mark.timeout(3600)]
MEGABYTES, PAGE = 400.0, 1.0  # of the worker (300 for half of the rows); seconds for a page about all of them
WORKER = """
from audit import jobs
from tests.cast import clock
begun = time.perf_counter()
job = jobs.run_next(clock)
print(json.dumps([job.state, time.perf_counter() - begun, most()]))
"""


def worked() -> tuple[float, float]:
    """The next work done by a process of its own: its seconds, and its peak in MB."""
    state, seconds, megabytes = apart(WORKER)
    assert state == "done"
    return seconds, megabytes


def timed(ask: Callable[[], Any]) -> float:
    """Seconds until a page was there."""
    begun = time.perf_counter()
    assert ask().status_code in (200, 302)
    return time.perf_counter() - begun


def test_as_many_as_a_page_changes(cast: make.Cast, sign_in: Callable[[Any], Client], at_now: Any) -> None:
    new, everything = reverse("records:bulk_new", args=["followup"]), {"do": "entry_time", "all": "1"}
    many_calls(cast, make.customer(cast.owner), MOST)
    client, told, pages = sign_in(cast.manager), {}, []
    pages.append(timed(lambda: client.post(new, everything)))
    bulk = BulkChange.objects.get()
    told["gathered"] = worked()
    pages.append(timed(lambda: client.post(address(bulk), SHIFT | WORDS)))
    told["previewed"] = worked()
    pages.append(timed(lambda: client.get(address(bulk))))
    pages.append(timed(lambda: client.post(address(bulk, "apply"), {"do": "all", "step": step_of(bulk)})))
    told["done"] = worked()
    pages.append(timed(lambda: client.get(address(bulk))))
    assert FollowUp.objects.filter(entered_at=NOW - days(1), version=2).count() == MOST
    batch = Batch.objects.get()
    pages.append(timed(lambda: client.get(reverse("records:batch_detail", args=[batch.pk]))))
    undo = {"note": "Wrong", "token": "t", "confirmed": "yes"}
    pages.append(timed(lambda: client.post(reverse("records:batch_undo", args=[batch.pk]), undo)))
    told["taken back"] = worked()
    assert FollowUp.objects.filter(entered_at=NOW, version=3).count() == MOST
    words = ", ".join(f"{word} {seconds:.0f} s {peak:.0f} MB" for word, (seconds, peak) in told.items())
    print(f"\n{connection.vendor}, {MOST:,} rows: {words}; slowest page {max(pages):.2f} s")
    assert max(peak for _seconds, peak in told.values()) <= MEGABYTES
    assert max(pages) <= PAGE
