"""The load of an import by a worker that is killed at each of its statements: all or nothing, then once."""

from __future__ import annotations

import pytest

from audit import jobs
from audit.beats import Beat
from audit.models import Job
from records.models import Batch, Customer, Import, ImportFile
from records.services.import_drafts import begin
from records.services.import_work import ask_for_load, work
from tests.cast import NOW, clock
from tests.records.killing import killed_at, killed_everywhere

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
ROWS = 20
HISTORY = Customer.history.model


@pytest.fixture
def job(cast):
    data = "name,at\n" + "".join(f"Customer {n},2024-03-04\n" for n in range(ROWS))
    said = {"columns": {"0": "name", "1": "entered_at"}, "zone": "UTC", "header_row": 1}
    draft = begin(by=cast.administrator, at=NOW, name="x.csv", data=data.encode(), record_type="customer", said=said)
    return ask_for_load(draft, by=cast.administrator, at=NOW, rows=ROWS, skip=False)


def state():
    batches = list(Batch.objects.values_list("kind", "count"))
    imports = list(Import.objects.values_list("state", "counts__created"))
    return Customer.objects.count(), HISTORY.objects.count(), batches, imports, list(ImportFile.objects.values("what"))


def load(job):
    job = Job.objects.get(pk=job.pk)
    with Beat(job, clock) as beat:
        work(job, beat)


def test_killed_anywhere_it_is_loaded_once(job):
    assert killed_everywhere(lambda: load(job), state) > 15
    after = (ROWS, ROWS, [("import", ROWS)], [("done", ROWS)], [{"what": "outcome"}])
    assert state() == after
    assert killed_at(-1, lambda: load(job))
    load(job)
    assert state() == after


def test_a_worker_takes_up_what_another_left(job):
    assert killed_at(8, lambda: jobs.run_next(clock))
    assert state()[0] == 0
    left = Job.objects.get(pk=job.pk)
    assert left.state == "running"
    left.beat_at = NOW - 2 * jobs.LEFT_AFTER
    left.save(update_fields=["beat_at"])
    assert jobs.run_next(clock).state == "done"
    assert state()[0] == ROWS
