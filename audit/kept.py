"""Tables whose rows are never changed: history tables, and the few others that say so with `keep`."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.db import models

_kept: dict[type[models.Model], bool] = {}


def keep(model: type[models.Model], *, sealed: bool) -> None:
    """Say that rows of `model` are append-only (by trigger), and whether seals hold them."""
    _kept[model] = sealed


def kept_models() -> Iterator[type[models.Model]]:
    """The append-only tables besides the history tables."""
    yield from _kept


def tracked_models() -> Iterator[tuple[type[models.Model], type[models.Model]]]:
    """Every model with history, and its history model."""
    for model in apps.get_models():
        manager = getattr(model._meta, "simple_history_manager_attribute", None)
        if manager:
            yield model, getattr(model, manager).model


def sealed_models() -> list[type[models.Model]]:
    """Every table whose rows are sealed, in the order of their labels."""
    found = [history for _, history in tracked_models()] + [model for model, sealed in _kept.items() if sealed]
    return sorted(found, key=lambda model: model._meta.label_lower)
