"""One row of the trail, whole: before and after, who, why, what allowed it, how it came in, its seal."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from audit.displays import above, display_of, label_of
from audit.models import Seal, SealLeaf
from audit.presenters import value_of
from audit.proofs import proof_of
from audit.trail import Row
from audit.words import in_a_row

from .lines import Line, lines
from .names import Names
from .sources import Ref, Source, sources


@dataclass(frozen=True)
class Fact:
    """A field of the whole row: both values as people read them, and whether they differ."""

    label: str
    before: Any
    after: Any
    changed: bool


@dataclass(frozen=True)
class Sealed:
    """The seal that holds the row, and the row's place in it, counted from 1."""

    seal: Seal
    position: int
    leaf: str


@dataclass(frozen=True)
class Detail:
    """A row of the trail. `facts` are all fields that the viewer may see, oldest knowledge beside the new."""

    line: Line
    source: Source
    ref: Ref
    viewer: Any
    before: dict[str, Any] | None = None
    facts: list[Fact] = field(default_factory=list)

    @property
    def is_event(self) -> bool:
        """Whether it is an event, which has no row before or after."""
        return self.source.of is None

    @property
    def has_before(self) -> bool:
        """Whether there was a row before this one."""
        return self.before is not None

    @property
    def is_first(self) -> bool:
        """Whether the row was made, not changed."""
        return self._value("history_type") == "+"

    @property
    def number(self) -> str:
        """The number of the record, where it has one."""
        return str(self._value("number") or "")

    def _value(self, name: str) -> Any:
        return self.line.values.get(name)

    @property
    def title(self) -> str:
        """What happened, as a heading."""
        if self.line.moved:
            return _("Entry time changed")
        if self.is_event or self.line.values.get("history_type") != "~" or not self.line.changes:
            return self.line.what
        return _("%(field)s changed") % {"field": self.line.what}

    @cached_property
    def roles(self) -> str:
        """The roles of who did it, at that time."""
        return in_a_row(above.roles(str(self._value("actor_role") or "").split(",")))

    @cached_property
    def allowed(self) -> list[str]:
        """What allowed a change of the entry time."""
        return above.allowed(self.source.of, self.line.values) if self.line.moved and self.source.of else []

    @property
    def acknowledged(self) -> list[str]:
        """Warnings that were answered with yes."""
        return [above.warning(code) for code in str(self._value("acknowledged") or "").split(",") if code]

    @property
    def told_proof(self) -> str:
        """What proves it, in words."""
        return above.proof(str(self._value("proof") or ""))

    @property
    def is_sql(self) -> bool:
        """Whether it was written past Redate, straight into the database."""
        return self.line.channel == "sql"

    @property
    def request(self) -> tuple[int, str] | None:
        """The id of the request that it came from, and its page."""
        return _linked("records:request_detail", self._value("time_request_id"))

    @property
    def batch(self) -> tuple[int, str] | None:
        """The batch it belongs to, and its page where there is one."""
        return _linked("records:batch_detail", self._value("batch"))

    @property
    def undoes(self) -> str:
        """The page of the row that this one takes back."""
        pk = self._value("undoes")
        return reverse("audit:trail_row", args=[self.source.slug, pk]) if pk else ""

    @property
    def as_it_was(self) -> str:
        """The page that shows the whole row to read."""
        return "" if self.is_event else reverse("audit:trail_as_it_was", args=[self.source.slug, self.line.pk])

    @cached_property
    def sealed(self) -> Sealed | None:
        """The seal that holds the row; None until the next one is made."""
        leaf = SealLeaf.objects.filter(kind=self.source.label, row_id=self.line.pk).first()
        seal = Seal.objects.filter(number=leaf.seal).first() if leaf else None
        return Sealed(seal, leaf.position + 1, bytes(leaf.leaf).hex()) if leaf and seal else None

    @cached_property
    def proof(self) -> bool | None:
        """Whether the stored leaf leads to the root of its seal; None where no seal holds it."""
        found = proof_of(self.source.label, self.line.pk) if self.sealed else None
        return found.holds if found else None

    @property
    def previous(self) -> str:
        """The page of the row before."""
        return reverse("audit:trail_row", args=[self.source.slug, self.ref.previous]) if self.ref.previous else ""

    @property
    def brought_in(self) -> tuple[dt.datetime, str] | None:
        """When and by whom it was brought in from another system."""
        at = self._value("brought_in_at")
        return (at, str(self._value("brought_in_by"))) if at else None


def _linked(name: str, pk: int | None) -> tuple[int, str] | None:
    if pk is None:
        return None
    try:
        return pk, reverse(name, args=[pk])
    except NoReverseMatch:
        return pk, ""


def detail(slug: str, pk: int, viewer: Any) -> Detail | None:
    """The row of that source and id; None where there is none, or none that the viewer may see."""
    source = sources().get(slug)
    if source is None or pk >= 2**63:
        return None
    refs = source.refs(source.visible_to(viewer).filter(pk=pk), 1)
    shown = lines(refs, viewer)
    if not shown:
        return None
    if source.of is None:
        return Detail(shown[0], source, refs[0], viewer, facts=_of_event(shown[0]))
    if not shown[0].values:  # it holds what cannot be read
        return Detail(shown[0], source, refs[0], viewer)
    before = source.model._default_manager.filter(pk=refs[0].previous).values().first() if refs[0].previous else None
    return Detail(shown[0], source, refs[0], viewer, before, _facts(source, shown[0].values, before, viewer))


def _facts(source: Source, values: dict[str, Any], before: dict[str, Any] | None, viewer: Any) -> list[Fact]:
    """All fields the viewer may see, named; those that changed first."""
    model = source.of
    assert model is not None  # noqa: S101 events have facts of their own
    names = Names(viewer)
    names.want(source, [row for row in (values, before) if row])
    names.read()
    row = Row(names.give(source, values), names.give(source, before) if before else None)
    facts = [
        Fact(
            label=label_of(model, name),
            before=value_of(model, name, row.before) if row.before else None,
            after=value_of(model, name, row.values),
            changed=row.before is not None and row.before[name] != row.values[name],
        )
        for name in display_of(model).fields_for(viewer)
    ]
    return sorted(facts, key=lambda fact: not fact.changed)


def _of_event(line: Line) -> list[Fact]:
    return [Fact(each.label, each.before, each.after, changed=True) for each in line.changes if each.label]
