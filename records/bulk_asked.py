"""Requests that a bulk change made as one, as lists and their own page show them: as many as the viewer may see."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.functional import cached_property

from .bulk_words import what_of
from .deciders import DECIDE, seen_by, waiting_for
from .keyset import COUNTED, Counted
from .models import RECORDS, BulkChange, TimeRequest
from .models.access import person
from .models.time_request import waits


class AsOne:
    """The requests of one bulk change, for one person: on records they may see, or all where they asked."""

    def __init__(self, bulk: BulkChange, user: Any, at: dt.datetime) -> None:
        self.bulk, self.user, self.at = bulk, user, at
        self.decides = DECIDE in person(user).permissions
        self.is_mine = bulk.by_id == user.pk

    def _rows(self) -> QuerySet:
        rows = TimeRequest.objects.all() if self.is_mine else seen_by(self.user, self.at)
        return rows.filter(bulk=self.bulk.pk)

    @cached_property
    def total(self) -> int:
        """How many there are."""
        return self._rows().count()

    @property
    def exists(self) -> bool:
        """Whether there is anything that the person may know."""
        may = self.is_mine or self.decides or "view_trail" in person(self.user).permissions
        return may and self.total > 0

    @cached_property
    def waiting(self) -> int:
        """How many wait for an answer."""
        return self._rows().filter(waits(self.at)).count()

    @cached_property
    def for_viewer(self) -> int:
        """How many of them this person may answer."""
        return waiting_for(self.user, self.at).filter(bulk=self.bulk.pk).count()

    @property
    def may_answer(self) -> bool:
        """Whether the form is shown; each request is judged by itself."""
        return self.for_viewer > 0

    def first(self, number: int) -> list[TimeRequest]:
        """The first of them, those that wait before the others."""
        rows = self._rows().select_related("asked_by", "answered_by").order_by("pk")
        found = list(rows.filter(waits(self.at))[:number])
        return found + list(rows.exclude(waits(self.at))[: number - len(found)])

    @property
    def types(self) -> str:
        """The type of the records, in the plural."""
        return str(RECORDS[self.bulk.record_type]._meta.verbose_name_plural)


@dataclass(frozen=True)
class Many:
    """What the card of a bulk request says beside its newest request: how many, of what, what is asked."""

    number: int
    types: str
    what: str

    @property
    def uncounted(self) -> bool:
        """Whether there are more than were counted."""
        return self.number > COUNTED

    @property
    def most(self) -> int:
        """How many were counted."""
        return COUNTED


def folded(rows: QuerySet) -> QuerySet:
    """The rows, but of each bulk change only the newest: `rows` are what a person may see, under their filters."""
    newest = rows.filter(bulk=OuterRef("pk")).order_by("-id").values("pk")[:1]
    asked = TimeRequest.objects.filter(bulk__isnull=False).order_by().values("bulk")
    heads = BulkChange.objects.filter(pk__in=asked).annotate(head=Subquery(newest)).filter(head__isnull=False)
    return rows.filter(Q(bulk__isnull=True) | Q(pk__in=heads.values("head")))


def with_number(rows: QuerySet, of: QuerySet) -> QuerySet:
    """`rows` with `of_bulk`: how many of the bulk change there are in `of`, counted no further than COUNTED + 1."""
    return rows.annotate(of_bulk=Counted(of.filter(bulk=OuterRef("bulk")), COUNTED))


def many_of(requests: list[TimeRequest], zone: dt.tzinfo) -> dict[int, Many]:
    """By bulk change what its card says, of rows read by `with_number`. One query."""
    bulks = BulkChange.objects.in_bulk({request.bulk for request in requests if request.bulk is not None})
    found = {}
    for request in requests:
        bulk = bulks.get(request.bulk or 0)
        if bulk is not None:
            types = str(RECORDS[bulk.record_type]._meta.verbose_name_plural)
            found[bulk.pk] = Many(request.of_bulk, types, what_of(bulk, zone))  # type: ignore[attr-defined]
    return found
