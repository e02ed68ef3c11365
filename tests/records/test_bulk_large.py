"""Bulk changes of very many rows: gathered, previewed and done by the worker, each once, with progress, and stopped."""

from __future__ import annotations

import csv
import io
from hashlib import sha256
from typing import Any

import pytest

from audit import jobs
from audit.beats import Beat, Stopped
from audit.models import Event, Job
from records import bulk_choosing
from records.models import Batch, BulkChange
from records.services import many_rows
from records.views import bulk as pages
from records.views import bulk_export, bulk_steps
from tests.cast import NOW, clock, days

from .test_bulk_pages import NEW, address, calls, choose, outcomes, preview, times, verdicts  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Four rows are very many."""
    monkeypatch.setattr(pages, "LOOKED_AT_ONCE", 3)
    monkeypatch.setattr(bulk_steps, "AT_ONCE", 3)


def text(client: Any, bulk: BulkChange) -> str:
    return client.get(address(bulk)).content.decode()


def begun(client: Any) -> BulkChange:
    return choose(client, [], all="1", query="q=Call")


def apply(client: Any, bulk: BulkChange) -> Any:
    step = client.get(address(bulk)).context["step"]
    return client.post(address(bulk, "apply"), {"do": "all", "step": step})


def test_all_that_a_filter_matches_is_gathered_previewed_and_done_by_the_worker(sign_in, cast, calls):  # noqa: F811
    client = sign_in(cast.owner)
    bulk = begun(client)
    assert bulk.rows.count() == 0
    page = text(client, bulk)
    assert "waits for the worker" in page
    assert "What to do with" not in page
    assert jobs.run_next(clock).result == {"rows": 6}
    assert "What to do with 6 rows" in text(client, bulk)
    assert preview(client, bulk).status_code == 302
    assert verdicts(bulk) == [""] * 6
    assert "waits for the worker" in text(client, bulk)
    jobs.run_next(clock)
    assert verdicts(bulk) == ["ok"] * 6
    page = text(client, bulk)
    for said in ("Allowed 6", "Change all 6", "Cards typed in late"):
        assert said in page
    assert times() == [NOW] * 6
    apply(client, bulk)
    assert times() == [NOW] * 6
    job = jobs.run_next(clock)
    assert job.result["counts"] == {"done": 6}
    assert times() == [NOW - days(1)] * 6
    assert Batch.objects.get().job == job.pk
    assert "6 changed" in text(client, bulk)


def test_only_what_one_sees_and_what_the_filter_matches_when_it_is_gathered(sign_in, cast, calls):  # noqa: F811
    client = sign_in(cast.owner)
    bulk = choose(client, [], all="1", query="q=Call&view=mine")
    jobs.run_next(clock)
    assert sorted(bulk.rows.values_list("record_id", flat=True)) == sorted(call.pk for call in calls)


@pytest.mark.parametrize("do", ["choose", "preview", "apply"])
def test_each_is_done_once_though_its_worker_was_killed_before_it_said_so(sign_in, cast, calls, do):  # noqa: F811
    client = sign_in(cast.owner)
    bulk = begun(client)
    for kind, ask in (("choose", None), ("preview", preview), ("apply", apply)):
        if ask:
            ask(client, bulk)
        job = jobs.run_next(clock)
        if kind == do:
            before = list(bulk.rows.order_by("pk").values())
            with Beat(job, clock) as beat:
                bulk_choosing.work(job, beat)
            assert list(bulk.rows.order_by("pk").values()) == before
    assert Batch.objects.count() == 1
    assert outcomes(bulk) == ["done"] * 6


def test_asked_for_twice_it_is_one_work(sign_in, cast, calls):  # noqa: F811
    client = sign_in(cast.owner)
    bulk = begun(client)
    jobs.run_next(clock)
    for _ in range(2):
        preview(client, bulk)
    assert Job.objects.filter(state="waiting").count() == 1


def test_it_says_how_far_it_is_and_can_be_stopped(sign_in, cast, calls):  # noqa: F811
    client = sign_in(cast.owner)
    bulk = begun(client)
    jobs.run_next(clock)
    preview(client, bulk)
    job = Job.objects.latest("pk")
    Job.objects.filter(pk=job.pk).update(state="running", said="preview", done=2)
    page = client.get(address(bulk, "progress")).content.decode()
    for said in ("The rows are previewed", "2 of 6", 'value="2" max="6"', "Stop"):
        assert said in page
    Job.objects.filter(pk=job.pk).update(state="waiting")
    assert client.post(address(bulk, "stop")).status_code == 302
    assert jobs.run_next(clock) is None
    assert verdicts(bulk) == [""] * 6
    page = text(client, bulk)
    assert "The work has ended and changed nothing." in page
    assert "What to do with 6 rows" in page


def test_it_steps_while_it_judges(sign_in, cast, calls, monkeypatch):  # noqa: F811
    monkeypatch.setattr("records.services.entry_time.many.AT_ONCE", 2)
    monkeypatch.setattr(many_rows, "AT_ONCE", 2)
    client = sign_in(cast.owner)
    bulk = begun(client)
    jobs.run_next(clock)
    steps: list[int] = []
    monkeypatch.setattr(Beat, "step", lambda self, done, total=None, said=None: steps.append(done))
    preview(client, bulk)
    jobs.run_next(clock)
    assert steps == [0, 2, 4, 6]
    steps.clear()
    apply(client, bulk)
    jobs.run_next(clock)
    assert steps == [0, 2, 4, 6]


def test_an_outsider_stops_nothing(sign_in, cast, calls):  # noqa: F811
    bulk = begun(sign_in(cast.owner))
    assert sign_in(cast.manager).post(address(bulk, "stop")).status_code == 404
    assert not Job.objects.get().stop_asked


def test_the_trail_says_exactly_which_ticked_rows_left_in_a_file(sign_in, cast, calls):  # noqa: F811
    client = sign_in(cast.owner)
    client.post(NEW, {"do": "csv", "pick": [calls[0].pk, calls[2].pk], "query": "q=Call"})
    numbers = [calls[0].number, calls[2].number]
    assert Event.objects.get(kind="export").what == {
        "types": ["followup"],
        "format": "csv",
        "filter": "follow-ups",
        "count": 2,
        "rows": numbers,
    }
    assert f"follow-ups: {numbers[0]}, {numbers[1]}, as CSV" in sign_in(cast.auditor).get("/trail/").content.decode()


def test_of_very_many_ticked_rows_the_trail_keeps_a_digest(sign_in, cast, calls, monkeypatch):  # noqa: F811
    monkeypatch.setattr(bulk_export, "NAMED", 2)
    client = sign_in(cast.owner)
    client.post(NEW, {"do": "xlsx", "pick": [call.pk for call in calls], "query": ""})
    what = Event.objects.get(kind="export").what
    ids = " ".join(str(call.pk) for call in calls)
    assert (what["count"], what["rows_sha256"]) == (6, sha256(ids.encode()).hexdigest())
    assert "rows" not in what


def test_a_file_of_all_that_the_filter_matches_keeps_the_filter(sign_in, cast, calls):  # noqa: F811
    client = sign_in(cast.owner)
    response = client.post(NEW, {"do": "csv", "all": "1", "query": "q=Call"})
    rows = list(csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    what = Event.objects.get(kind="export").what
    assert (len(rows), what["count"], what["filter"]) == (6, 6, "follow-ups q=Call")


def test_a_file_of_nothing_is_not_made(sign_in, cast, calls):  # noqa: F811
    client = sign_in(cast.owner)
    assert client.post(NEW, {"do": "csv", "query": ""}).status_code == 302
    assert not Event.objects.filter(kind="export").exists()
    unseen = sign_in(cast.outsider).post(NEW, {"do": "csv", "pick": [calls[0].pk], "query": ""})
    assert unseen.status_code == 302


def test_a_trial_is_not_taken_back_while_the_rest_is_under_way(sign_in, cast, calls):  # noqa: F811
    client = sign_in(cast.owner)
    bulk = begun(client)
    jobs.run_next(clock)
    preview(client, bulk)
    jobs.run_next(clock)
    step = client.get(address(bulk)).context["step"]
    client.post(address(bulk, "apply"), {"do": "trial", "step": step, "pick": [calls[0].pk]})
    apply(client, bulk)
    page = client.post(address(bulk, "back"), follow=True).content.decode()
    assert "The rest is under way" in page
    jobs.run_next(clock)
    assert times() == [NOW - days(1)] * 6


def test_a_preview_that_is_ended_half_way_leaves_nothing_to_apply(sign_in, cast, calls, monkeypatch):  # noqa: F811
    """The rows it did not come to have no verdict, those of the preview before neither."""
    monkeypatch.setattr(many_rows, "AT_ONCE", 2)
    client = sign_in(cast.owner)
    bulk = begun(client)
    jobs.run_next(clock)
    preview(client, bulk)
    jobs.run_next(clock)
    preview(client, bulk, days="3")

    def ends(self: Beat, done: int, total: Any = None, said: Any = None) -> None:
        if done:
            raise Stopped

    monkeypatch.setattr(Beat, "step", ends)
    jobs.run_next(clock)
    assert sorted(verdicts(bulk)) == [""] * 4 + ["ok"] * 2
    assert set(bulk.rows.filter(verdict="ok").values_list("after", flat=True)) == {NOW - days(3)}
    assert set(bulk.rows.filter(verdict="").values_list("after", flat=True)) == {None}


def test_a_gathering_that_is_ended_half_way_is_no_selection(sign_in, cast, calls, monkeypatch):  # noqa: F811
    monkeypatch.setattr("records.services.bulk_changes.CREATE_AT_ONCE", 2)
    client = sign_in(cast.owner)
    bulk = begun(client)

    def ends(self: Beat, done: int, total: Any = None, said: Any = None) -> None:
        if done:
            raise Stopped

    monkeypatch.setattr(Beat, "step", ends)
    jobs.run_next(clock)
    assert not bulk.rows.exists()
    page = text(client, bulk)
    assert "The work has ended and changed nothing." in page
    assert "What to do with" not in page


def test_rows_that_a_killed_worker_left_are_not_offered(sign_in, cast, calls):  # noqa: F811
    client = sign_in(cast.owner)
    bulk = begun(client)
    bulk.rows.create(record_id=calls[0].pk, seen_version=1, before=NOW)
    Job.objects.update(state="failed", ended_at=NOW)
    assert "What to do with" not in text(client, bulk)
    preview(client, bulk)
    assert verdicts(bulk) == [""]
    Job.objects.update(state="waiting")
    jobs.run_next(clock)
    assert bulk.rows.count() == 6
