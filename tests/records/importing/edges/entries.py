"""Entry times of records, new and standing; the trail; rights."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse

from crm.models import User
from records.importing.columns import importable
from records.models import Batch, Customer, FollowUp
from records.refusals import Refused
from records.services.batches import undo_batch
from records.services.entry_time.many import ManyMove, change_many
from tests import cast as make
from tests.cast import NOW, clock, days
from tests.records.importing import doing

from .world import World, case, text, utc

MADE = "id=external_id,name=name,made=entered_at"


@case("E49")
def the_files_time_and_the_moment_of_import_are_kept_apart(world: World) -> None:
    world.store("id,name,made\n1,A,2025-01-02 03:04\n", "customer", MADE)
    record = Customer.objects.get()
    assert (record.entered_at, record.original_entered_at) == (utc(2025, 1, 1, 19, 4),) * 2
    assert (record.recorded_at, record.history.get().history_date) == (NOW, NOW)


@case("E50")
def an_update_without_the_column_leaves_the_time(world: World) -> None:
    world.store("id,name,made\n1,A,2025-01-02\n", "customer", MADE)
    before = Customer.objects.get().entered_at
    world.store("id,name\n1,B\n", "customer", "id=external_id,name=name", said={"existing": "update"})
    record = Customer.objects.get()
    assert (record.name, record.entered_at, record.version) == ("B", before, 2)


@case("E52")
def editing_another_field_leaves_the_time(world: World) -> None:
    call = make.follow_up(world.cast.owner, make.customer(world.cast.owner))
    client = world.sign_in(world.cast.owner)
    world.at_now.move_to(NOW + days(2))
    form = {"version": "1", "kind": "visit", "summary": "Another"}
    assert client.post(reverse("records:follow_up_update", args=[call.pk]), form).status_code == 302
    call.refresh_from_db()
    assert (call.summary, call.entered_at, call.original_entered_at) == ("Another", NOW, NOW)


@case("E55")
def the_far_future_is_refused(world: World) -> None:
    data = "id,name,made\n1,A,9999-12-31 23:59:59\n2,B,2026-03-19 15:00\n"
    assert [(e.line, e.code) for e in world.refused(data, "customer", MADE)] == [(2, "time"), (3, "future")]
    assert [e.code for e in world.refused(data.replace("9999-12-31", "2099-12-31"), "customer", MADE)] == [
        "future",
        "future",
    ]
    call = make.follow_up(world.cast.owner, make.customer(world.cast.owner))
    for typed in ("9999-12-31 23:59:59", "2026-03-19 15:00"):
        assert world.post_time(call, typed, world.cast.owner).status_code == 422
    assert FollowUp.history.count() == 1


@case("E57")
def who_may_not_set_entry_times_sets_none_by_a_file(world: World) -> None:
    """By a stated rule: every row beyond the person's window is refused and named; unmapped, rows get the moment."""
    key = make.customer(world.cast.senior, importance="key")
    mapping = "what=summary,c=customer,made=entered_at"
    data = f"what,c,made\nCall,{key.number},2025-01-01\n"
    with pytest.raises(Refused) as no:
        doing.store(data, "followup", mapping, world.cast.manager)
    assert no.value.codes == ("right_new",)
    doing.store(data, "followup", mapping.removesuffix(",made=entered_at"), world.cast.manager)
    assert FollowUp.objects.get().entered_at == NOW
    with pytest.raises(Refused) as no:
        doing.store("id,name,made\n1,A,2020-01-01\n", "customer", MADE, world.cast.manager)
    assert no.value.codes == ("window",)
    assert not {"recorded_at", "original_entered_at"} & set(importable("customer"))


@case("E59")
def the_same_instant_is_no_change(world: World) -> None:
    call = make.follow_up(world.cast.owner, make.customer(world.cast.owner), clock=lambda: utc(2026, 3, 17, 12))
    assert world.post_time(call, "2026-03-17T13:00+01:00", world.cast.owner).status_code in (302, 422)
    assert FollowUp.history.count() == 1


@case("E60")
def another_instant_is_one_entry_with_both_times(world: World) -> None:
    call = make.follow_up(world.cast.owner, make.customer(world.cast.owner), clock=lambda: utc(2026, 3, 17, 12))
    assert world.post_time(call, "2026-03-17T13:00Z", world.cast.owner).status_code == 302
    row = FollowUp.history.order_by("-history_id").first()
    assert (FollowUp.history.count(), row.previous_entered_at, row.entered_at) == (
        2,
        utc(2026, 3, 17, 12),
        utc(2026, 3, 17, 13),
    )
    shown = text(world.sign_in(world.cast.owner).get(call.get_absolute_url()))
    assert "2026-03-17 20:00" in shown
    assert "2026-03-17 21:00" in shown
    assert "Asia/Shanghai" in shown


@case("E62")
def the_trail_is_in_the_order_of_what_happened(world: World) -> None:
    call = make.follow_up(world.cast.owner, make.customer(world.cast.owner))
    world.at_now.move_to(NOW + dt.timedelta(hours=1))
    assert world.post_time(call, "2026-03-12 08:00", world.cast.owner).status_code == 302
    rows = list(FollowUp.history.order_by("history_id").values_list("history_date", "entered_at"))
    assert rows == [(NOW, NOW), (NOW + dt.timedelta(hours=1), utc(2026, 3, 12))]


@case("E64")
def five_hundred_share_a_reason_and_a_batch_that_can_be_undone(world: World) -> None:
    world.store("id,name,made\n" + "".join(f"{n},A{n},2026-03-10\n" for n in range(500)), "customer", MADE)
    records = list(Customer.objects.order_by("pk"))
    moves = [ManyMove(record.pk, 1, record.entered_at + days(1)) for record in records]
    how = {"by": world.by, "reason": "back_fill", "note": "One day late.", "channel": "bulk", "clock": clock}
    done = change_many(moves=moves, model=Customer, **how)
    rows = Customer.history.filter(batch=done.batch.pk)
    assert (rows.count(), set(rows.values_list("reason", "history_change_reason"))) == (
        500,
        {("back_fill", "One day late.")},
    )
    undone = undo_batch(batch=done.batch, by=world.by, clock=clock)
    assert Batch.objects.filter(undoes=done.batch.pk).count() == 1
    assert Customer.history.count() == 1500
    assert {r.pk: r.entered_at for r in Customer.objects.all()} == {r.pk: r.entered_at for r in records}
    assert undone


@case("E92")
def nobody_inactive_or_anonymous_may_anything(world: World) -> None:
    data, mapping = "id,name\n1,A\n", "id=external_id,name=name"
    for person in (world.cast.gone, world.cast.root):
        User.objects.filter(pk=person.pk).update(is_active=False, is_superuser=True)
        with pytest.raises(Refused) as no:
            doing.store(data, "customer", mapping, person)
        assert no.value.codes == ("inactive",)
    call = make.follow_up(world.cast.owner, make.customer(world.cast.owner))
    assert not User.objects.get(pk=world.cast.root.pk).has_perm("records.change_followup_entry_time", call)
    response = Client().post(reverse("records:follow_up_entry_time", args=[call.pk]), {"entered_at": "2026-03-17"})
    assert (response.status_code, FollowUp.history.count()) == (302, 1)
    assert "login" in response["Location"]
