"""Filling the queue of the review: changes of entry times that nobody has put there yet, each with its risk.

Which changes are in the queue is membership, never "all up to": on PostgreSQL a transaction that commits late brings
older rows than those found already. Usually only what is newer than OVERLAP before the newest item is looked at; once
a day it is everything. What was brought in with the history of another system was not changed here, and is left out.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict

from audit.canonical import kind_of
from audit.models import Event, ReviewItem
from audit.telling import kinds_of
from records import review_risk
from records.models import RECORDS
from records.models.rules import company
from records.review_risk import EXPORT_WITHIN, MANY_WITHIN, Move
from records.rules import Limits

from .locks import only_one

Clock = Callable[[], dt.datetime]
Row = dict[str, Any]

MOST = 2_000  # rows of each type in one run
OVERLAP = dt.timedelta(hours=6)  # a transaction open for longer is caught by the look at everything
WHOLE_EVERY = dt.timedelta(days=1)
LOCK = 72_018  # the advisory lock of those who fill the queue, beside that of the rules
COLUMNS = (
    "history_id",
    "id",
    "history_date",
    "history_user_id",
    "actor_name",
    "owner_id",
    "previous_entered_at",
    "entered_at",
    "channel",
    "batch",
    "exception_id",
)
_looked_at_all: dict[str, dt.datetime] = {}  # when this process looked at everything


def fill_queue(clock: Clock, *, whole: bool = False) -> int:
    """Put changes that are not in the queue yet there, at most MOST of each type; gives how many rows were taken.

    `whole`: look at all of the trail instead of what is new. Where somebody else fills it right now: 0.
    """
    if not any(_waiting(name, whole).exists() for name in RECORDS):
        return 0
    with transaction.atomic():
        if not only_one(LOCK):
            return 0
        return sum(_fill(name, clock(), whole) for name in RECORDS)


def fill_queue_if_due(clock: Clock) -> int:
    """Fill the queue with what is new; at the start and once a day from everything. For the worker's loop."""
    now, last = clock(), _looked_at_all.get("at")
    taken = fill_queue(clock)
    if taken or (last is not None and last <= now < last + WHOLE_EVERY):
        return taken
    taken = fill_queue(clock, whole=True)
    if not taken:  # nothing is left
        _looked_at_all["at"] = now
    return taken


# ---- what waits ----


def _waiting(name: str, whole: bool) -> QuerySet:
    """Changes of a type that no item holds."""
    history: Any = RECORDS[name].history.model  # type: ignore[attr-defined]
    items = ReviewItem.objects.filter(kind=kind_of(history))
    by_batch = items.filter(
        batch=OuterRef("batch"), first_id__lte=OuterRef("history_id"), last_id__gte=OuterRef("history_id")
    )
    rows = history.objects.filter(previous_entered_at__isnull=False, brought_in_at__isnull=True)
    if not whole and (newest := items.order_by("-at").values_list("at", flat=True).first()):
        rows = rows.filter(history_date__gte=newest - OVERLAP)
    alone = ~Exists(items.filter(history_id=OuterRef("history_id")))
    return rows.filter(alone).exclude(Q(batch__isnull=False) & Exists(by_batch))


def _fill(name: str, at: dt.datetime, whole: bool) -> int:
    rows = list(_waiting(name, whole).order_by("history_date", "history_id").values(*COLUMNS)[:MOST])
    if not rows:
        return 0
    flagged = [(row, flags) for row, flags in zip(rows, _flags(name, rows, at), strict=True)]
    alone = [_item(name, [each]) for each in flagged if each[0]["batch"] is None]
    ReviewItem.objects.bulk_create(alone, ignore_conflicts=True)
    batches = defaultdict(list)
    for each in flagged:
        if each[0]["batch"] is not None:
            batches[each[0]["batch"]].append(each)
    for found in batches.values():
        _put_batch(name, found)
    return len(rows)


def _item(name: str, found: list[tuple[Row, dict[str, int]]]) -> ReviewItem:
    """One item for a change, or for those of a batch: shown by the one that moved furthest."""
    row = max((row for row, _ in found), key=_shift)
    flags = review_risk.merged(flags for _, flags in found)
    ids = [row["history_id"] for row, _ in found]
    batched = row["batch"] is not None
    if len(found) > 1:
        flags["batch"] = 0
    return ReviewItem(
        kind=kind_of(RECORDS[name].history.model),  # type: ignore[attr-defined]
        history_id=row["history_id"],
        record_type=name,
        record_id=row["id"],
        at=row["history_date"],
        actor_id=row["history_user_id"],
        actor_name=row["actor_name"],
        batch=row["batch"],
        first_id=min(ids) if batched else None,
        last_id=max(ids) if batched else None,
        rows=len(found),
        risk=review_risk.risk_of(flags),
        flags=review_risk.write(flags),
    )


