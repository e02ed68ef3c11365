"""Looking at another database of the same kind through Django's own connection, for a block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection

from records.models.access import forget_permission_ids

from .facts import Ask


@contextmanager
def looking_at(name: Any) -> Iterator[None]:
    """The default connection of this thread leads to the database of that name; back again after it."""
    before = connection.settings_dict
    connection.close()
    connection.settings_dict = before | {"NAME": name}
    forget()
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict = before
        forget()


def forget() -> None:
    """Ids that are remembered of one database mean nothing in another."""
    ContentType.objects.clear_cache()
    forget_permission_ids()


def asker() -> Ask:
    """Asks the database that is looked at."""

    def ask(sql: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    return ask
