"""Long work: done once, seen while it runs, stopped, taken up again where its worker was killed."""

from __future__ import annotations

import datetime as dt
import threading
import time
from unittest import mock

import pytest
from django.db import connection, transaction

from audit import jobs
from audit.models import Job
from tests.cast import NOW, clock, days

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kinds():
    """The kinds of work, as this test makes them."""
    with mock.patch.dict(jobs._kinds, clear=True) as kinds:
        yield kinds


def ask(**facts):
    return jobs.ask_for(kind="count", by=None, at=NOW, **facts)


def test_work_is_done_in_order_and_its_result_kept(kinds):
    jobs.work("count", lambda job, beat: {"sum": job.facts["a"] + job.facts["b"]})
    first, second = ask(a=1, b=2), ask(a=3, b=4)
    assert [jobs.run_next(clock).pk for _ in range(2)] == [first.pk, second.pk]
    assert jobs.run_next(clock) is None
    first.refresh_from_db()
    assert (first.state, first.result, first.ended_at) == ("done", {"sum": 3}, NOW)


def test_work_nobody_knows_cannot_be_asked_for(kinds):
    with pytest.raises(ValueError, match="count"):
        ask()


def test_how_far_it_is_shows_while_its_transaction_is_open(kinds):
    seen = []

    def run(job, beat):
        with transaction.atomic():
            Job.objects.filter(pk=job.pk).update(by_name="inside")
            beat.step(3, 9, "store")
            seen.append(jobs.read_beat(job) or tuple(Job.objects.values_list("done", "total", "said").get()))
        return {}

    jobs.work("count", run)
    ask()
    with mock.patch.object(jobs.Beat, "_ask_stop", return_value=False) as second:
        jobs.run_next(clock)
    assert seen == [(3, 9, "store")] or second.called  # the second connection of PostgreSQL waits for this row's lock
    assert jobs.look(Job.objects.get().pk).state == "done"


def test_stopping_ends_waiting_work_at_once_and_running_work_at_its_next_step(kinds):
    def run(job, beat):
        jobs.ask_to_stop(job)
        beat.step(1)
        raise AssertionError("went on")

    jobs.work("count", run)
    jobs.ask_to_stop(waiting := ask())
    running = ask()
    assert jobs.run_next(clock).pk == running.pk
    assert {job.state for job in Job.objects.all()} == {"stopped"}
    assert waiting.pk != running.pk


def test_work_is_stopped_while_its_transaction_is_open_and_nothing_of_it_stays(kinds):
    def from_outside(job):
        jobs.ask_to_stop(job)
        connection.close()

    def run(job, beat):
        with transaction.atomic():
            ask(inside=True)
            beat.step(1, said="writing")
            other = threading.Thread(target=from_outside, args=[jobs.look(job.pk)])
            other.start()
            other.join()
            beat.step(2, said="still writing")
            raise AssertionError("went on")

    jobs.work("count", run)
    asked = ask()
    started = time.monotonic()
    assert jobs.run_next(clock).state == "stopped"
    assert time.monotonic() - started < 5  # nobody waited for the writer of SQLite
    assert [job.pk for job in Job.objects.all()] == [asked.pk]


def test_work_left_by_a_killed_worker_is_taken_up_again_but_not_for_ever(kinds):
    done = []
    jobs.work("count", lambda job, beat: done.append(job.attempts) or {})
    job = ask()
    for attempts in (1, 2, 3):
        Job.objects.filter(pk=job.pk).update(state="running", attempts=attempts, beat_at=NOW - dt.timedelta(seconds=59))
        assert jobs.run_next(clock) is None
        Job.objects.filter(pk=job.pk).update(beat_at=NOW - dt.timedelta(seconds=61))
        assert (jobs.run_next(clock) is None) == (attempts == 3)
    assert done == [2, 3]
    job.refresh_from_db()
    assert (job.state, job.result) == ("failed", {"error": "left by its worker too often"})


def test_a_failure_is_kept_and_the_next_work_goes_on(kinds, caplog):
    jobs.work("count", lambda job, beat: {"share": 1 / job.facts["n"]})
    bad, good = ask(n=0), ask(n=2)
    jobs.run_next(lambda: NOW + days(1))
    jobs.run_next(clock)
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, good.result) == ("failed", {"share": 0.5})
    assert "ZeroDivisionError" in bad.result["error"]
    assert "failed" in caplog.text
