"""Findings as a page of a list, by key, newest first; each with its words and the record it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse

from audit.displays import display_of
from audit.models import Finding

from .about import record_model
from .telling import tellers

SIZE, COUNTED = 25, 1_000
STATES = ("open", "explained", "gone")


@dataclass(frozen=True)
class Shown:
    """A finding as people read it. `record` is None where there is none, or none that the viewer may see."""

    finding: Finding
    record: Any = None

    @property
    def state(self) -> str:
        """open, explained or gone."""
        if self.finding.explained_at is not None:
            return "explained"
        return "gone" if self.finding.gone_at is not None else "open"

    @property
    def headline(self) -> str:
        """What was found."""
        teller = tellers().get(self.finding.source)
        return teller.sentence(self.finding.code, self._facts) if teller else self.finding.code

    @property
    def details(self) -> str:
        """What more is known of it."""
        teller = tellers().get(self.finding.source)
        return teller.details(self.finding.code, self._facts) if teller else ""

    @property
    def what_to_do(self) -> str:
        """What to do about it."""
        teller = tellers().get(self.finding.source)
        return teller.what_to_do(self.finding.code) if teller else ""

    @property
    def _facts(self) -> dict[str, Any]:
        return self.finding.facts

    @property
    def hidden(self) -> bool:
        """Whether it is about a record that the viewer may not see, or that is gone."""
        return self.finding.record_id is not None and self.record is None

    @property
    def history(self) -> str:
        """The address of the record's history."""
        try:
            return reverse(self.record.page("history"), args=[self.record.pk])
        except (AttributeError, NoReverseMatch):
            return ""


@dataclass(frozen=True)
class Page:
    """Rows newest first; `newer` and `older` are ids to go on from, 0 at an end. `total` stops at COUNTED + 1."""

    rows: list[Shown]
    newer: int
    older: int
    total: int


def rows_of(state: str) -> QuerySet:
    """The findings of a state: what is gone and was explained before counts as explained."""
    found = Finding.objects.all()
    if state == "explained":
        return found.filter(explained_at__isnull=False)
    found = found.filter(explained_at__isnull=True)
    return found.filter(gone_at__isnull=state == "open")


def page(state: str, viewer: Any, *, after: int = 0, before: int = 0) -> Page:
    """The page of older findings than `after`, or of newer ones than `before`, or the first."""
    rows = rows_of(state)
    if before:
        found = list(rows.filter(pk__gt=before).order_by("pk")[: SIZE + 1])
        more, found = len(found) > SIZE, found[:SIZE][::-1]
        newer, older = more, True
    else:
        found = list((rows.filter(pk__lt=after) if after else rows).order_by("-pk")[: SIZE + 1])
        newer, older = bool(after), len(found) > SIZE
        found = found[:SIZE]
    return Page(
        rows=shown(found, viewer),
        newer=found[0].pk if newer and found else 0,
        older=found[-1].pk if older and found else 0,
        total=rows.order_by()[: COUNTED + 1].count(),
    )


def shown(found: list[Finding], viewer: Any) -> list[Shown]:
    """The findings with the records that the viewer may see; one query per type."""
    wanted: dict[str, set[int]] = {}
    for each in found:
        if each.record_type and each.record_id is not None:
            wanted.setdefault(each.record_type, set()).add(each.record_id)
    records = {}
    for name, ids in wanted.items():
        for record in visible(name, viewer, ids):
            records[name, record.pk] = record
    return [Shown(each, records.get((each.record_type, each.record_id))) for each in found]


def visible(name: str, viewer: Any, ids: set[int]) -> list[Any]:
    """Those records of the type that the viewer may see."""
    model = record_model(name)
    if model is None:
        return []
    try:
        return list(display_of(model).visible_to(viewer).filter(pk__in=ids))
    except KeyError:
        return []
