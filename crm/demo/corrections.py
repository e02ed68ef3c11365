"""Entry times put right over the months, through the door; a few taken back, a few refused."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import Any

from records.models import Contract, Customer
from records.refusals import WARNINGS, Refused
from records.services.entry_time import change_entry_time
from records.services.undo import undo_change

from . import texts
from .records import DAY, language_of, manager_of
from .story import COMPANY_ZONE, Clock, World

HOUR = dt.timedelta(hours=1)
# How far each reason usually moves a time.
MOVES = {
    "typing_error": (-24, -3, -2, -1, 1, -48),
    "back_fill": (-24, -26, -48, -51, -70, -96),
    "business_change": (-30, -24, 20, -5),
    "time_zone": (-7, -6, -8),
    "other": (-24, -4, -48),
}


def correct(world: World, clock: Clock) -> None:
    """Put one record of the last days right, by its owner or by somebody above."""
    found = _pick(world, clock())
    if found is None:
        return
    by = _somebody(world, found)
    customer = found.root_customer
    reason, note = world.rng.choice(texts.REASONS[language_of(world, customer) if customer else 0])
    moved = _moved(world, found, reason, clock())
    result = _change(found, moved, reason, note, by, clock)
    if world.chance(0.12):
        world.at(clock() + 26 * HOUR, lambda w, c: _again(w, c, found))
    elif world.chance(0.05):
        world.at(clock() + HOUR / 6, lambda w, c: _take_back(c, found, result.history_id, by))


def refused(world: World, clock: Clock) -> None:
    """Somebody tries what the rules do not allow; the attempt is kept."""
    owners = [r for r in _recent(world, clock(), 40) if not isinstance(r, Customer)]
    if owners:
        found = world.rng.choice(owners)
        with contextlib.suppress(Refused):
            _change(found, found.entered_at - 35 * DAY, "back_fill", "From my notebook.", found.owner, clock)


def _recent(world: World, at: dt.datetime, days: int) -> list[Any]:
    """What was recorded in the days before; mostly follow-ups, as in life."""
    found: list[Any] = []
    for made, most in ((world.customers, 20), (world.opportunities, 40), (world.follow_ups, 60), (world.contracts, 12)):
        found += [r for r in made[-most:] if at - days * DAY < r.recorded_at < at - HOUR / 4]
    return found


def _pick(world: World, at: dt.datetime) -> Any:
    """A record of the last two days, or of the last six."""
    choices = _recent(world, at, 2) or _recent(world, at, 6)
    unchanged = [r for r in choices if not r.is_changed]
    return world.rng.choice(unchanged) if unchanged else None


def _somebody(world: World, record: Any) -> Any:
    if record.is_key:
        return world.people[world.rng.choice(("wang", "wang", "admin"))]
    if isinstance(record, Contract) or world.chance(0.25):
        return manager_of(world, record.owner)
    return record.owner


def _moved(world: World, record: Any, reason: str, at: dt.datetime) -> dt.datetime:
    """The new time: not after now, and not before the window of an owner opens, which is the narrowest."""
    moved = record.entered_at + world.rng.choice(MOVES[reason]) * HOUR
    opens = dt.datetime.combine((at - 6 * DAY).astimezone(COMPANY_ZONE).date(), dt.time(9), COMPANY_ZONE)
    moved = min(max(moved, opens.astimezone(dt.UTC)), at)
    return moved if moved != record.entered_at else moved - HOUR


def _again(world: World, clock: Clock, record: Any) -> None:
    note = ("Looked it up in the call list: a little later.", "核对通话记录后再次更正。")
    customer = record.root_customer
    by = world.people["wang"] if record.is_key else manager_of(world, record.owner)
    words = note[language_of(world, customer) if customer else 0]
    _change(record, record.entered_at + HOUR / 2, "typing_error", words, by, clock)


def _take_back(clock: Clock, record: Any, history_id: int | None, by: Any) -> None:
    if history_id is None:
        return
    result = undo_change(record=record, history_id=history_id, by=by, channel="undo", clock=clock)
    record.entered_at, record.version = result.after, result.version


def _change(record: Any, moved: dt.datetime, reason: str, note: str, by: Any, clock: Clock) -> Any:
    result = change_entry_time(
        record=record,
        seen_version=record.version,
        entered_at=moved,
        reason=reason,
        note=note,
        by=by,
        channel="web",
        clock=clock,
        acknowledged=WARNINGS,
        typed=moved.astimezone(COMPANY_ZONE).strftime("%Y-%m-%d %H:%M"),
        typed_zone="Asia/Shanghai",
    )
    record.entered_at, record.version = result.after, result.version
    return result
