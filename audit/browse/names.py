"""What rows of a page speak of, by name: one query per model, and only names that the viewer may know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import QuerySet

from audit.displays import Subject, called, display_of

from .sources import Source


class Names:
    """Collects what must be named, then reads it all at once."""

    def __init__(self, viewer: Any) -> None:
        self.viewer = viewer
        self._keys: dict[Source, dict[str, tuple[Any, str]]] = {}
        self._rows: dict[tuple[Any, str], QuerySet] = {}
        self._ids: dict[tuple[Any, str], set[int]] = defaultdict(set)
        self._found: dict[tuple[Any, str], dict[int, str]] = {}

    def want(self, source: Source, rows: Iterable[dict[str, Any]]) -> None:
        """The foreign keys of history rows."""
        if source.of is None:
            return
        keys = self._keys.setdefault(source, {})
        for attname, (known, column) in display_of(source.of).names(self.viewer).items():
            keys[attname] = self._list(known, column)
        for row in rows:
            for attname, key in keys.items():
                if row[attname] is not None:
                    self._ids[key].add(row[attname])

    def want_subject(self, subject: Subject | None) -> None:
        """What a row is about."""
        name = called(subject[0]) if subject else None
        if subject and name:
            self._ids[self._list(name.rows(self.viewer), name.column)].add(subject[1])

    def _list(self, rows: QuerySet, column: str) -> tuple[Any, str]:
        key = (rows.model, column)
        self._rows.setdefault(key, rows)
        return key

    def read(self) -> None:
        """One query per model of which something is wanted."""
        for key, ids in self._ids.items():
            if ids:
                found = self._rows[key].filter(pk__in=ids).order_by().values_list("pk", key[1])
                self._found[key] = {pk: str(name) for pk, name in found}

    def give(self, source: Source, row: dict[str, Any]) -> dict[str, Any]:
        """The row with `…_name` beside each foreign key."""
        keys = self._keys.get(source, {})
        return row | {f"{name}_name": self._found.get(key, {}).get(row[name]) for name, key in keys.items()}

    def of(self, subject: Subject | None) -> str:
        """The name of what a row is about; "" where it has none, or none that the viewer may know."""
        name = called(subject[0]) if subject else None
        if not subject or not name:
            return ""
        return self._found.get((name.rows(self.viewer).model, name.column), {}).get(subject[1], "")


def address_of(subject: Subject | None) -> str:
    """The page of what a row is about, or ""."""
    name = called(subject[0]) if subject else None
    return name.url(subject[1]) if subject and name else ""


def type_of(model: type[models.Model]) -> str:
    """The type in words, inside a line."""
    return str(model._meta.verbose_name)
