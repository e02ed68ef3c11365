"""200,000 rows, the most that a page changes: gathered, previewed, done and taken back by the worker; memory; pages."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from django.urls import reverse

from records.models import Batch, BulkChange, FollowUp
from records.services.bulk_changes import step_of
from records.services.bulk_work import MOST
from tests import cast as make
from tests.cast import NOW, days
from tests.records.many import many_calls
from tests.records.test_bulk_pages import SHIFT, WORDS, address

pytestmark = [pytest.mark.bench, pytest.mark.django_db(transaction=True), pytest.mark.timeout(3600)]
MEGABYTES, PAGE = 400.0, 1.0  # of the worker (300 for half of the rows); seconds for a page about all of them
WORKER = """
import json, sys, time
sys.path.insert(0, {base!r})
import django
django.setup()
from django.db import connections
connections["default"].settings_dict["NAME"] = {database!r}
from audit import jobs
from tests.cast import clock
begun = time.perf_counter()
job = jobs.run_next(clock)
most = next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) / 1024
print(json.dumps([job.state, time.perf_counter() - begun, most]))
"""


def worked() -> tuple[float, float]:
    """The next work done by a process of its own: its seconds, and its peak in MB."""
    database = str(connections["default"].settings_dict["NAME"])
    connections.close_all()
    script = WORKER.format(base=str(settings.BASE_DIR), database=database)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    state, seconds, megabytes = json.loads(done.stdout)
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
    print(f"\n{connections['default'].vendor}, {MOST:,} rows: {words}; slowest page {max(pages):.2f} s")
    assert max(peak for _seconds, peak in told.values()) <= MEGABYTES
    assert max(pages) <= PAGE
