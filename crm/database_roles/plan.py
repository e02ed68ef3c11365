"""Which rights the application's role needs on which table. What is not named here it has none on."""

from __future__ import annotations

from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db.migrations.recorder import MigrationRecorder

from audit.kept import kept_models, tracked_models
from records.models import GRANTS, PeriodException, Window

READ = ("SELECT",)
ADD = ("SELECT", "INSERT")
STAND = ("SELECT", "INSERT", "UPDATE")
ALL = ("SELECT", "INSERT", "UPDATE", "DELETE")
SEQUENCE = ("USAGE", "SELECT")  # to number rows; pg_dump reads where they stand
NEW_TABLES = ADD  # until the next `database_roles --apply`


def rights() -> dict[str, tuple[str, ...]]:
    """Table → rights. No UPDATE or DELETE of what is append-only, no DELETE of tracked rows that nobody deletes."""
    found = {model._meta.db_table: ALL for model in apps.get_models(include_auto_created=True) if model._meta.managed}
    found |= dict.fromkeys(_cache_tables(), ALL)
    found |= {model._meta.db_table: STAND for model, _history in tracked_models() if model not in _deletable()}
    found |= {history._meta.db_table: ADD for _model, history in tracked_models()}
    found |= {model._meta.db_table: ADD for model in kept_models()}
    return found | {model._meta.db_table: READ for model in _read_only()}


def appended() -> set[str]:
    """The tables that are only ever added to."""
    return {table for table, allowed in rights().items() if allowed == ADD}


def _deletable() -> set[type]:
    """Tracked rows that are taken away in the course of things; their history keeps a '-' row."""
    return {model for pair in GRANTS.values() for model in pair} | {PeriodException, Window}


def _read_only() -> list[type]:
    """Filled by migrations, or used by nobody: guardian's own tables and the log of Django's admin."""
    guardian = apps.get_app_config("guardian").get_models()
    return [MigrationRecorder.Migration, ContentType, Permission, LogEntry, *guardian]


def _cache_tables() -> list[str]:
    caches = settings.CACHES.values()
    return [each["LOCATION"] for each in caches if each["BACKEND"].endswith("DatabaseCache")]
