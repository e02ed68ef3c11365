"""From a filter to queries: per table one or a few streams of rows, each answered by an index in its order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.models import BooleanField, F, Func, IntegerField, Q, QuerySet

from audit.fields import Distance
from audit.telling import kinds_of, kinds_told

from .filters import Span, Wanted
from .sources import Source, sources

WORDED = 5_000  # newest changes of entry times per type whose written explanations are read
FOUND = 200  # of them that match
APART = 20  # answers of one filter that are asked for one by one
FEW = 1_000  # changes per type that moved so far: no more are named one by one


class Seconds(Func):
    """A stored moment as seconds, for distances; read by the index's rows only."""

    output_field = IntegerField()
    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:
        return self.as_sql(
            compiler, connection, template="CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)", **extra
        )

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, Any]:
        return self.as_sql(compiler, connection, template="EXTRACT(EPOCH FROM %(expressions)s)", **extra)


def streams(wanted: Wanted, viewer: Any) -> Iterator[tuple[Source, QuerySet]]:
    """(source, rows) whose rows together are what the filter asks for; a table that it leaves out costs no query."""
    for source in sources().values():
        rows = _rows(source, wanted, viewer) if _answers(source, wanted) else None
        if rows is not None:
            for stream in _split(source, rows, wanted):
                yield source, stream


def _answers(source: Source, wanted: Wanted) -> bool:
    """Whether the table may hold what is asked for."""
    if wanted.moves_only and not source.timed:
        return False
    if source.of is None:
        return wanted.batch is None and (not wanted.types or any(t.startswith("event-") for t in wanted.types))
    return not wanted.types or source.display.group in wanted.types


def _rows(source: Source, wanted: Wanted, viewer: Any) -> QuerySet | None:
    """Visible rows that pass every filter but those that are split by; None for none at all."""
    rows: QuerySet | None = source.visible_to(viewer)
    if wanted.about:
        model, pk = wanted.about
        rows = concerning(source, rows, model, [pk])
    if rows is None:
        return None
    if wanted.first:
        rows = rows.filter(**{f"{source.at}__gte": wanted.first})
    if wanted.last:
        rows = rows.filter(**{f"{source.at}__lt": wanted.last})
    if source.of is None:
        return _events(rows, wanted)
    if wanted.batch is not None:
        rows = rows.filter(batch=wanted.batch)
    return _moves(source, rows, wanted) if wanted.moves_only else rows


def _events(rows: QuerySet, wanted: Wanted) -> QuerySet:
    if not wanted.types:
        return rows
    kinds = [kind for name in wanted.types for kind in kinds_of(name.removeprefix("event-"))]
    asked = Q(kind__in=kinds)
    if "event-other" in wanted.types:
        asked |= ~Q(kind__in=kinds_told())
    return rows.filter(asked)


def _moves(source: Source, rows: QuerySet, wanted: Wanted) -> QuerySet | None:
    """Changes of entry times: by how much, into and out of which month."""
    rows = rows.filter(previous_entered_at__isnull=False)
    if wanted.into:
        rows = rows.filter(_in("entered_at", wanted.into)).exclude(_in("previous_entered_at", wanted.into))
    if wanted.out_of:
        rows = rows.filter(_in("previous_entered_at", wanted.out_of)).exclude(_in("entered_at", wanted.out_of))
    return rows if wanted.days is None else _far(source, rows, wanted.days * 86_400)


def _far(source: Source, rows: QuerySet, seconds: int) -> QuerySet | None:
    """Those that moved further; None for none.

    Where few did, an index over the distance names them. Where many did, the newest of them are soon met in the order
    of the list; in that order few would be looked for through all that ever moved.
    """
    moves = source.model._default_manager.filter(previous_entered_at__isnull=False)
    furthest = moves.alias(far=Distance("entered_at", "previous_entered_at")).filter(far__gt=seconds).order_by("-far")
    few = list(furthest.values_list("history_id", flat=True)[: FEW + 1])
    if not few:
        return None
    if len(few) <= FEW:
        return rows.filter(_one_of(few))
    moved = Seconds(F("entered_at")) - Seconds(F("previous_entered_at"))
    return rows.alias(moved=moved).filter(Q(moved__gt=seconds) | Q(moved__lt=-seconds))


def _one_of(ids: list[int]) -> Func:
    """The row is one of these, which stand in the statement themselves: a database takes only so many parameters."""
    named = ", ".join(str(int(pk)) for pk in ids)
    return Func(F("history_id"), template=f"%(expressions)s IN ({named})", output_field=BooleanField())


def _in(name: str, span: Span) -> Q:
    return Q(**{f"{name}__gte": span[0], f"{name}__lt": span[1]})


def concerning(source: Source, rows: Any, model: type[models.Model], ids: list[int]) -> QuerySet | None:
    """The rows about the records of `model` with these ids; None where the table holds none."""
    if source.of is None:
        return rows.filter(record_type=model._meta.label_lower, record_id__in=ids)
    return source.display.concerning(rows, model, ids)


# ---- filters that are answered by an index of their own: one stream each, so that it gives the rows in order ----


def _split(source: Source, rows: QuerySet, wanted: Wanted) -> Iterator[QuerySet]:
    person = "actor_id" if source.of is None else "history_user_id"
    by = {person: wanted.people, "channel": wanted.channels}
    if source.timed:
        by = {"reason": wanted.reasons} | by
    for alternative in _alternatives(source, rows, wanted):
        yield from _each(alternative, {name: values for name, values in by.items() if values})


def _each(rows: QuerySet, by: dict[str, tuple[Any, ...]]) -> Iterator[QuerySet]:
    """A stream per value of the first column, one for very many; the other columns only leave rows out."""
    if not by:
        yield rows
        return
    (name, values), *others = by.items()
    for column, allowed in others:
        rows = rows.filter(**{f"{column}__in": allowed})
    if len(values) > APART:
        yield rows.filter(**{f"{name}__in": values})
        return
    for value in values:
        stream = rows.filter(**{name: value})
        yield stream.exclude(channel="web") if name == "channel" and value != "web" else stream


def _alternatives(source: Source, rows: QuerySet, wanted: Wanted) -> Iterator[QuerySet]:
    """Without words the rows themselves; with words those of the records, people, reasons and explanations meant."""
    words = wanted.words
    if words is None:
        yield rows
        return
    for model, ids in words.records.items():
        found = concerning(source, rows, model, ids) if ids else None
        if found is not None:
            yield found
    person = "actor_id" if source.of is None else "history_user_id"
    if words.people:
        yield from _each(rows, {person: words.people})
    if source.timed:
        moved = rows.filter(previous_entered_at__isnull=False)
        yield from (moved.filter(reason=code) for code in words.reasons)
        if ids := _explained(source, words.text):
            yield rows.filter(history_id__in=ids)


def _explained(source: Source, text: str) -> list[int]:
    """Ids of the newest changes of entry times whose explanation holds the text."""
    moves = source.ordered(source.model._default_manager.filter(previous_entered_at__isnull=False))
    oldest = moves.values_list("history_date", flat=True)[WORDED - 1 : WORDED]
    found = moves.filter(history_change_reason__icontains=text)
    for moment in oldest:
        found = found.filter(history_date__gte=moment)  # a range of the index; an IN of ids reads the whole table
    return list(found.values_list("history_id", flat=True)[:FOUND])
