"""The tables that the trail is merged from: a history table per tracked model, and the events."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from django.db import models
from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast
from django.utils.text import capfirst

from audit.displays import Display, display_of
from audit.fields import Readable
from audit.kept import tracked_models
from audit.models import Event
from audit.telling import GROUPS
from audit.tuples import Compared

from . import events

EVENT = "event"


class Ref(NamedTuple):
    """A row of the trail, by its place in the order: moment, source, id. `previous` is the row it changed."""

    at: dt.datetime
    slug: str
    pk: int
    previous: int | None = None

    @property
    def key(self) -> tuple[dt.datetime, str, int]:
        """What the trail is ordered by, downwards."""
        return self[:3]


@dataclass(frozen=True)
class Source:
    """One table. `slug` stands in addresses, `of` is the tracked model (None for events)."""

    slug: str
    model: type[models.Model]
    of: type[models.Model] | None
    at: str = "history_date"
    pk: str = "history_id"

    @property
    def label(self) -> str:
        """The label of the table's model, as seals name it."""
        return self.model._meta.label_lower

    @property
    def display(self) -> Display:
        """How rows of the tracked model are shown."""
        assert self.of is not None  # noqa: S101 events have none
        return display_of(self.of)

    @property
    def timed(self) -> bool:
        """Whether its rows have an entry time."""
        return self.of is not None and any(f.name == "entered_at" for f in self.of._meta.concrete_fields)

    def visible_to(self, viewer: Any) -> QuerySet:
        """Its rows that the viewer may see; those of no readable moment have no place in the order (see `verify`)."""
        rows = self.model._default_manager.filter(Readable(F(self.at)))
        return events.within(rows, viewer) if self.of is None else self.display.within(rows, viewer)

    def ordered(self, rows: QuerySet, backwards: bool = False) -> QuerySet:
        """Newest first, or the other way round."""
        sign = "" if backwards else "-"
        return rows.order_by(f"{sign}{self.at}", f"{sign}{self.pk}")

    def beyond(self, rows: QuerySet, key: tuple[dt.datetime, str, int] | None, backwards: bool = False) -> QuerySet:
        """Rows behind the key; where its table stands before or after this one, rows of the same moment too or not."""
        if key is None:
            return rows
        at, slug, pk = key
        sign = ">" if backwards else "<"
        if slug == self.slug:
            fields = [self.model._meta.get_field(name) for name in (self.at, self.pk)]
            values = [models.Value(v, output_field=f) for v, f in zip((at, pk), fields, strict=True)]
            return rows.filter(Compared([F(self.at), F(self.pk)], sign, values))
        ends = "gt" if backwards else "lt"
        same_too = (self.slug > slug) if backwards else (self.slug < slug)
        return rows.filter(Q(**{f"{self.at}__{ends}{'e' if same_too else ''}": at}))

    def first(self, rows: QuerySet, size: int, backwards: bool = False) -> QuerySet:
        """Moment, id, and the id of the row before, of the first `size` rows; no more than these are looked at."""
        if self.of is None:
            nothing = Cast(models.Value(None), models.BigIntegerField())
            return self.ordered(rows.annotate(earlier=nothing), backwards).values_list(self.at, self.pk, "earlier")[
                :size
            ]
        wanted = self.ordered(rows, backwards).values(self.pk)[:size]
        before = self.model._default_manager.filter(id=OuterRef("id"), history_id__lt=OuterRef("history_id"))
        dressed = self.model._default_manager.filter(history_id__in=wanted).annotate(
            earlier=Subquery(before.order_by("-history_id").values("history_id")[:1])
        )
        return self.ordered(dressed, backwards).values_list(self.at, self.pk, "earlier")

    def refs(self, rows: QuerySet, size: int) -> list[Ref]:
        """The newest `size` of the rows."""
        return [Ref(at, self.slug, pk, earlier) for at, pk, earlier in self.first(rows, size)]


@cache
def sources() -> dict[str, Source]:
    """All sources by slug, in the order of the slugs."""
    found = {str(of._meta.model_name): Source(str(of._meta.model_name), model, of) for model, of in _pairs()}
    found[EVENT] = Source(EVENT, Event, None, "at", "id")
    return dict(sorted(found.items()))


def _pairs() -> Iterator[tuple[type[models.Model], type[models.Model]]]:
    return ((history, model) for model, history in tracked_models())


def source_of(label: str) -> Source | None:
    """The source whose table's model has the label, as seals and findings name it."""
    return next((source for source in sources().values() if source.label == label.lower()), None)


def groups() -> dict[str, Any]:
    """What rows are filtered by as their type: tracked models and kinds of events, by a short name."""
    found: dict[str, Any] = {}
    for source in sources().values():
        if source.of is not None:
            found.setdefault(source.display.group, capfirst(str(source.display.group_name)))
    return found | {f"event-{name}": label for name, label in GROUPS.items()}
