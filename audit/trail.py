"""Reading the trail: a record's history, newest first, by key, each row beside the one before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import F, OuterRef, Subquery

from .displays import display_of
from .fields import Readable

ROW = (
    "history_id",
    "history_date",
    "history_type",
    "history_user_id",
    "history_change_reason",
    "previous_entered_at",
    "reason",
    "channel",
    "actor_name",
    "actor_role",
    "brought_in_by",
    "approver_name",
    "requester_name",
    "undoes",
    "batch",
    "db_user",
    "version",
)


@dataclass(frozen=True)
class Row:
    """A history row as stored, beside the row before it (None for the first); `names` of foreign keys by attname."""

    values: dict[str, Any]
    before: dict[str, Any] | None

    def __getattr__(self, name: str) -> Any:
        try:
            return self.values[name]
        except KeyError:
            raise AttributeError(name) from None


@dataclass(frozen=True)
class Page:
    """A page of history: rows newest first; `older` is the id to go on from, or None."""

    rows: list[Row]
    older: int | None


def history_of(record: Any, viewer: Any, *, limit: int, before: int | None = None, only_times: bool = False) -> Page:
    """The history of `record` in one query, as far as `viewer` may see its fields.

    `before` is a history id to go on from; `only_times` keeps creations and changes of the entry time. Rows are ordered
    by id, never by clock. Each row comes with the one before it, so that the difference can be told.
    """
    model = type(record)
    display, history = display_of(model), model.history.model  # type: ignore[attr-defined]
    fields = display.fields_for(viewer)
    rows = history.objects.filter(Readable(F("history_date")), id=record.pk)
    if before is not None:
        rows = rows.filter(history_id__lt=before)
    if only_times:
        rows = rows.exclude(history_type="~", previous_entered_at__isnull=True)
    names = {
        f"{attname}_name": Subquery(known.filter(pk=OuterRef(attname)).values(column)[:1])
        for attname, (known, column) in display.names(viewer).items()
    }
    found = list(rows.order_by("-history_id").values(*ROW, *fields, **names)[: limit + 1])
    pairs = zip(found, [*found[1:], None], strict=False)
    shown = [Row(row, before_it) for row, before_it in pairs][:limit]
    return Page(shown, shown[-1].history_id if len(found) > limit else None)
