"""Work that was asked for earlier: the worker judges anew, as that person, when it does it."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from audit import jobs
from audit.models import Event, Job, Verification
from crm.models import User
from records.models import Batch, Customer, FollowUp
from records.services.bulk_changes import step_of
from records.services.entry_time.many import ManyMove, change_many
from records.views import batches, bulk_steps, importing_load
from tests import cast as make
from tests.cast import NOW, clock, days
from tests.records.importing.uploading import CSV, begun, check, page
from tests.records.test_bulk_pages import address, choose, preview

pytestmark = pytest.mark.usefixtures("at_now")


@pytest.fixture(autouse=True)
def all_is_long_work(monkeypatch, settings, tmp_path):
    settings.BACKUP_DIR = str(tmp_path / "backups")
    for module in (batches, bulk_steps, importing_load):
        monkeypatch.setattr(module, "AT_ONCE", 0)


def calls(cast: make.Cast) -> list[FollowUp]:
    customer = make.customer(cast.owner, name="Huarui")
    return [make.follow_up(cast.owner, customer, summary=f"Call {number}") for number in range(2)]


def ask_bulk(cast: make.Cast, client: Any) -> None:
    preview(client, made := choose(client, calls(cast)))
    client.post(address(made, "apply"), {"do": "all", "step": step_of(made)})


def ask_archive(cast: make.Cast, client: Any) -> None:
    made = choose(client, calls(cast), "archive")
    client.post(address(made), {"note": "Double", "on_moved": "leave_out"})
    client.post(address(made, "apply"), {"do": "all", "step": step_of(made)})


def ask_undo(cast: make.Cast, client: Any) -> None:
    moves = [ManyMove(call.pk, call.version, NOW - days(1)) for call in calls(cast)]
    said: dict[str, Any] = {"reason": "other", "note": "x", "channel": "bulk", "clock": clock, "title": "x"}
    made = change_many(moves=moves, model=FollowUp, by=cast.manager, **said)
    assert made.batch is not None
    client.post(reverse("records:batch_undo", args=[made.batch.pk]), {"note": "Wrong", "token": "t"})


def ask_import(cast: make.Cast, client: Any) -> None:
    draft = begun(client, CSV)
    check(client, draft)
    client.post(page(draft, "load"))


def ask_backup(cast: make.Cast, client: Any) -> None:
    client.post(reverse("backup_now"))


def ask_verify(cast: make.Cast, client: Any) -> None:
    client.post(reverse("audit:integrity_verify"))


def ask_times(cast: make.Cast, client: Any) -> None:
    client.post(reverse("audit:integrity_verify"), {"what": "times"})


ASKED = {
    "bulk": ("manager", ask_bulk),
    "archive": ("manager", ask_archive),
    "undo": ("manager", ask_undo),
    "import": ("manager", ask_import),
    "verify": ("auditor", ask_verify),
    "times": ("auditor", ask_times),
}


def deactivated(person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)


def without_roles(person: User) -> None:
    person.groups.clear()


def stands() -> tuple[Any, ...]:
    """All that the work could change, and what it would leave behind in that person's name."""
    events = Event.objects.filter(actor_id__isnull=False).exclude(kind="refused").count()
    history = sum(model.history.count() for model in (Customer, FollowUp))
    return history, Batch.objects.count(), events, sorted(FollowUp.objects.values_list("entered_at", "archived_at"))


@pytest.mark.django_db
@pytest.mark.parametrize("lose", [deactivated, without_roles])
@pytest.mark.parametrize("kind", ASKED)
def test_who_lost_the_right_meanwhile_changes_nothing(sign_in, cast, kind, lose):
    done_after(lose, kind, sign_in, cast)


@pytest.mark.django_db(transaction=True)
def test_who_lost_the_right_meanwhile_makes_no_backup(sign_in, cast, tmp_path):
    job = done_after(deactivated, "backup", sign_in, cast)
    assert "may not make backups any more" in job.result["error"]
    assert not list(tmp_path.glob("backups/*"))


def done_after(lose: Any, kind: str, sign_in: Any, cast: make.Cast) -> Job:
    """Ask for the work, lose the right, let the worker do it: nothing is changed or left behind in that name."""
    name, ask = (ASKED | {"backup": ("administrator", ask_backup)})[kind]
    person = getattr(cast, name)
    ask(cast, sign_in(person))
    job = Job.objects.get()
    assert job.state == Job.State.WAITING
    before = stands()
    lose(person)
    done = jobs.run_now(job, clock)
    assert done is not None
    assert stands() == before
    assert not Verification.objects.filter(by_id__isnull=False).exists()  # the check is made, as the system's own
    return done
