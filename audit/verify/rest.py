"""The triggers that should stand, and the queue of reviews against what reviewers said."""

from __future__ import annotations

from collections.abc import Iterator

from audit.models import Review, ReviewItem
from audit.triggers import compare

from .look import Look, quoted
from .report import Found


def triggers(look: Look) -> Iterator[Found]:
    """Each trigger that is missing, altered or not ours."""
    for wrong in compare():
        what, _, name = wrong.partition(": ")
        trigger, _, table = name.partition(" on ")
        yield Found(f"trigger_{what.split()[0]}", about=name, facts={"table": table or name, "trigger": trigger})


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
