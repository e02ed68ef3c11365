"""Batches on their pages: who sees which, what an undo would do, and undoing it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit import jobs
from records.models import Batch, BulkChange, FollowUp, TimeRequest, Window
from records.services.batches import undo_batch
from records.services.bulk_changes import step_of
from records.services.entry_time.many import ManyMove, change_many
from records.views import batches as pages
from tests import cast as make
from tests.cast import NOW, clock, days

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
LIST = "/batches/"


@pytest.fixture
def calls(cast: make.Cast) -> list[Any]:
    customer = make.customer(cast.owner, name="Huarui Logistics")
    return [make.follow_up(cast.owner, customer, summary=f"Call {number}") for number in range(4)]


@pytest.fixture
def batch(cast: make.Cast, calls: list[Any]) -> Batch:
    """The owner's four calls, moved a day back."""
    made = move(calls, cast.owner, 1)
    assert made.batch is not None
    return made.batch


def move(calls: list[Any], by: Any, back: float, clock: Any = clock) -> Any:
    rows = FollowUp.objects.filter(pk__in=[call.pk for call in calls])
    moves = [ManyMove(row.pk, row.version, NOW - days(back)) for row in rows]
    words = {"reason": "back_fill", "note": "Typed in late", "title": "Shift by -1 d"}
    return change_many(moves=moves, model=FollowUp, by=by, channel="bulk", clock=clock, **words)


def address(batch: Any, page: str = "detail") -> str:
    return reverse(f"records:batch_{page}", args=[batch.pk])


def undo(client: Any, batch: Any, **given: Any) -> Any:
    return client.post(address(batch, "undo"), {"note": "Wrong day", "token": "t1"} | given)


def times() -> set[Any]:
    return set(FollowUp.objects.values_list("entered_at", flat=True))


def test_the_list_shows_kind_person_rows_and_state(sign_in, cast, batch):
    page = sign_in(cast.owner).get(LIST).content.decode()
    for text in (f"B-{batch.pk:04d}", "Bulk change", "Shift by -1 d", "4 ", "Owner", "Done"):
        assert text in page
    undone = undo_batch(batch=batch, by=cast.owner, clock=clock).batch
    page = sign_in(cast.owner).get(LIST).content.decode()
    assert f"Undone by B-{undone.pk:04d}" in page
    assert f"Takes back B-{batch.pk:04d}" in page
    assert "Shift by -1 d" not in sign_in(cast.owner).get(f"{LIST}?kind=import").content.decode()


def test_others_see_their_own_batches_only_and_who_browses_the_trail_sees_all(sign_in, cast, batch):
    for who, status in (("owner", 200), ("auditor", 200), ("administrator", 200), ("manager", 404), ("outsider", 404)):
        client = sign_in(getattr(cast, who))
        assert client.get(address(batch)).status_code == status, who
        assert (f"B-{batch.pk:04d}" in client.get(LIST).content.decode()) == (status == 200), who
        assert client.get(address(batch, "progress")).status_code == status, who
        if status == 404:
            assert undo(client, batch).status_code == 404
    assert Batch.objects.count() == 1


def test_the_page_says_what_an_undo_would_do(sign_in, cast, calls, batch):
    move(calls[:1], cast.owner, 2)
    page = sign_in(cast.owner).get(address(batch)).content.decode()
    assert "3 will be taken back" in page
    assert "1 is kept" in page
    assert "Changed again by Owner" in page
    assert "Undo 3 changes" in page


def test_undoing_takes_back_keeps_what_was_touched_and_can_be_undone(sign_in, cast, calls, batch):
    move(calls[:1], cast.owner, 2)
    client = sign_in(cast.owner)
    response = undo(client, batch)
    made = Batch.objects.get(undoes=batch.pk)
    assert response.url == address(made)
    assert times() == {NOW, NOW - days(2)}
    page = client.get(response.url).content.decode()
    assert "3 changes are taken back. 1 stays as it is." in page
    assert "<dt>Left out</dt><dd>1</dd>" in page
    assert f"Undo of B-{batch.pk:04d}" in page
    assert FollowUp.history.filter(batch=made.pk, channel="undo", history_change_reason="Wrong day").count() == 3
    undo(client, made, token="t2")
    assert times() == {NOW - days(1), NOW - days(2)}


def test_sent_twice_it_is_taken_back_once(sign_in, cast, batch):
    client = sign_in(cast.owner)
    assert undo(client, batch).url == undo(client, batch).url
    assert Batch.objects.filter(undoes=batch.pk).count() == 1


def test_without_a_reason_nothing_is_taken_back_and_the_page_says_so(sign_in, cast, batch):
    response = undo(sign_in(cast.owner), batch, note=" ")
    assert response.status_code == 422
    assert "Say why it is taken back" in response.content.decode()
    assert times() == {NOW - days(1)}


