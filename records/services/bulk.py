"""Many rows with their history, in a few statements: new ones for imports, changed ones for changes of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connections

from audit.acts import current
from audit.new_rows import insert_rows
from audit.set_rows import SetRow, set_rows
from audit.tracking import copy_rows
from records.models._entry_time_key import is_open
from records.models.guard import NotThroughTheDoor

AT_ONCE = 500  # rows per history statement; well under the parameters that SQLite takes


def insert_many(objects: Sequence[Any], **trail: Any) -> int:
    """Insert new rows of one tracked model and one '+' history row each; gives the number of rows.

    Inside an open act, whose columns stand on every history row, and an open transaction: both or neither. The caller
    has judged, cleaned and numbered the rows, as create_record does for one. Sets their `pk`. `trail` are columns of
    these history rows beside those of the act.
    """
    if not objects:
        return 0
    model: Any = type(objects[0])
    if not connections["default"].in_atomic_block:
        raise NotThroughTheDoor("insert_many outside a transaction")
    insert_rows(objects)  # past the guard; the history follows, copied from what was stored
    for start in range(0, len(objects), AT_ONCE):
        _write_history(model, objects[start : start + AT_ONCE], trail)
    return len(objects)


def _write_history(model: Any, rows: Sequence[Any], trail: dict[str, Any]) -> None:
    ids = [row.pk for row in rows]
    columns = current().columns(rows[0]) | trail | {"history_type": "+"}
    history = model.history.model
    where = f"id IN ({', '.join(['%s'] * len(ids))}) ORDER BY id"
    written = copy_rows(model, history, history.tracked_fields, columns, where, ids, "default")
    if len(written) != len(ids):
        raise RuntimeError(f"{len(ids)} rows, {len(written)} history rows")


def set_many(
    model: Any,
    rows: Sequence[SetRow],
    *,
    columns: Sequence[str],
    trail: Sequence[str] = (),
    kept: Mapping[str, str] | None = None,
) -> int:
    """Give rows that the caller has locked and judged their values in `columns`, each with its history row.

    Inside an open act and transaction. Guarded columns need the key, as a single save does. Raises RowsMoved.
    """
    names = {model._meta.get_field(name).name for name in columns}
    if not is_open() and model.LOCKED & names:
        raise NotThroughTheDoor(f"set_many({sorted(names)}): guarded rows change only through records.services")
    return set_rows(model, rows, columns=columns, trail=trail, kept=kept)
