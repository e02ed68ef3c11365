"""The preview of a bulk change: for every row the time it gets, what the rules say, and the months that it moves."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import transaction

from records.models import RECORDS, BulkChange, BulkRow
from records.models.rules import company
from records.moving import NoTime, Spec, after_of, with_dates

from .bulk_changes import CREATE_AT_ONCE, MOVE, TOLD, judged
from .bulk_requests import ASKED
from .many_rows import DONE, OK, WARN, Step, chunks

Months = dict[str, list[int]]  # "2026-03": [how many leave it, how many enter it]


def preview(*, bulk: BulkChange, by: Any, at: dt.datetime, zone: dt.tzinfo, step: Step | None = None) -> None:
    """Read every row that is not done anew, and keep what it would get and what the rules say of that.

    `bulk` holds kind, spec, reason, note as asked; its spec gets the months of the company's zone that would move.
    Days and clocks of a shift are those of `zone`. Ended half-way, or refused, it leaves rows without a verdict, which
    nobody can apply. Raises Refused owner.
    """
    rows, months, of_company = _begin(bulk), _no_months(), company().shown_zone
    ids, done = list(rows.order_by("record_id").values_list("record_id", flat=True)), 0
    for some in chunks(ids):
        made = _previewed(bulk, some, by, at, zone)  # nothing is locked while rows are judged
        with transaction.atomic():
            rows.filter(record_id__in=some).delete()
            BulkRow.objects.bulk_create(made, batch_size=CREATE_AT_ONCE)
        _tally(months, made, of_company)
        done += len(some)
        if step is not None:
            step(done)
    bulk.spec = {**bulk.spec, TOLD: _as_json(months)} if bulk.kind == MOVE else bulk.spec
    bulk.job = None
    bulk.save(update_fields=["spec", "job"])


def _begin(bulk: BulkChange) -> Any:
    """Keep what was asked and forget every verdict on what was asked before; gives the rows that are to be read."""
    rows = BulkRow.objects.filter(bulk=bulk).exclude(outcome__in=(DONE, ASKED))
    with transaction.atomic():
        bulk.save(update_fields=["spec", "reason", "note", "on_moved", "state"])
        rows.update(after=None, verdict="", codes="", warnings="", outcome="")
    return rows


def months_between(pairs: Iterable[tuple[dt.datetime, dt.datetime]], zone: dt.tzinfo) -> Months:
    """The months of `zone` that moves, each a time before and one after, leave and enter."""
    months = _no_months()
    for before, after in pairs:
        _count(months, before, after, zone)
    return _as_json(months)


def _previewed(bulk: BulkChange, ids: Sequence[int], by: Any, at: dt.datetime, zone: dt.tzinfo) -> list[BulkRow]:
    """The rows of these records, as far as the person sees them: as they are now, with time and verdict."""
    model: Any = RECORDS[bulk.record_type]
    records = model.objects.visible_to(by).filter(pk__in=ids).order_by("pk")
    if bulk.kind == MOVE:
        made = list(_with_times(bulk, with_dates(records, Spec.read(bulk.spec), by), zone))
    else:
        found = records.values_list("pk", "version", "entered_at")
        made = [BulkRow(bulk=bulk, record_id=pk, seen_version=v, before=entered) for pk, v, entered in found]
    known = judged(bulk, made, by, at)
    for row in made:
        result = known.get(row.record_id)
        if result is not None:
            odd = bool(result.warnings) and not bulk.spec.get("odd")
            row.verdict = WARN if odd and result.outcome == OK else result.outcome[:4]
            row.codes, row.warnings = ",".join(result.codes)[:200], ",".join(result.warnings)[:200]
    return made


def _with_times(bulk: BulkChange, records: Any, zone: dt.tzinfo) -> Iterator[BulkRow]:
    spec = Spec.read(bulk.spec)
    for record in records.defer("search_text"):
        row = BulkRow(bulk=bulk, record_id=record.pk, seen_version=record.version, before=record.entered_at)
        try:
            row.after = after_of(spec, record, zone)
        except NoTime as no:
            row.verdict, row.codes = "none", no.code
        yield row


def _no_months() -> tuple[Counter[str], Counter[str]]:
    return Counter(), Counter()


def _tally(months: tuple[Counter[str], Counter[str]], rows: Sequence[BulkRow], zone: dt.tzinfo) -> None:
    for row in rows:
        if row.verdict == OK and row.before is not None and row.after is not None:
            _count(months, row.before, row.after, zone)


def _count(months: tuple[Counter[str], Counter[str]], before: dt.datetime, after: dt.datetime, zone: dt.tzinfo) -> None:
    one, other = (f"{moment.astimezone(zone):%Y-%m}" for moment in (before, after))
    if one != other:
        months[0][one] += 1
        months[1][other] += 1


def _as_json(months: tuple[Counter[str], Counter[str]]) -> Months:
    leaves, enters = months
    return {month: [leaves[month], enters[month]] for month in sorted({*leaves, *enters}, reverse=True)}