def test_who_may_see_but_not_change_is_told_so_row_by_row(sign_in, cast, batch):
    client = sign_in(cast.auditor)
    page = client.get(address(batch)).content.decode()
    assert "4 are refused by a rule" in page
    assert "undo-form" not in page
    undo(client, batch)
    assert times() == {NOW - days(1)}


def test_a_large_batch_is_work_of_the_worker(sign_in, cast, batch, monkeypatch):
    monkeypatch.setattr(pages, "AT_ONCE", 3)
    monkeypatch.setattr(pages, "FORESEEN", 3)
    client = sign_in(cast.owner)
    assert "judged when it runs" in client.get(address(batch)).content.decode()
    assert undo(client, batch).url == address(batch)
    assert "waits for the worker" in client.get(address(batch)).content.decode()
    assert "hx-get" in client.get(address(batch, "progress")).content.decode()
    job = jobs.run_next(clock)
    assert job.state == "done"
    assert Batch.objects.get(undoes=batch.pk).job == job.pk
    assert client.get(address(batch, "progress")).headers["HX-Refresh"] == "true"
    assert times() == {NOW}


@pytest.fixture
def beyond(cast: make.Cast, calls: list[Any]) -> Batch:
    """The owner's calls, moved from five days ago to yesterday an hour ago; now the owner may go two days back."""
    for hours, back in ((2, 5), (1, 1)):
        made = move(calls, cast.owner, back, lambda hours=hours: NOW - days(hours / 24)).batch
    for window in Window.objects.filter(role__key="sales"):
        make.set_rule(window, days_back=2)
    assert made is not None
    return made


@pytest.mark.parametrize("most", [3, 2_000])
def test_what_lies_beyond_ones_window_is_asked_for_as_one(sign_in, cast, calls, beyond, monkeypatch, most):
    monkeypatch.setattr(pages, "FORESEEN", most)
    client = sign_in(cast.owner)
    page = client.get(address(beyond)).content.decode()
    assert ("Ask for 4 of them…" if most > 3 else "Ask for what may not be undone…") in page
    bulk = client.post(address(beyond, "ask")).url
    assert 'value="before" checked' in client.get(bulk).content.decode()
    words = {"how": "before", "why": "back_fill", "note": "Wrong day", "on_moved": "leave_out"}
    assert client.post(bulk, words).status_code == 302
    client.post(f"{bulk}ask/", {"step": step_of(BulkChange.objects.get())})
    assert set(TimeRequest.objects.values_list("wanted", "before")) == {(NOW - days(5), NOW - days(1))}
    assert TimeRequest.objects.count() == 4
    assert f"Back to what stood before B-{beyond.pk:04d}" in client.get(f"{bulk}request/").content.decode()
    assert times() == {NOW - days(1)}


def test_what_was_touched_since_is_not_asked_for(sign_in, cast, calls, beyond):
    move(calls[:3], cast.owner, 0.5)
    client = sign_in(cast.owner)
    client.post(address(beyond, "ask"))
    assert list(BulkChange.objects.get().rows.values_list("record_id", flat=True)) == [calls[3].pk]
    move(calls[3:], cast.owner, 0.5)
    assert client.post(address(beyond, "ask")).url == address(beyond)
    assert BulkChange.objects.count() == 1


def test_no_other_bulk_change_goes_back_to_before_a_batch(sign_in, cast, calls, batch):
    client = sign_in(cast.owner)
    made = client.post("/bulk/followup/new/", {"do": "entry_time", "pick": [calls[0].pk]}).url
    words = {"how": "before", "batch": batch.pk, "why": "back_fill", "note": "Wrong day", "on_moved": "leave_out"}
    assert client.post(made, words).status_code == 422


def test_taking_one_change_back_that_lies_beyond_leads_to_a_request_with_its_time(sign_in, cast, calls, beyond):
    row = FollowUp.history.filter(batch=beyond.pk, id=calls[0].pk).get()
    response = sign_in(cast.owner).post(
        reverse("records:follow_up_undo", args=[calls[0].pk, row.history_id]), follow=True
    )
    page = response.content.decode()
    assert response.redirect_chain[-1][0].endswith(f"/request/?back={row.history_id}")
    assert "2026-03-13 14:32" in page
    assert times() == {NOW - days(1)}


def test_pages_cost_the_same_however_many_rows(sign_in, cast, calls, batch):
    client = sign_in(cast.owner)
    client.get(address(batch))
    with CaptureQueriesContext(connection) as few:
        client.get(address(batch))
    more = [make.follow_up(cast.owner, calls[0].customer, summary=f"More {number}") for number in range(30)]
    other = move(more, cast.owner, 3).batch
    with CaptureQueriesContext(connection) as many:
        client.get(address(other))
    assert len(many) <= len(few) + 1
    with CaptureQueriesContext(connection) as listed:
        client.get(LIST)
    assert len(listed) <= 5
