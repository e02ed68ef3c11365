"""What time a record gets when many are moved: one for all, so much away, a date of its own, or one it had before.

Nothing is judged or written here; pages, commands and services make the moves from it.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.times import END, FIRST, NotATime, parse, start_of_day

from .models import FollowUp

SET, SHIFT, COPY, RESTORE, BEFORE = "set", "shift", "copy", "restore", "before"
FIRST_FOLLOW_UP = "first_follow_up"
MINUTES = {"d": 1440, "h": 60, "m": 1}

# The dates that a record's entry time may be copied from. A day alone is its first moment in the zone.
COPIED: dict[str, dict[str, Any]] = {
    "customer": {FIRST_FOLLOW_UP: gettext_lazy("First follow-up"), "recorded_at": gettext_lazy("First recorded")},
    "opportunity": {
        "expected_close_on": gettext_lazy("Expected close"),
        "recorded_at": gettext_lazy("First recorded"),
    },
    "followup": {"next_step_on": gettext_lazy("Next step on"), "recorded_at": gettext_lazy("First recorded")},
    "contract": {
        "signed_on": gettext_lazy("Signed on"),
        "starts_on": gettext_lazy("Starts on"),
        "ends_on": gettext_lazy("Ends on"),
        "recorded_at": gettext_lazy("First recorded"),
    },
}


class NoTime(ValueError):
    """A record gets no time this way: `code` is none (no such date), void, double, form or range; `message` says it."""

    def __init__(self, code: str, message: str) -> None:
        self.code, self.message = code, message
        super().__init__(message)


@dataclass(frozen=True)
class Spec:
    """How the times are made. `minutes` of a shift are counted on the clocks of the zone (`wall`), or exactly.

    `batch` is the one before which the records had the times that they get back.
    """

    how: str
    at: dt.datetime | None = None
    minutes: int = 0
    wall: bool = True
    field: str = ""
    batch: int = 0

    def as_json(self) -> dict[str, Any]:
        """As a bulk change keeps it."""
        kept: dict[str, Any] = {"how": self.how}
        if self.how == SET and self.at is not None:
            kept["at"] = self.at.isoformat()
        if self.how == SHIFT:
            kept |= {"minutes": self.minutes, "clock": "wall" if self.wall else "exact"}
        kept |= {"batch": self.batch} if self.batch else {}
        return kept | ({"field": self.field} if self.how == COPY else {})

    @classmethod
    def read(cls, kept: dict[str, Any]) -> Spec:
        """From what a bulk change keeps."""
        at = dt.datetime.fromisoformat(kept["at"]) if "at" in kept else None
        wall = kept.get("clock", "wall") == "wall"
        return cls(kept["how"], at, kept.get("minutes", 0), wall, kept.get("field", ""), kept.get("batch", 0))


def read_shift(text: str) -> int:
    """The minutes of a shift written like -1d, +7h or -1d 2h 30m. Raises ValueError for anything else."""
    found = re.fullmatch(r"([+-]?)((?:\s*\d{1,7}[dhm])+)", text.strip().lower().replace("−", "-"), re.ASCII)
    minutes = sum(int(n) * MINUTES[unit] for n, unit in re.findall(r"(\d+)([dhm])", found[2])) if found else 0
    if found is None or not 0 < minutes < 100_000_000:
        raise ValueError(_("Write how far like -1d, +7h or -1d 2h 30m."))
    return -minutes if found[1] == "-" else minutes


def after_of(spec: Spec, record: Any, zone: dt.tzinfo) -> dt.datetime:
    """The time that `record` gets; days and clocks are those of `zone`. Raises NoTime, with a sentence."""
    if spec.how == SET and spec.at is not None:
        return spec.at
    if spec.how == RESTORE:
        return record.original_entered_at
    if spec.how == COPY:
        return _copied(getattr(record, spec.field), zone)
    if spec.how == BEFORE:
        return _copied(record.stood, zone)
    return _shifted(record.entered_at, dt.timedelta(minutes=spec.minutes), zone if spec.wall else dt.UTC)


def with_dates(rows: QuerySet, spec: Spec, user: Any) -> QuerySet:
    """The rows with what their new times are made of, where it is not theirs.

    That is the first of a customer's follow-ups that the person may see, or what stood before a batch.
    """
    if spec.how == BEFORE:
        history = rows.model.history.model.objects.filter(id=OuterRef("pk"), batch=spec.batch)
        moved = history.filter(previous_entered_at__isnull=False).order_by("history_id")
        return rows.annotate(stood=Subquery(moved.values("previous_entered_at")[:1]))
    if spec.how != COPY or spec.field != FIRST_FOLLOW_UP:
        return rows
    calls = FollowUp.objects.visible_to(user).live().filter(customer=OuterRef("pk")).order_by("entered_at", "id")
    return rows.annotate(first_follow_up=Subquery(calls.values("entered_at")[:1]))


def _copied(value: Any, zone: dt.tzinfo) -> dt.datetime:
    if value is None:
        raise NoTime("none", _("This record has no such date, so it is left out."))
    if isinstance(value, dt.datetime):
        return value.replace(microsecond=0)
    return _in_range(start_of_day(value, zone) if FIRST.year <= value.year <= END.year else None)


def _shifted(before: dt.datetime, by: dt.timedelta, zone: dt.tzinfo) -> dt.datetime:
    """So far away on the clocks of `zone`; a time that its clocks skip or show twice has no answer."""
    try:
        wall = before.astimezone(zone).replace(tzinfo=None) + by
    except OverflowError:
        return _in_range(None)
    if not FIRST.year - 1 <= wall.year <= END.year:
        return _in_range(None)
    try:
        return parse(f"{wall:%Y-%m-%d %H:%M:%S}", zone)
    except NotATime as no:
        raise NoTime(no.code, no.message) from no


def _in_range(moment: dt.datetime | None) -> dt.datetime:
    if moment is None or not FIRST <= moment < END:
        raise NoTime("range", NotATime("range").message)
    return moment