def _put_batch(name: str, found: list[tuple[Row, dict[str, int]]]) -> None:
    """A new item, or more rows of one that nobody has looked at yet: a long batch comes in several runs."""
    new = _item(name, found)
    standing = ReviewItem.objects.filter(kind=new.kind, batch=new.batch, state="open").order_by("id")
    item = standing.select_for_update(no_key=True).first()
    if item is None:
        ReviewItem.objects.bulk_create([new], ignore_conflicts=True)
        return
    history: Any = RECORDS[name].history.model  # type: ignore[attr-defined]
    shown = history.objects.values("previous_entered_at", "entered_at").get(history_id=item.history_id)
    furthest = max((row for row, _ in found), key=_shift)
    if _shift(furthest) > _shift(shown):
        item.history_id, item.record_id = new.history_id, new.record_id
    flags = review_risk.merged([review_risk.read(item.flags), review_risk.read(new.flags), {"batch": 0}])
    item.first_id = min(item.first_id or 0, new.first_id or 0)
    item.last_id = max(item.last_id or 0, new.last_id or 0)
    item.rows += new.rows
    item.risk, item.flags = review_risk.risk_of(flags), review_risk.write(flags)
    item.save()


def _shift(row: Row) -> dt.timedelta:
    return abs(row["entered_at"] - row["previous_entered_at"])


# ---- what was around them ----


def _flags(name: str, rows: list[Row], at: dt.datetime) -> list[dict[str, int]]:
    """The flags of each row, from three queries."""
    rules = company()
    zone, closed = rules.shown_zone, _closed(rules.by_type.get(name), rules.shown_zone, at)
    times, exports = _times(name, rows), _exports(name, rows)
    found = []
    for row in rows:
        moment, actor = row["history_date"], row["history_user_id"]
        move = Move(
            before=row["previous_entered_at"],
            after=row["entered_at"],
            at=moment,
            own=actor is not None and actor == row["owner_id"],
            changes=sum(moment - MANY_WITHIN < each <= moment for each in times[row["id"]]),
            exported=any(moment - EXPORT_WITHIN <= each <= moment for each in exports[actor]),
            excepted=row["exception_id"] is not None,
            sql=row["channel"] == "sql",
        )
        found.append(review_risk.flags_of(move, zone, closed))
    return found


def _closed(rule: Any, zone: dt.tzinfo, at: dt.datetime) -> dt.date | None:
    """The last day that is closed today, for everybody."""
    if rule is None:
        return None
    days = (rule.closed_through, rule.grace_days, rule.closed_hard_through)
    limits = Limits((), zone, closed_through=days[0], grace_days=days[1], closed_hard_through=days[2])
    return limits.closed_at(at)


def _times(name: str, rows: list[Row]) -> dict[int, list[dt.datetime]]:
    """When the records' entry times were changed, from a week before the first of the rows on."""
    moments = [row["history_date"] for row in rows]
    history: Any = RECORDS[name].history.model  # type: ignore[attr-defined]
    moved = history.objects.filter(id__in={row["id"] for row in rows}, previous_entered_at__isnull=False)
    within = moved.filter(history_date__gt=min(moments) - MANY_WITHIN, history_date__lte=max(moments))
    found = defaultdict(list)
    for pk, moment in within.order_by().values_list("id", "history_date"):
        found[pk].append(moment)
    return found


def _exports(name: str, rows: list[Row]) -> dict[int | None, list[dt.datetime]]:
    """When those who made the changes exported records of the type."""
    moments, people = [row["history_date"] for row in rows], {row["history_user_id"] for row in rows} - {None}
    events = Event.objects.filter(kind__in=["export", *kinds_of("export")], actor_id__in=people)
    within = events.filter(at__gte=min(moments) - EXPORT_WITHIN, at__lte=max(moments))
    found = defaultdict(list)
    for person, moment, about, what in within.values_list("actor_id", "at", "record_type", "what"):
        if _touches(name, about, what):
            found[person].append(moment)
    return found


def _touches(name: str, about: str, what: dict[str, Any]) -> bool:
    """Whether an export held records of the type: it names it, or none at all. Facts name `types`, or the `query`."""
    named = what.get("types") or QueryDict(str(what.get("query", ""))).getlist("type") or [about]
    known = {each.rpartition(".")[2] for each in named if each}
    return not known or name in known
