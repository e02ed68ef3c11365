"""Django's flush, which empties append-only tables too: tests call it by name between transactions."""

from __future__ import annotations

import warnings
from typing import Any

from django.core.management.commands.flush import Command as Flush
from django.db import connections

from audit.triggers import APP_DELETE, MAINTENANCE, switched_on
from tests.sessions import left_behind

PATIENCE = 5  # seconds for other sessions to end their transactions


class Command(Flush):
    """As Django's, with both switches on. A session left in a transaction is told of and ended.

    It would keep every later test from its tables.
    """

    def handle(self, **options: Any) -> None:
        """Empty every table."""
        connection = connections[options["database"]]
        for pid, told in left_behind(connection, PATIENCE):
            warnings.warn(f"Left behind by this test or one before it: {told}", stacklevel=2)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        with switched_on(MAINTENANCE, APP_DELETE, using=options["database"]):
            super().handle(**options)
