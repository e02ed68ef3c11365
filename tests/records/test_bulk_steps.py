"""Pages of a bulk change that are sent late, twice or after another preview: only what stands there is done."""

from __future__ import annotations

import re
from typing import Any

import pytest

from audit import jobs
from audit.models import Job
from records.models import Batch, BulkChange, FollowUp
from records.services import bulk_changes
from records.services.assign import change_owner
from records.views import bulk_steps as pages
from tests.cast import NOW, clock, days

from .test_bulk_pages import address, calls, choose, outcomes, preview, times  # noqa: F401 a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


def send(client: Any, bulk: BulkChange, do: str, step: str = "") -> Any:
    """Send the form of the page, with what it carries now or carried earlier."""
    return client.post(address(bulk, "apply"), {"do": do, "step": step or carried(client, bulk)}, follow=True)


def carried(client: Any, bulk: BulkChange) -> str:
    found = re.search(r'name="step" value="([^"]+)"', client.get(address(bulk)).content.decode())
    assert found
    return found[1]


def test_after_a_trial_was_taken_back_all_can_be_done(sign_in, cast, calls):  # noqa: F811
    client = sign_in(cast.owner)
    preview(client, bulk := choose(client, calls))
    send(client, bulk, "trial")
    client.post(address(bulk, "back"))
    assert times() == [NOW] * 6
    assert "6 rows are changed." in send(client, bulk, "all").content.decode()
    assert times() == [NOW - days(1)] * 6


def test_a_page_of_an_earlier_preview_does_not_do_the_later(sign_in, cast, calls):  # noqa: F811
    client = sign_in(cast.owner)
    preview(client, bulk := choose(client, calls))
    step = carried(client, bulk)
    preview(client, bulk, days="3")
    assert "previewed anew" in send(client, bulk, "all", step).content.decode()
    assert times() == [NOW] * 6


def test_what_is_tried_or_under_way_is_not_previewed_anew(sign_in, cast, calls, monkeypatch):  # noqa: F811
    client = sign_in(cast.owner)
    preview(client, bulk := choose(client, calls))
    send(client, bulk, "trial")
    preview(client, bulk, days="3")
    monkeypatch.setattr(pages, "AT_ONCE", 0)
    send(client, bulk, "all")
    preview(client, bulk, days="3")
    jobs.run_next(clock)
    assert times() == [NOW - days(1)] * 6


def test_a_large_one_sent_twice_is_one_work(sign_in, cast, calls, monkeypatch):  # noqa: F811
    monkeypatch.setattr(pages, "AT_ONCE", 3)
    client = sign_in(cast.owner)
    preview(client, bulk := choose(client, calls))
    step = carried(client, bulk)
    for _ in range(2):
        send(client, bulk, "all", step)
    assert Job.objects.filter(kind="bulk").count() == 1


def test_why_the_work_was_refused_is_said(sign_in, cast, calls, monkeypatch):  # noqa: F811
    monkeypatch.setattr(pages, "AT_ONCE", 3)
    client = sign_in(cast.manager)
    preview(client, bulk := choose(client, calls), on_moved="refuse")
    send(client, bulk, "all")
    call = FollowUp.objects.get(pk=calls[0].pk)
    said = {"reason": "", "note": "x", "channel": "web", "clock": clock}
    change_owner(record=call, seen_version=call.version, owner=cast.colleague, by=cast.manager, **said)
    jobs.run_next(clock)
    assert times() == [NOW] * 6
    assert "so nothing was done" in client.get(address(bulk)).content.decode()


def test_two_workers_at_once_leave_one_outcome(sign_in, cast, calls, monkeypatch):  # noqa: F811
    client = sign_in(cast.owner)
    preview(client, bulk := choose(client, calls))
    bulk.refresh_from_db()
    real = bulk_changes.change_many

    def overtaken(**given: Any) -> Any:
        monkeypatch.setattr(bulk_changes, "change_many", real)
        bulk_changes.apply(bulk=bulk, by=cast.owner, clock=clock, job=9001)
        return real(**given)

    monkeypatch.setattr(bulk_changes, "change_many", overtaken)
    bulk_changes.apply(bulk=bulk, by=cast.owner, clock=clock, job=9002)
    assert (outcomes(bulk), Batch.objects.count()) == (["done"] * 6, 1)
