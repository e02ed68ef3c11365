"""The locks of every write, in one order: rows by (type, id), then the rules lock. The other way round deadlocks."""

from __future__ import annotations

from typing import Any

from django.db import connection, models

RULES = 72_016  # the advisory lock of rules, grants, roles and who is active


def rules_lock(*, exclusive: bool) -> None:
    """Shared by changes judged by the rules, exclusive for edits of the rules; held to the end of the transaction.

    On SQLite the IMMEDIATE transaction is the lock. Raises OperationalError after the connection's lock_timeout.
    """
    if connection.vendor != "postgresql":
        return
    name = "pg_advisory_xact_lock" if exclusive else "pg_advisory_xact_lock_shared"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name}(%s)", [RULES])


def locked(model: type[models.Model], pk: int) -> Any:
    """The row of `model` with that id, locked and read afresh.

    No join: a joined customer would keep its value from before the wait. `no_key`: a grant's foreign key takes a
    share lock on its record, a plain FOR UPDATE deadlocks with it. Raises `model.DoesNotExist`.
    """
    return model._default_manager.select_for_update(no_key=True).get(pk=pk)


def only_one(name: int) -> bool:
    """Whether this transaction alone holds the advisory lock of that number; never waits. On SQLite it always does."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [name])
        return cursor.fetchone()[0]
