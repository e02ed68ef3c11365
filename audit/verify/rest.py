"""The triggers that should stand, moments that are none, and the queue of reviews against what reviewers said."""

from __future__ import annotations

from collections.abc import Iterator

from audit.fields import readable
from audit.kept import sealed_models
from audit.models import Review, ReviewItem
from audit.triggers import compare

from .look import Look, about, originals, quoted
from .report import Found


def triggers(look: Look) -> Iterator[Found]:
    """Each trigger that is missing, altered or not ours."""
    for wrong in compare():
        what, _, name = wrong.partition(": ")
        trigger, _, table = name.partition(" on ")
        yield Found(f"trigger_{what.split()[0]}", about=name, facts={"table": table or name, "trigger": trigger})


def moments(look: Look) -> Iterator[Found]:
    """Rows of the trail whose moment cannot be read: they stand on no page."""
    for model in sealed_models():
        table, key = model._meta.db_table, quoted(model._meta.pk.column)
        record, moment = ("id", "history_date") if model in originals() else ("NULL", "at")
        told = f"SELECT {key}, {record}, CAST({moment} AS text) FROM {quoted(table)}"
        sql = f"{told} WHERE NOT {readable(moment, look.vendor)}"
        for pk, of, at in look.stream(sql):
            place = about(originals()[model], of) if isinstance(of, int) else {}
            yield Found(
                "moment_unreadable", model._meta.label_lower, pk, **place, facts={"table": table, "row": pk, "at": at}
            )


def reviews(look: Look) -> Iterator[Found]:
    """Items of the queue whose state is not what the last review of that change said."""
    items, said = quoted(ReviewItem._meta.db_table), quoted(Review._meta.db_table)
    sql = (
        f"SELECT i.id, i.kind, i.history_id, i.record_type, i.record_id, i.state, r.outcome FROM {items} i "
        f"LEFT JOIN {said} r ON r.id = (SELECT max(id) FROM {said} n WHERE n.kind = i.kind "
        "AND n.history_id = i.history_id) "
        "WHERE (r.id IS NULL AND i.state <> 'open') OR (r.id IS NOT NULL AND i.state <> r.outcome)"
    )
    label = ReviewItem._meta.label_lower
    for pk, kind, row_id, record_type, record_id, state, outcome in look.stream(sql):
        facts = {"table": ReviewItem._meta.db_table, "row": pk, "history": row_id, "kind": kind}
        yield Found(
            "review_differs", label, pk, record_type, record_id, facts | {"state": state, "said": outcome or ""}
        )
