"""What changes between looking and pressing the button: the button does what holds now, or nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from records.models import Batch, Customer, FollowUp, TypeRule, Window
from records.services.assign import change_importance
from records.services.bulk_changes import step_of
from records.services.entry_time.many import ManyMove, change_many
from records.services.records import archive_record
from tests import cast as make
from tests.cast import NOW, clock, days
from tests.records.importing.uploading import begun, check, page
from tests.records.test_bulk_pages import address, choose, preview

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
WORDS: dict[str, Any] = {"reason": "", "note": "x", "channel": "web", "clock": clock}


def rule(**values: Any) -> None:
    """A rule of follow-ups, and of customers, as it is from now on."""
    for each in TypeRule.objects.filter(record_type__in=("followup", "customer")):
        make.set_rule(each, **values)


def role_taken(cast: make.Cast) -> None:
    cast.manager.groups.clear()


def period_closed(cast: make.Cast) -> None:
    make.close_through(dt.date(2026, 3, 18), "followup", "customer")


def approval_asked(cast: make.Cast) -> None:
    rule(approval_days=0)


def window_narrowed(cast: make.Cast) -> None:
    for window in Window.objects.filter(record_type__in=("followup", "customer")):
        make.set_rule(window, days_back=0, no_limit=False)


def made_key(cast: make.Cast) -> None:
    customer = Customer.objects.get(name="Huarui")
    change_importance(record=customer, seen_version=customer.version, importance="key", by=cast.senior, **WORDS)


def archived(cast: make.Cast) -> None:
    for call in FollowUp.objects.all():
        archive_record(record=call, seen_version=call.version, by=cast.administrator, **WORDS)


def calls(cast: make.Cast) -> list[FollowUp]:
    customer = make.customer(cast.owner, name="Huarui")
    return [make.follow_up(cast.owner, customer, clock=lambda: NOW - days(3)) for _ in range(2)]


def bulk(cast: make.Cast, client: Any) -> Callable[[], Any]:
    preview(client, made := choose(client, calls(cast)))
    sent = {"do": "all", "step": step_of(made)}
    return lambda: client.post(address(made, "apply"), sent)


def trial(cast: make.Cast, client: Any) -> Callable[[], Any]:
    preview(client, made := choose(client, calls(cast)))
    sent = {"do": "trial", "step": step_of(made)}
    return lambda: client.post(address(made, "apply"), sent)


def undo(cast: make.Cast, client: Any) -> Callable[[], Any]:
    moves = [ManyMove(call.pk, call.version, NOW - days(1)) for call in calls(cast)]
    said = WORDS | {"reason": "other", "channel": "bulk", "title": "x", "clock": lambda: NOW - days(0.5)}
    made = change_many(moves=moves, model=FollowUp, by=cast.manager, **said)
    assert made.batch is not None
    where = reverse("records:batch_undo", args=[made.batch.pk])
    return lambda: client.post(where, {"note": "Wrong", "token": "t"})


def load(cast: make.Cast, client: Any) -> Callable[[], Any]:
    make.customer(cast.owner, name="Huarui")
    draft = begun(client, "name,created date\nKestrel,2026-03-16 14:05\n")
    assert check(client, draft).status_code == 302
    assert client.get(page(draft, "rows")).status_code == 200
    return lambda: client.post(page(draft, "load"), {"skip": "yes"})


CASES = [
    *((begin, change) for begin in (bulk, trial, undo) for change in (role_taken, period_closed, approval_asked)),
    *((begin, change) for begin in (bulk, trial, undo) for change in (window_narrowed, made_key, archived)),
    (load, role_taken),
    (load, period_closed),
    (load, window_narrowed),
]


def stands() -> tuple[Any, ...]:
    return Batch.objects.count(), Customer.objects.count(), list(FollowUp.objects.values_list("entered_at", flat=True))


@pytest.mark.parametrize(("begin", "change"), CASES)
def test_what_changed_meanwhile_holds(cast, sign_in, begin, change):
    press = begin(cast, sign_in(cast.manager))
    change(cast)
    before = stands()
    assert press().status_code < 500
    assert stands() == before


@pytest.mark.parametrize("begin", [bulk, trial, undo, load])
def test_without_that_it_is_done_and_once(cast, sign_in, begin):
    press, before = begin(cast, sign_in(cast.manager)), stands()
    press()
    after = stands()
    assert after != before
    for _again in range(2):
        press()
    assert stands() == after
