"""What happened with a customer, by entry time, newest first: follow-ups, opportunities, contracts and the customer.

One query per type, each from its own index; a page goes on from the key of its last row.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from audit.times import NotATime, iso, parse

from .late import late
from .models import Contract, Customer, FollowUp, Opportunity

SIZE = 30
TYPES: tuple[Any, ...] = (FollowUp, Contract, Opportunity, Customer)  # of one moment the first stands on top
FILTERS = {
    "": (_("All"), TYPES),
    "follow-ups": (_("Follow-ups"), (FollowUp,)),
    "deals": (_("Deals"), (Opportunity, Contract)),
    "changed": (_("Changed"), TYPES),
}


@dataclass(frozen=True)
class Key:
    """A place in the timeline: the row it names is the last one of the page before."""

    at: dt.datetime
    rank: int
    pk: int

    @classmethod
    def of(cls, record: Any) -> Key:
        """The key of a record."""
        return cls(record.entered_at, TYPES.index(type(record)), record.pk)

    @classmethod
    def read(cls, text: str) -> Key | None:
        """The key written as `str()` writes it; None for any other text."""
        at, _sep, rest = text.partition("~")
        rank, _sep, pk = rest.partition("~")
        if not (rank.isascii() and pk.isascii() and rank.isdigit() and pk.isdigit() and len(rank + pk) < 19):
            return None
        try:
            return cls(parse(at, dt.UTC), int(rank), int(pk))
        except NotATime:
            return None

    def __str__(self) -> str:
        return f"{iso(self.at, dt.UTC).replace('+00:00', 'Z')}~{self.rank}~{self.pk}"

    def behind(self, rank: int) -> Q:
        """Rows of the type with that rank that come after this one."""
        same = Q(entered_at=self.at)
        tied = same & Q(pk__lt=self.pk) if rank == self.rank else same if rank > self.rank else Q(pk__in=[])
        return Q(entered_at__lt=self.at) | tied


@dataclass(frozen=True)
class Timeline:
    """A page of records, each with `kind_name` and `late`; `older` is the key to go on from, or ""."""

    items: list[Any]
    older: str
    show: str


def timeline(user: Any, customer: Customer, *, show: str = "", before: str = "") -> Timeline:
    """The page behind the key `before` of what the person may see, as the filter `show` asks; others count as all."""
    show, key = show if show in FILTERS else "", Key.read(before)
    found: list[Any] = []
    for model in FILTERS[show][1]:
        found += _rows(model, user, customer, key, only_changed=show == "changed")
    found.sort(key=lambda record: (-record.entered_at.timestamp(), TYPES.index(type(record)), -record.pk))
    page = found[:SIZE]
    for record in page:
        record.kind_name, record.late = type(record)._meta.model_name, late(record)
    return Timeline(page, str(Key.of(page[-1])) if len(found) > SIZE else "", show)


def _rows(model: Any, user: Any, customer: Customer, key: Key | None, *, only_changed: bool) -> list[Any]:
    rank = TYPES.index(model)
    if model is Customer:
        fits = key is None or (-customer.entered_at.timestamp(), rank) > (-key.at.timestamp(), key.rank)
        return [customer] if fits and (customer.is_changed or not only_changed) else []
    rows = model.objects.visible_to(user).live().filter(customer=customer).select_related("owner")
    rows = rows.time_changed() if only_changed else rows
    rows = rows.filter(key.behind(rank)) if key else rows
    return list(with_last_shift(rows).order_by("-entered_at", "-pk")[: SIZE + 1])


def with_last_shift(rows: Any) -> Any:
    """The rows, each with `shift_reason` (a code) and `shift_actor` of the last change of its entry time."""
    history = rows.model.history.model.objects.filter(id=OuterRef("pk"), previous_entered_at__isnull=False)
    last = history.order_by("-history_id")
    reason, actor = (Subquery(last.values(name)[:1]) for name in ("reason", "actor_name"))
    return rows.annotate(shift_reason=reason, shift_actor=actor)


def with_number_of_moves(rows: Any) -> Any:
    """The rows, each with `times_changed`: how often its entry time was moved; None for never."""
    moves = rows.model.history.model.objects.filter(id=OuterRef("pk"), previous_entered_at__isnull=False)
    counted = moves.order_by().values("id").annotate(number=Count("history_id")).values("number")
    return rows.annotate(times_changed=Subquery(counted, output_field=IntegerField()))


def name_shifts(records: list[Any], reasons: dict[str, str]) -> None:
    """Give each record `last_shift`, for the tooltip of a changed time; `reasons` is code → name."""
    for record in records:
        code = getattr(record, "shift_reason", None)
        record.last_shift = {"reason": reasons.get(code, ""), "actor": record.shift_actor} if code else {}
