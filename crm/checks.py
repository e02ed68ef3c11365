"""System checks of what must never be switched off."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, Warning, register
from django.db import connection

from audit import keys
from records.search_index import has_fts5


@register()
def history_is_on(app_configs: Any, **kwargs: Any) -> list[Error]:
    """`SIMPLE_HISTORY_ENABLED=False` would silently stop all history."""
    if getattr(settings, "SIMPLE_HISTORY_ENABLED", True):
        return []
    return [Error("SIMPLE_HISTORY_ENABLED is off: changes would leave no trail.", id="redate.E001")]


@register()
def search_has_its_index(app_configs: Any, **kwargs: Any) -> list[Warning]:
    """SQLite may have been built without FTS5."""
    if connection.vendor != "sqlite" or has_fts5():
        return []
    return [Warning("SQLite has no FTS5 here: search reads every row.", id="redate.W001")]


@register(Tags.security, deploy=True)
def seals_have_a_key(app_configs: Any, **kwargs: Any) -> list[Warning]:
    """Without a key of its own an installation seals nothing."""
    if keys.usable(settings.SEAL_KEY):
        return []
    return [Warning(str(keys.NoKey()), hint="Until then nothing is sealed.", id="redate.W002")]
