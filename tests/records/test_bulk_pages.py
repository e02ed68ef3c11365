"""Changing many on pages: chosen on a list, previewed, tried on a few, the rest, taken back, asked for."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit import jobs
from audit.models import Event
from records import bulk_choosing
from records.models import Batch, BulkChange, BulkRow, FollowUp, TimeRequest, TypeRule
from records.services.assign import change_owner
from records.services.bulk_changes import step_of
from records.services.records import update_record
from records.views import bulk as pages
from records.views import bulk_steps as steps
from tests import cast as make
from tests.cast import NOW, clock, days

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
NEW = "/bulk/followup/new/"
SHIFT = {"how": "shift", "direction": "-", "days": "1", "hours": "0", "minutes": "0", "clock": "wall"}
WORDS = {"why": "back_fill", "note": "Cards typed in late", "on_moved": "leave_out"}


@pytest.fixture
def calls(cast: make.Cast) -> list[Any]:
    customer = make.customer(cast.owner, name="Huarui Logistics")
    return [make.follow_up(cast.owner, customer, summary=f"Call {number}") for number in range(6)]


def choose(client: Any, calls: list[Any], do: str = "entry_time", **more: Any) -> BulkChange:
    response = client.post(NEW, {"do": do, "pick": [call.pk for call in calls], "query": ""} | more)
    assert response.status_code == 302, response.content
    return BulkChange.objects.latest("pk")


def address(bulk: BulkChange, page: str = "detail") -> str:
    return reverse(f"records:bulk_{page}", args=[bulk.pk])


def preview(client: Any, bulk: BulkChange, **given: Any) -> Any:
    return client.post(address(bulk), SHIFT | WORDS | given)


def go(client: Any, bulk: BulkChange, do: str, **more: Any) -> Any:
    """Send what stands on the page now, or another step."""
    return client.post(address(bulk, "apply"), {"do": do, "step": step_of(bulk)} | more)


def times() -> list[Any]:
    return list(FollowUp.objects.order_by("pk").values_list("entered_at", flat=True))


def verdicts(bulk: BulkChange) -> list[str]:
    return list(bulk.rows.order_by("record_id").values_list("verdict", flat=True))


def outcomes(bulk: BulkChange) -> list[str]:
    return list(bulk.rows.order_by("record_id").values_list("outcome", flat=True))


def test_a_list_offers_its_rows_to_be_picked(sign_in, cast, calls):
    page = sign_in(cast.owner).get("/follow-ups/").content.decode()
    assert page.count('class="pick"') == 6
    for text in ("Change entry time…", "Assign owner…", "Archive…", 'action="/bulk/followup/new/"'):
        assert text in page


def test_a_preview_says_before_after_and_verdict_and_changes_nothing(sign_in, cast, calls):
    client = sign_in(cast.owner)
    bulk = choose(client, calls[:3])
    assert "What to do with 3 rows" in client.get(address(bulk)).content.decode()
    assert preview(client, bulk).status_code == 302
    page = client.get(address(bulk)).content.decode()
    for text in ("2026-03-17 14:32", "Allowed 3", "Change all 3", "nothing is changed yet"):
        assert text in page
    assert times() == [NOW] * 6
    assert not FollowUp.history.exclude(history_type="+").exists()


def test_all_is_done_as_previewed_with_one_batch_and_a_row_each(sign_in, cast, calls):
    client = sign_in(cast.owner)
    preview(client, bulk := choose(client, calls[:3]))
    go(client, bulk, "all")
    assert times() == [NOW - days(1)] * 3 + [NOW] * 3
    batch = Batch.objects.get()
    rows = FollowUp.history.filter(batch=batch.pk)
    assert rows.count() == batch.count == 3
    assert {(row.reason, row.history_change_reason, row.channel) for row in rows} == {
        ("back_fill", "Cards typed in late", "bulk")
    }
    bulk.refresh_from_db()
    assert (bulk.state, outcomes(bulk)) == ("done", ["done"] * 3)
    assert reverse("records:batch_detail", args=[batch.pk]) in client.get(address(bulk)).content.decode()


def test_sent_twice_it_is_done_once(sign_in, cast, calls):
    client = sign_in(cast.owner)
    preview(client, bulk := choose(client, calls))
    step = step_of(bulk)
    for _ in range(2):
        go(client, bulk, "all", step=step)
    assert Batch.objects.count() == 1
    assert times() == [NOW - days(1)] * 6


def test_a_trial_on_those_ticked_then_the_rest(sign_in, cast, calls):
    client = sign_in(cast.owner)
    preview(client, bulk := choose(client, calls))
    go(client, bulk, "trial", pick=[calls[4].pk, calls[5].pk])
    assert times() == [NOW] * 4 + [NOW - days(1)] * 2
    page = client.get(address(bulk)).content.decode()
    for text in ("2 changed", "4 to go", "Take the trial back", "Change the other 4"):
        assert text in page
    go(client, bulk, "all")
    assert times() == [NOW - days(1)] * 6
    assert Batch.objects.count() == 2


def test_a_trial_can_be_taken_back_and_stands_in_the_preview_again(sign_in, cast, calls):
    client = sign_in(cast.owner)
    preview(client, bulk := choose(client, calls))
    go(client, bulk, "trial")
    assert times().count(NOW - days(1)) == 5
    client.post(address(bulk, "back"))
    assert times() == [NOW] * 6
    bulk.refresh_from_db()
    assert (bulk.state, verdicts(bulk), outcomes(bulk)) == ("preview", ["ok"] * 6, [""] * 6)
    assert client.post(address(bulk, "back")).status_code == 404


def test_what_changed_since_is_left_out_and_named_or_refuses_all(sign_in, cast, calls):
    client = sign_in(cast.manager)
    for on_moved, expected in (("leave_out", 5), ("refuse", 0)):
        preview(client, bulk := choose(client, calls), on_moved=on_moved)
        call = FollowUp.objects.get(pk=calls[0].pk)
        to = cast.colleague if call.owner_id == cast.owner.pk else cast.owner
        seen = {"by": cast.manager, "reason": "", "note": "x", "channel": "web", "clock": clock}
        change_owner(record=call, seen_version=call.version, owner=to, **seen)
        go(client, bulk, "all")
        assert outcomes(bulk).count("done") == expected
        assert outcomes(bulk).count("moved") == (1 if expected else 0)
    assert "changed since the preview" in client.get(address(BulkChange.objects.earliest("pk"))).content.decode()


def test_another_fields_edit_meanwhile_is_no_hindrance(sign_in, cast, calls):
    client = sign_in(cast.owner)
    preview(client, bulk := choose(client, calls[:1]))
    update_record(
        record=calls[0], seen_version=1, values={"outcome": "Well"}, by=cast.owner, channel="web", clock=clock
    )
    go(client, bulk, "all")
    assert outcomes(bulk) == ["done"]


def test_each_row_is_judged_by_its_own_right_and_rule(sign_in, cast, calls):
    other = make.follow_up(cast.colleague, calls[0].customer, summary="Another's")
    make.close_through(dt.date(2026, 3, 17), "followup")
    client = sign_in(cast.owner)
    bulk = choose(client, [calls[0], other])
    preview(client, bulk, days="0", hours="2")
    assert verdicts(bulk) == ["ok", "no"] or verdicts(bulk) == ["ok", "ask"]
    preview(client, bulk)
    assert "no" in verdicts(bulk)
    page = client.get(f"{address(bulk)}?v=no").content.decode()
    assert "2026-03-17" in page
    go(client, bulk, "all")
    assert set(times()) == {NOW}


def test_rows_that_need_an_approval_are_asked_for_as_one(sign_in, cast, calls):
    make.set_rule(TypeRule.objects.get(record_type="followup"), approval_days=1)
    client = sign_in(cast.owner)
    preview(client, bulk := choose(client, calls[:3]), days="3")
    assert verdicts(bulk) == ["ask"] * 3
    client.post(address(bulk, "ask"))
    assert TimeRequest.objects.filter(bulk=bulk.pk, state="open").count() == 3
    assert outcomes(bulk) == ["asked"] * 3
    assert times() == [NOW] * 6


def test_what_was_asked_for_as_one_is_answered_as_one(sign_in, cast, calls):
    make.set_rule(TypeRule.objects.get(record_type="followup"), approval_days=1)
    client = sign_in(cast.owner)
    preview(client, bulk := choose(client, calls[:3]), days="3")
    client.post(address(bulk, "ask"))
    mine = client.get(address(bulk, "request"))
    assert "3 wait for an answer" in mine.content.decode()
    assert 'name="answer"' not in mine.content.decode()
    assert client.post(address(bulk, "request"), {"seen": "x", "answer": "approve"}).status_code == 403
    for nobody in (cast.colleague, cast.outsider):
        assert sign_in(nobody).get(address(bulk, "request")).status_code == 404
    client = sign_in(cast.manager)
    assert "Answer as one" in client.get("/requests/").content.decode()
    page = client.get(address(bulk, "request"))
    seen = page.context["seen"]
    assert client.post(address(bulk, "request"), {"seen": seen, "answer": "reject"}).status_code == 422
    assert client.post(address(bulk, "request"), {"seen": "x", "answer": "approve"}).status_code == 422
    assert times() == [NOW] * 6
    assert client.post(address(bulk, "request"), {"seen": seen, "answer": "approve"}).status_code == 302
    assert times() == [NOW - days(3)] * 3 + [NOW] * 3
    assert {(r.requester_id, r.approver_id) for r in FollowUp.history.exclude(time_request_id=None)} == {
        (cast.owner.pk, cast.manager.pk)
    }


def test_an_odd_order_is_left_out_until_it_is_ticked(sign_in, cast, calls):
    make.set_rule(TypeRule.objects.get(record_type="followup"), warn_order=True)
    client = sign_in(cast.owner)
    preview(client, bulk := choose(client, calls[:2]))
    assert verdicts(bulk) == ["warn"] * 2
    preview(client, bulk, odd="on")
    assert verdicts(bulk) == ["ok"] * 2
    go(client, bulk, "all")
    assert {row.acknowledged for row in FollowUp.history.exclude(batch=None)} == {"before_customer"}


@pytest.mark.parametrize(
    ("given", "after"),
    [
        ({"how": "set", "at": "2026-03-16 09:12"}, "2026-03-16 01:12"),
        ({"days": "0", "hours": "3"}, "2026-03-18 03:32"),
        ({"how": "restore"}, None),
    ],
)
def test_the_ways_of_making_a_time(sign_in, cast, calls, given, after):
    client = sign_in(cast.owner)
    preview(client, bulk := choose(client, calls[:1]), **given)
    row = bulk.rows.get()
    assert (f"{row.after:%Y-%m-%d %H:%M}" if row.verdict == "ok" else None) == after


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"days": "0"}, "Say how far"),
        ({"how": "set", "at": "soon"}, "Not a time"),
        ({"note": ""}, "Say what happened"),
    ],
)
def test_what_cannot_be_understood_is_said_at_its_field_and_kept(sign_in, cast, calls, given, sentence):
    client = sign_in(cast.owner)
    bulk = choose(client, calls[:1])
    response = preview(client, bulk, **given)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert verdicts(bulk) == [""]


def test_all_that_the_filter_matches(sign_in, cast, calls):
    client = sign_in(cast.owner)
    bulk = choose(client, [], all="1", query="q=Call")
    assert bulk.rows.count() == 6
    response = client.post(NEW, {"do": "entry_time", "query": ""})
    assert response.url == "/follow-ups/?"
    assert "Choose at least one row" in client.get(response.url).content.decode()


def test_too_many_for_a_page_are_refused_with_a_sentence(sign_in, cast, calls, monkeypatch):
    monkeypatch.setattr(pages, "MOST", 5)
    client = sign_in(cast.owner)
    response = client.post(NEW, {"do": "entry_time", "all": "1", "query": ""})
    assert "up to 5 rows at once" in client.get(response.url).content.decode()
    assert not BulkChange.objects.exists()


def test_a_large_one_is_work_of_the_worker_done_once(sign_in, cast, calls, monkeypatch):
    monkeypatch.setattr(steps, "AT_ONCE", 3)
    client = sign_in(cast.owner)
    preview(client, bulk := choose(client, calls))
    go(client, bulk, "all")
    assert times() == [NOW] * 6
    assert "waits for the worker" in client.get(address(bulk)).content.decode()
    job = jobs.run_next(clock)
    assert (job.state, job.result["counts"]) == ("done", {"done": 6})
    with jobs.Beat(job, clock) as beat:
        assert bulk_choosing.work(job, beat)["batch"] == job.result["batch"]
    assert Batch.objects.get().job == job.pk
    assert client.get(address(bulk, "progress")).headers["HX-Refresh"] == "true"


def test_owners_and_archiving_go_the_same_way(sign_in, cast, calls):
    client = sign_in(cast.manager)
    bulk = choose(client, calls[:2], "owner")
    client.post(address(bulk), WORDS | {"owner": cast.colleague.pk})
    assert verdicts(bulk) == ["ok"] * 2
    go(client, bulk, "all")
    assert FollowUp.objects.filter(owner=cast.colleague).count() == 2
    bulk = choose(client, calls[:3], "archive")
    client.post(address(bulk), WORDS)
    go(client, bulk, "all")
    assert FollowUp.objects.filter(archived_at__isnull=False).count() == 3
    assert [batch.kind for batch in Batch.objects.order_by("pk")] == ["assign", "archive"]


def test_a_file_of_the_rows_is_logged_and_says_its_zone(sign_in, cast, calls):
    client = sign_in(cast.owner)
    response = client.post(NEW, {"do": "csv", "pick": [calls[0].pk, calls[1].pk], "query": ""})
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert len(rows) == 2
    assert any("Asia/Shanghai" in name for name in rows[0])
    event = Event.objects.get(kind="export")
    assert (event.what["types"], event.what["count"], event.actor_id) == (["followup"], 2, cast.owner.pk)


def test_nobody_else_sees_it_and_unseen_records_do_not_enter_it(sign_in, cast, calls):
    bulk = choose(sign_in(cast.owner), calls)
    for page in ("detail", "progress"):
        assert sign_in(cast.manager).get(address(bulk, page)).status_code == 404
    for page in ("detail", "apply", "back", "ask"):
        assert sign_in(cast.manager).post(address(bulk, page)).status_code == 404
    response = sign_in(cast.outsider).post(NEW, {"do": "entry_time", "pick": [call.pk for call in calls]})
    assert response.status_code in (302, 403)
    assert BulkRow.objects.count() == 6


def test_the_page_costs_the_same_however_many_rows(sign_in, cast, calls):
    client = sign_in(cast.owner)
    preview(client, small := choose(client, calls[:2]))
    client.get(address(small))
    with CaptureQueriesContext(connection) as few:
        client.get(address(small))
    more = [make.follow_up(cast.owner, calls[0].customer, summary=f"More {number}") for number in range(30)]
    preview(client, large := choose(client, more))
    client.get(address(large))
    with CaptureQueriesContext(connection) as many:
        client.get(address(large))
    assert len(many) <= len(few)
