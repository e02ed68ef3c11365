"""What the entry-time card of a record shows: the value, the reach, who may, and what happened on which day."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from audit.times import closed_edge, distance, format_time, zone_label
from records.forms.entry_time import EntryTimeForm
from records.models import FollowUp, TimeRequest
from records.odd_order import Odd
from records.reach import Reach
from records.refusals import StaleRecord
from records.stale import stale_lines
from records.who_may import WhoMay

MARKED_DAYS = 120  # the calendar shows what happened this many days back
RULER_DAYS = 21


@dataclass
class Card:
    """One card. `state` is "" (idle) or "editing"; `stale` holds both values after a lost race.

    `mine` is the viewer's own request that waits, `may_ask` says that what was posted can be asked for, `warnings` are
    those to tick, `acknowledged` the codes ticked.
    """

    record: Any
    reach: Reach
    who: WhoMay
    form: EntryTimeForm
    now: dt.datetime
    viewer: Any
    why_not: str = ""
    state: str = ""
    text: str | None = None
    stale: StaleRecord | None = None
    by_request: bool = False  # what lies beyond the window can be asked for
    mine: TimeRequest | None = None
    may_ask: bool = False
    warnings: list[Odd] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)

    @property
    def zone(self) -> dt.tzinfo:
        """The zone of everything shown."""
        return timezone.get_current_timezone()

    @property
    def zone_label(self) -> str:
        """The zone, named, with its offset at the record's time."""
        return zone_label(self.zone, self.record.entered_at)

    @property
    def typed(self) -> str:
        """The text of the field."""
        return self.form.typed if self.text is None else self.text

    @property
    def zone_name(self) -> str:
        """The zone's name alone."""
        return str(self.zone)

    @property
    def recorded_later(self) -> str:
        """How much later than it counts the record was first written down."""
        return recorded_later(self.record)

    @property
    def earliest_text(self) -> str:
        """The first moment that may be chosen."""
        return self.reading(self.reach.earliest)

    @property
    def reason_required(self) -> bool:
        """Whether the rule asks for a reason."""
        return self.reach.limits is None or self.reach.limits.reason_required

    @property
    def others(self) -> list[str]:
        """Who may change the time: you, and the roles."""
        return [_("you"), *self.who.roles]

    @property
    def how_you(self) -> str:
        """The end of the viewer's own grant, where it is a grant that lets them."""
        grants = [source for source in self.reach.sources if source.is_grant]
        if not grants or len(grants) < len(self.reach.sources):
            return ""
        if any(grant.until is None for grant in grants):
            return _("granted")
        return _("granted until %(time)s") % {"time": self.reading(max(g.until for g in grants if g.until))}

    @property
    def stale_lines(self) -> list[Any]:
        """Both values after a lost race."""
        return stale_lines(self.stale, self.viewer) if self.stale else []

    def reading(self, moment: dt.datetime | None) -> str:
        """A reading of the clock in the card's zone, for the script."""
        return format_time(moment, self.zone) if moment else ""

    @property
    def closed_edge(self) -> dt.datetime | None:
        """The first moment after the closed period."""
        through = self.reach.closed_through
        return closed_edge(through, self.reach.zone) if through else None

    @property
    def data(self) -> dict[str, str]:
        """The data-* attributes of the card: what the server said when it made the page."""
        return self.reach.readings(self.zone) | {
            "current": self.reading(self.record.entered_at),
            "first": self.reading(self.record.original_entered_at),
        }

    @cached_property
    def marks(self) -> str:
        """JSON of day → what happened: the customer's follow-ups the viewer may see, around the record's time."""
        customer = self.record.root_customer
        if customer is None or not self.reach.may:
            return "{}"
        since = self.now - dt.timedelta(days=MARKED_DAYS)
        near = FollowUp.objects.visible_to(self.viewer).live().filter(customer=customer.pk, entered_at__gte=since)
        found: dict[str, str] = {}
        for entered_at, summary in near.order_by("entered_at").values_list("entered_at", "summary")[:200]:
            day, clock = self.reading(entered_at).split(" ")
            found[day] = f"{found[day]} · {summary} {clock}" if day in found else f"{summary} {clock}"
        return json.dumps(found, ensure_ascii=False)

    @property
    def ruler(self) -> Ruler:
        """The scale below the field."""
        return Ruler(self)


