"""Other sessions of a test's database on PostgreSQL that are inside a transaction: they hold what a test needs."""

from __future__ import annotations

import time
from typing import Any

_OTHERS = (
    "SELECT pid, concat_ws(' ', usename, state, wait_event_type, age(clock_timestamp(), xact_start), left(query, 300)) "
    "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND backend_type = 'client backend' AND xact_start IS NOT NULL"
)


def left_behind(connection: Any, patience: float) -> list[tuple[int, str]]:
    """Wait for them to end; those which stand after `patience` seconds: (pid, in words). On SQLite there are none."""
    if connection.vendor != "postgresql":
        return []
    until = time.monotonic() + patience
    with connection.cursor() as cursor:
        while True:
            cursor.execute(_OTHERS)
            found = cursor.fetchall()
            if not found or time.monotonic() > until:
                return found
            time.sleep(0.02)
