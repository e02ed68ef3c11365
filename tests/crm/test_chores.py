"""What the worker does by the clock: sealing, verifying, the review's queue; and nothing twice."""

from __future__ import annotations

import pytest

from audit.models import Job, ReviewItem, Seal, Verification
from crm import chores
from crm.worker import Worker
from records.services.entry_time import change_entry_time
from tests import cast as make
from tests.cast import NOW, clock, days

pytestmark = pytest.mark.django_db


@pytest.fixture
def moved(cast):
    call = make.follow_up(cast.owner, make.customer(cast.owner))
    words = {"reason": "other", "note": "x", "channel": "web", "clock": clock}
    change_entry_time(record=call, seen_version=1, entered_at=NOW - days(1), by=cast.owner, **words)
    return call


def test_one_round_seals_verifies_and_queues_what_there_is(moved, at_now):
    Worker(clock).once()
    assert Seal.objects.count() == 1
    assert ReviewItem.objects.get().record_id == moved.pk
    runs = {run.source: run for run in Verification.objects.all()}
    assert runs.keys() == {"verify", "times"}
    assert all(run.ended_at and run.result != "failed" for run in runs.values())
    assert runs["verify"].seals == 1
    assert not Job.objects.exclude(state="done").exists()


def test_a_second_round_at_once_does_nothing_again(moved, at_now):
    for worker in (Worker(clock), Worker(clock)):
        worker.once()
    assert (Seal.objects.count(), Verification.objects.count(), ReviewItem.objects.count()) == (1, 2, 1)


def test_one_that_stumbles_keeps_no_other_from_its_turn(moved, at_now, monkeypatch, caplog):
    def stumble(clock):
        raise RuntimeError("no ink")

    monkeypatch.setattr(chores, "CHORES", (stumble, *chores.CHORES))
    chores.do_chores(clock)
    assert Seal.objects.count() == 1
    assert "stumble stumbled" in caplog.text
