"""Whether a backup fits this code and this database."""

from __future__ import annotations

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from .errors import CannotRestore
from .manifest import VENDORS, Manifest


def make_sure(manifest: Manifest) -> None:
    """Raise CannotRestore for a backup of the other database, or of a schema that this code does not know."""
    here = connection.vendor
    if manifest.vendor != here:
        raise CannotRestore(
            f"This is a backup of {VENDORS[manifest.vendor]}, and the database here is {VENDORS[here]}. "
            "Set DATABASE_URL to a database of that kind."
        )
    unknown = sorted(manifest.migrations - _known())
    if unknown:
        app, name = unknown[-1]
        raise CannotRestore(
            f"A newer Redate ({manifest.redate}) made this backup: its schema, {app} {name}, is not known here. "
            "Install that one, then restore."
        )


def is_older() -> bool:
    """Whether migrations are to be applied to the database that is looked at."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _known() -> set[tuple[str, str]]:
    """The migrations of this code, and those that they replaced."""
    there = MigrationLoader(None).disk_migrations
    return set(there).union(*(migration.replaces for migration in there.values()))
