"""How rows of a tracked model are shown: to whom, which fields, under which names. Models say so once, with `track`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

Named = Mapping[str, tuple[models.QuerySet, str]]


@dataclass(frozen=True)
class Display:
    """`visible_to(viewer)` the rows they may see; `fields_for(viewer)` attnames in order; `url(row)` its page.

    `names(viewer)` maps a foreign key's attname to (rows whose name the viewer may know, the column of the name).
    """

    visible_to: Callable[[Any], models.QuerySet]
    fields_for: Callable[[Any], list[str]]
    url: Callable[[Any], str]
    names: Callable[[Any], Named]


_displays: dict[type[models.Model], Display] = {}


def track(
    model: type[models.Model],
    *,
    visible_to: Callable[[Any], models.QuerySet],
    fields_for: Callable[[Any], list[str]],
    url: Callable[[Any], str],
    names: Callable[[Any], Named] = lambda viewer: {},
) -> None:
    """Say how the history of `model` is shown."""
    _displays[model] = Display(visible_to, fields_for, url, names)


def display_of(model: type[models.Model]) -> Display:
    """The display of a tracked model. Raises KeyError for one that was never given to `track`."""
    return _displays[model]
