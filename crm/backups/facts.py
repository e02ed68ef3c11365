"""What a database holds, in a few figures, by SQL that both databases read: it is asked of copies, and of snapshots."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any

from django.apps import apps

from audit.kept import sealed_models
from records.models.record import Record

Ask = Callable[[str], list[tuple[Any, ...]]]


def record_tables() -> list[str]:
    """The tables of records."""
    return sorted(model._meta.db_table for model in apps.get_models() if issubclass(model, Record))


def trail_tables() -> list[str]:
    """The tables whose rows are the trail."""
    return sorted(model._meta.db_table for model in sealed_models())


def read(ask: Ask, records: Iterable[str], history: Iterable[str]) -> dict[str, Any]:
    """Rows of the tables, migrations, the last seal, and which installation it is. `ask` runs one statement."""
    there = {"records": _count(ask, records), "history": _count(ask, history)}
    migrations = ask("SELECT app, name, applied FROM django_migrations ORDER BY id")
    seal = ask("SELECT number, head FROM audit_seal ORDER BY number DESC LIMIT 1")
    return {
        **there,
        "migrations": [[app, name] for app, name, _applied in migrations],
        "seal": [int(seal[0][0]), str(seal[0][1])] if seal else None,
        "installation": _installation(migrations[0][2]),
    }


def _count(ask: Ask, tables: Iterable[str]) -> dict[str, int]:
    return {table: int(ask(f"SELECT count(*) FROM {table}")[0][0]) for table in tables}


def _installation(first: Any) -> str:
    """A name that no two installations share, and that moves with the data: of the moment its first table was made."""
    digits = "".join(each for each in str(first).split("+")[0] if each.isdigit())
    return sha256(digits.ljust(20, "0").encode()).hexdigest()[:16]
