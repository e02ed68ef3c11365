"""Every history by itself: versions without a gap, each row after its predecessor, and before(n) = after(n-1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import models

from .look import Look, about, histories, is_record, quoted
from .report import Found

SLACK = 60  # seconds: two machines' clocks differ, and raw SQL is stamped when its transaction began
FIXED = ("number", "original_entered_at", "recorded_at")  # of a record, once and for all
MOMENT = "COALESCE(brought_in_at, history_date)"  # when the row was written
_ROW = ("record", "row", "type", "version", "last_row", "last_type", "last_version", "at", "last_at", "backwards")
_TIMED = ("said", "before", "moved_otherwise", *FIXED)


def check(look: Look) -> Iterator[Found]:
    """All histories, one query each: a window over each record's rows gives only those that do not fit."""
    for model, history in histories().items():
        names = _ROW + (_TIMED if is_record(model) else ())
        for values in look.stream(_sql(look, model, history)):
            yield from _judge(look, model, history, dict(zip(names, values, strict=True)))


def _sql(look: Look, model: type[models.Model], history: type[models.Model]) -> str:
    """Rows that do not continue the row before them. Read newest first, as the index over (id, -history_id) stands."""
    timed = is_record(model)
    kept = ["history_id", "history_type", "version", *(["entered_at", *FIXED] if timed else [])]
    inner = ", ".join(["id", f"{MOMENT} AS moment", *kept, *(["previous_entered_at"] if timed else [])])
    before = ", ".join(f"lead({name}) OVER w AS p_{name}" for name in ("moment", *kept))
    told = "id, history_id, history_type, version, p_history_id, p_history_type, p_version"
    told += f", CAST(moment AS text), CAST(p_moment AS text), {_backwards(look)}"
    wrong = [
        "(p_history_id IS NULL AND (version <> 1 OR history_type <> '+'))",
        "(p_history_id IS NOT NULL AND (history_type = '+' OR p_history_type = '-' "
        "OR version <> p_version + CASE WHEN history_type = '-' THEN 0 ELSE 1 END))",
        _backwards(look),
    ]
    if timed:
        moved = "CASE WHEN history_type = '~' AND entered_at <> p_entered_at THEN p_entered_at END"
        flags = [f"({moved} {look.differs} previous_entered_at)", *(f"COALESCE({n} <> p_{n}, 1 = 0)" for n in FIXED)]
        told += f", CAST(previous_entered_at AS text), CAST(p_entered_at AS text), {', '.join(flags)}"
        wrong += flags
    return (
        f"SELECT {told} FROM (SELECT h.*, {before} FROM (SELECT {inner} FROM {quoted(history._meta.db_table)}) h "
        f"WINDOW w AS (PARTITION BY id ORDER BY history_id DESC)) w WHERE {' OR '.join(wrong)}"
    )


def _backwards(look: Look) -> str:
    if look.vendor == "postgresql":
        return f"COALESCE(moment < p_moment - interval '{SLACK} seconds', false)"
    far = f"COALESCE(julianday(moment) < julianday(p_moment) - {SLACK} / 86400.0, 1)"  # 1: a text that is no moment
    return f"COALESCE(moment < p_moment AND {far}, 0)"


def _judge(look: Look, model: Any, history: Any, row: dict[str, Any]) -> Iterator[Found]:
    kind = history._meta.label_lower
    facts = {"table": history._meta.db_table, **{name: row[name] for name in ("row", "record", "version")}}

    def found(code: str, **more: Any) -> Found:
        return Found(code, kind, row["row"], **about(model, row["record"]), facts=facts | more)

    first, ended = row["last_row"] is None, row["last_type"] == "-"
    missing = row["version"] - (1 if first else row["last_version"] + (row["type"] != "-"))
    purged = missing > 0 and look.purges.between(kind, row["record"], row["last_row"] or 0, row["row"]) >= missing
    if ended:
        yield found("after_end")
    elif missing > 0 and not purged:
        yield found("versions_missing", missing=missing)
    elif missing < 0 or (not purged and first == (row["type"] != "+")):
        yield found("version_again")
    if row["backwards"]:
        yield found("time_backwards", at=row["at"], before=row["last_at"])
    if purged or not is_record(model):
        return
    if row["moved_otherwise"] and not first:
        yield found("before_differs", said=row["said"] or "", before=row["before"])
    if differ := [name for name in FIXED if row[name]]:
        yield found("fixed_differs", columns=differ)