@dataclass
class Ruler:
    """A scale of three weeks that ends today or holds the record's time; positions in percent."""

    card: Card

    @cached_property
    def start(self) -> dt.datetime:
        """Midnight of the first day, as a reading in the card's zone."""
        last = self.card.now
        if self.card.record.entered_at < last - dt.timedelta(days=RULER_DAYS - 2):
            last = self.card.record.entered_at + dt.timedelta(days=RULER_DAYS // 2)
        end = last.astimezone(self.card.zone).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
        return end - dt.timedelta(days=RULER_DAYS - 1)

    @property
    def data_start(self) -> str:
        """The start for the script."""
        return f"{self.start:%Y-%m-%d %H:%M}"

    @property
    def days(self) -> int:
        """Its length."""
        return RULER_DAYS

    def place(self, moment: dt.datetime | None) -> float | None:
        """Where a moment stands, from 0 to 100; None outside."""
        if moment is None:
            return None
        at = (moment.astimezone(self.card.zone).replace(tzinfo=None) - self.start) / dt.timedelta(days=RULER_DAYS)
        return round(at * 100, 2)

    def _edge(self, moment: dt.datetime | None) -> float:
        return min(100.0, max(0.0, self.place(moment) or 0.0))

    @property
    def shut(self) -> float:
        """How far the closed period reaches."""
        return self._edge(self.card.closed_edge)

    @property
    def ask(self) -> tuple[float, float]:
        """Start and width of what lies open but beyond the window."""
        start, end = self.shut, self._edge(self.card.reach.opens)
        return start, round(max(0.0, end - start), 2)

    @property
    def weekends(self) -> list[tuple[float, float]]:
        """Start and width of each weekend."""
        one = 100 / RULER_DAYS
        days = [n for n in range(RULER_DAYS) if (self.start + dt.timedelta(days=n)).weekday() >= 5]
        return [(round(n * one, 2), round(one, 2)) for n in days]

    @property
    def ticks(self) -> list[tuple[float, bool, str]]:
        """Each midnight: position, whether a Monday, and a label for Mondays."""
        found = []
        for number in range(RULER_DAYS + 1):
            day = self.start + dt.timedelta(days=number)
            monday = day.weekday() == 0
            found.append((round(number * 100 / RULER_DAYS, 2), monday, f"{day:%m-%d}" if monday else ""))
        return found

    @property
    def label(self) -> str:
        """The record's time without its year."""
        return self.card.reading(self.card.record.entered_at)[5:]

    @property
    def now(self) -> float | None:
        """Where now stands, if on the scale."""
        return self._on(self.card.now)

    @property
    def current(self) -> float | None:
        """Where the record's time stands."""
        return self._on(self.card.record.entered_at)

    @property
    def first(self) -> float | None:
        """Where the original stands, if on the scale."""
        return self._on(self.card.record.original_entered_at)

    def _on(self, moment: dt.datetime) -> float | None:
        at = self.place(moment)
        return at if at is not None and 0 <= at <= 100 else None


@dataclass(frozen=True)
class Confirmation:
    """What the confirm step says: before → after, reason, words."""

    before: dt.datetime
    after: dt.datetime
    reason: str
    note: str
    warnings: list[Odd] = field(default_factory=list)


def recorded_later(record: Any) -> str:
    """The distance between what a record counts as and when it was first recorded: "1 day"; "" under a minute."""
    late = record.recorded_at - record.entered_at
    return distance(late) if late >= dt.timedelta(minutes=1) else ""
