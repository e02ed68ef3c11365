"""What a check is given: the database as it stood at one moment, the seals, and what was purged by right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from django.db import connection, models

from audit.kept import tracked_models
from audit.models import Seal

from .purges import Purges, read_purges

AT_ONCE = 2_000  # rows fetched at a time


@dataclass
class Look:
    """One run over the database. `since` is the number of the first seal whose rows are hashed again (0: all).

    `newest` is the newest seal when the run began; later ones are left to the next run. `counted` is told of rows.
    """

    at: dt.datetime
    since: int = 0
    heads: Any = None
    counted: Callable[[int], None] = lambda rows: None
    facts: dict[str, Any] = field(default_factory=dict)
    _tables: frozenset[str] = frozenset()

    @cached_property
    def newest(self) -> Seal | None:
        """The newest seal."""
        return Seal.objects.order_by("-number").first()

    @cached_property
    def purges(self) -> Purges:
        """Rows that were taken out explicitly."""
        return read_purges()

    @property
    def vendor(self) -> str:
        """The kind of database."""
        return connection.vendor

    @property
    def differs(self) -> str:
        """The comparison that takes two NULLs for equal."""
        return "IS DISTINCT FROM" if connection.vendor == "postgresql" else "IS NOT"

    def stream(self, sql: str, params: Iterable[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """The rows of a query, never all of them at once."""
        for page in self.pages(sql, params):
            yield from page

    def pages(self, sql: str, params: Iterable[Any] = ()) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a query by pages, as they come from the database."""
        with connection.chunked_cursor() as cursor:
            cursor.execute(sql, list(params))
            while rows := cursor.fetchmany(AT_ONCE):
                yield rows


def quoted(name: str) -> str:
    """A name as SQL takes it."""
    return connection.ops.quote_name(name)


@cache
def histories() -> dict[type[models.Model], type[models.Model]]:
    """Every tracked model and its history model; asking simple-history each time is slow."""
    return dict(tracked_models())


@cache
def originals() -> dict[type[models.Model], type[models.Model]]:
    """Every history model and what it is the history of."""
    return {history: model for model, history in histories().items()}


def is_record(model: type[models.Model]) -> bool:
    """Whether the tracked model is a record: it has an entry time."""
    return any(field.name == "entered_at" for field in model._meta.local_fields)


def about(model: type[models.Model], pk: Any) -> dict[str, Any]:
    """`record_type` and `record_id` of a Found about a row of the tracked model, where that is a record."""
    if pk is None or not is_record(model):
        return {}
    return {"record_type": model._meta.model_name, "record_id": pk}
