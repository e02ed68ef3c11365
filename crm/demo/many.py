"""Many changed at once: a shift with a trial before it, one that was wrong and undone, owners, and requests as one."""

from __future__ import annotations

import datetime as dt
from typing import Any

from records.models import Batch, BulkChange, FollowUp, Opportunity
from records.services.batches import undo_batch
from records.services.bulk_changes import MOVE, OWNER, apply, begin_bulk
from records.services.bulk_preview import preview
from records.services.bulk_requests import answer_bulk, ask_many, seen_of
from records.services.entry_time import change_entry_time

from .files import LIST, SALESFORCE
from .imports import from_a_list, from_salesforce, half_read
from .story import COMPANY_ZONE, Clock, World

HOUR = dt.timedelta(hours=1)
TRIED = 3  # rows of the trial
FAST = "前台电脑的时钟快了两小时，台账上的时间都要提前。"
WRONG = "Created Date in the report is one day late."
RIGHT = "The report was right: it shows the day of the enquiry."
LOOKED_UP = "Looked it up in the call list."
LEAVE = "赵敏休假，由林悦接手。"
LINS, LINS_ANSWER = "按纸质登记本，这几次沟通在上上周。", "已核对纸质登记本。"
PRIYAS = "The customer had written before; the mails count."


def many(world: World) -> None:
    """Imports, and what was made of their rows since; the last wish still waits for an answer."""
    steps = (
        (17, "09:20", from_salesforce),
        (15, "09:50", _a_day_too_early),
        (14, "20:30", _undo),
        (10, "10:12", from_a_list),
        (9, "11:05", _two_hours_fast),
        (7, "16:20", _on_leave),
        (5, "17:10", _lin_asks),
        (4, "17:55", _han_answers),
        (1, "17:40", _priya_asks),
        (1, "18:10", half_read),
    )
    for ago, clock, step in steps:
        world.at(world.working_day(ago, clock), step)


def _opportunities() -> Any:
    return Opportunity.objects.filter(name__in=[row[2] for row in SALESFORCE]).order_by("entered_at", "pk")


def _calls() -> Any:
    return FollowUp.objects.filter(summary__in=[row[4] for row in LIST]).order_by("entered_at", "pk")


def _a_day_too_early(world: World, clock: Clock) -> None:
    """Olivia moves the whole import, Marcus puts two right, and then it turns out to have been wrong."""
    rows = list(_opportunities())
    spec = {"how": "shift", "minutes": -24 * 60, "clock": "wall", "odd": True}
    olivia = world.people["olivia"]
    bulk = _preview(rows, MOVE, olivia, clock, spec=spec, reason="typing_error", note=WRONG)
    apply(bulk=bulk, by=olivia, clock=clock)
    touched = [row.pk for row in rows if row.owner_id == world.people["marcus"].pk][-2:]
    for hours, pk in zip((10, 10.1), touched, strict=True):  # in the evening of the company, at noon in Berlin
        world.at(clock() + hours * HOUR, lambda w, c, pk=pk: _looks_up(w, c, pk))


def _looks_up(world: World, clock: Clock, pk: int) -> None:
    record = Opportunity.objects.get(pk=pk)
    moved = record.entered_at + 2 * HOUR
    change_entry_time(
        record=record,
        seen_version=record.version,
        entered_at=moved,
        reason="typing_error",
        note=LOOKED_UP,
        by=world.people["marcus"],
        channel="web",
        clock=clock,
        typed=moved.astimezone(COMPANY_ZONE).strftime("%Y-%m-%d %H:%M"),
        typed_zone=COMPANY_ZONE.key,
    )


def _undo(world: World, clock: Clock) -> None:
    batch = Batch.objects.get(kind="bulk", record_type="opportunity")
    undo_batch(batch=batch, by=world.people["olivia"], clock=clock, note=RIGHT)


def _two_hours_fast(world: World, clock: Clock) -> None:
    """Han tries the shift on a few, looks, and does the rest."""
    rows, han = list(_calls()), world.people["han"]
    spec = {"how": "shift", "minutes": -2 * 60, "clock": "exact", "odd": True}
    bulk = _preview(rows, MOVE, han, clock, spec=spec, reason="other", note=FAST)
    apply(bulk=bulk, by=han, clock=clock, only=[row.pk for row in rows[:TRIED]])
    world.at(clock() + HOUR / 4, lambda w, c: apply(bulk=bulk, by=han, clock=c))


def _on_leave(world: World, clock: Clock) -> None:
    """What is Zhao's of the list becomes Lin's."""
    rows, han = list(_calls().filter(owner=world.people["zhao"])), world.people["han"]
    bulk = _preview(rows, OWNER, han, clock, spec={"owner": world.people["lin"].pk}, note=LEAVE)
    apply(bulk=bulk, by=han, clock=clock)


def _lin_asks(world: World, clock: Clock) -> None:
    """For what lies beyond her window; Han answers it as one."""
    rows = list(_calls().filter(owner=world.people["lin"])[TRIED : TRIED + 4])
    _ask(rows, world.people["lin"], clock, days=-3, reason="back_fill", note=LINS)


def _han_answers(world: World, clock: Clock) -> None:
    han, bulk = world.people["han"], BulkChange.objects.get(by=world.people["lin"])
    seen = seen_of(bulk.pk, han, clock())
    answer_bulk(bulk=bulk.pk, seen=seen, approves=True, note=LINS_ANSWER, by=han, clock=clock)


def _priya_asks(world: World, clock: Clock) -> None:
    rows = list(_opportunities().filter(owner=world.people["priya"]))
    _ask(rows, world.people["priya"], clock, days=-2, reason="business_change", note=PRIYAS)


def _ask(rows: list[Any], by: Any, clock: Clock, *, days: int, reason: str, note: str) -> None:
    spec = {"how": "shift", "minutes": days * 24 * 60, "clock": "wall", "odd": True}
    bulk = _preview(rows, MOVE, by, clock, spec=spec, reason=reason, note=note)
    ask_many(bulk=bulk, by=by, channel="bulk", clock=clock)


def _preview(rows: list[Any], kind: str, by: Any, clock: Clock, **said: Any) -> BulkChange:
    """The wish, and what the rules say of every row."""
    bulk = begin_bulk(model=type(rows[0]), ids=[row.pk for row in rows], kind=kind, by=by, at=clock())
    for name, value in said.items():
        setattr(bulk, name, value)
    preview(bulk=bulk, by=by, at=clock(), zone=COMPANY_ZONE)
    return bulk
