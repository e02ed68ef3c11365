"""How rows of a tracked model are shown: to whom, which fields, under which names. Models say so once, with `track`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils.text import capfirst

Named = Mapping[str, tuple[models.QuerySet, str]]
Values = Mapping[str, Any]
Subject = tuple[type[models.Model], int]


def _unknown_title(values: Values) -> str:
    return ""


@dataclass(frozen=True)
class Display:
    """`visible_to(viewer)` the rows they may see; `fields_for(viewer)` attnames in order; `url(row)` its page.

    `names(viewer)` maps a foreign key's attname to (rows whose name the viewer may know, the column of the name).
    `within(rows, viewer)` leaves the history rows that the viewer may see; `title(values)` names a row, `about(values)`
    is the model and id of what it is about, and `concerning(rows, model, ids)` leaves the rows about these. `labels`
    and `words` name fields, and what their stored values mean; `says` names "+" and "-"; `head` is the field whose
    value tells most of a new row. Types of one `group` are one choice of a filter. Rows of a `personal` one
    hold details of people outside, which are not handed on with what they are about.
    """

    visible_to: Callable[[Any], models.QuerySet]
    fields_for: Callable[[Any], list[str]]
    url: Callable[[Any], str]
    names: Callable[[Any], Named]
    within: Callable[[models.QuerySet, Any], models.QuerySet]
    title: Callable[[Values], str]
    about: Callable[[Values], Subject | None]
    concerning: Callable[[models.QuerySet, type[models.Model], list[int]], models.QuerySet | None]
    labels: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)
    says: Mapping[str, Any] = field(default_factory=dict)
    head: tuple[str, ...] = ()
    group: str = ""
    group_name: Any = ""
    personal: bool = False


_displays: dict[type[models.Model], Display] = {}


def track(
    model: type[models.Model],
    *,
    visible_to: Callable[[Any], models.QuerySet],
    fields_for: Callable[[Any], list[str]],
    url: Callable[[Any], str],
    names: Callable[[Any], Named] = lambda viewer: {},
    within: Callable[[models.QuerySet, Any], models.QuerySet] = lambda rows, viewer: rows,
    title: Callable[[Values], str] = _unknown_title,
    about: Callable[[Values], Subject | None] = lambda values: None,
    concerning: Callable[[models.QuerySet, Any, list[int]], models.QuerySet | None] = lambda rows, model, ids: None,
    group: str = "",
    group_name: Any = "",
    **more: Any,
) -> None:
    """Say how the history of `model` is shown; `more` are the other fields of Display."""
    group, group_name = group or str(model._meta.model_name), group_name or model._meta.verbose_name
    _displays[model] = Display(
        visible_to=visible_to,
        fields_for=fields_for,
        url=url,
        names=names,
        within=within,
        title=title,
        about=about,
        concerning=concerning,
        group=group,
        group_name=group_name,
        **more,
    )


def display_of(model: type[models.Model]) -> Display:
    """The display of a tracked model. Raises KeyError for one that was never given to `track`."""
    return _displays[model]


def label_of(model: type[models.Model], name: str) -> str:
    """What people call a field, with a capital."""
    own = _displays[model].labels.get(name) if model in _displays else None
    return capfirst(str(own or model._meta.get_field(name.removesuffix("_id")).verbose_name))


# ---- what rows of any model are called ----


@dataclass(frozen=True)
class Called:
    """`rows(viewer)` whose name the viewer may know, the `column` of it, `url(pk)` the page."""

    rows: Callable[[Any], models.QuerySet]
    column: str
    url: Callable[[int], str]


_called: dict[type[models.Model], Called] = {}


def call(
    model: type[models.Model],
    *,
    rows: Callable[[Any], models.QuerySet],
    column: str,
    url: Callable[[int], str] = lambda pk: "",
) -> None:
    """Say how rows of `model` are called wherever the trail speaks of them."""
    _called[model] = Called(rows, column, url)


def called(model: type[models.Model]) -> Called | None:
    """How rows of the model are called; None where nobody said so."""
    return _called.get(model)


# ---- what only the rooms above know ----


@dataclass
class Above:
    """What the rooms above tell the trail, each given once when the apps are ready.

    `reasons()` names reasons by code, `people()` everybody; `find(viewer, words)` gives ids of records by model;
    `allowed(model, values)` says what allowed a change, a line each; `warning(code)`, `proof(text)` and `roles(keys)`
    say what these mean.
    """

    reasons: Callable[[], Mapping[str, str]] = dict
    find: Callable[[Any, str], Mapping[type[models.Model], list[int]]] = lambda viewer, words: {}
    people: Callable[[], list[tuple[int, str]]] = list
    allowed: Callable[[type[models.Model], Values], list[str]] = lambda model, values: []
    warning: Callable[[str], str] = str
    proof: Callable[[str], str] = str
    roles: Callable[[Iterable[str]], list[str]] = list


above = Above()
