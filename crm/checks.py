"""System checks of what must never be switched off."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import Error, register


@register()
def history_is_on(app_configs: Any, **kwargs: Any) -> list[Error]:
    """`SIMPLE_HISTORY_ENABLED=False` would silently stop all history."""
    if getattr(settings, "SIMPLE_HISTORY_ENABLED", True):
        return []
    return [Error("SIMPLE_HISTORY_ENABLED is off: changes would leave no trail.", id="redate.E001")]
