"""From rows of the trail to lines that people read: what, which field, from what to what, who, why, sealed or not."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from audit.displays import Subject, above, display_of
from audit.models import SealLeaf
from audit.presenters import Change, actor, changes_of, channels, sentence_of, system_reasons, value_of
from audit.telling import GROUPS, Concern, Facts, told
from audit.trail import Row

from . import events
from .names import Names, address_of
from .sources import Ref, Source, source_of, sources

UNREADABLE = 300  # letters that are shown of an event that no teller can read


@dataclass(frozen=True)
class Line:
    """One row of the trail, in the reader's language.

    `change` is the first field that changed and `more` how many others did. Where the entry time moved, `before` and
    `after` are its times; of a new record `after` alone. `subject` is what the row is about, `seal` its seal's number.
    `concerns` is the row that an event speaks of.
    """

    slug: str
    pk: int
    at: dt.datetime
    label: str
    type_name: str
    title: str
    what: str
    actor: str
    channel: str
    channel_name: str
    subject: Subject | None = None
    changes: tuple[Change, ...] = ()
    before: dt.datetime | None = None
    after: dt.datetime | None = None
    moved: bool = False
    reason: str = ""
    words: str = ""
    batch: int | None = None
    remote_addr: str | None = None
    seal: int | None = None
    concerns: Concern | None = None
    values: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def change(self) -> Change | None:
        """What is shown of the fields: nothing where the entry time moved."""
        return self.changes[0] if self.changes and not self.moved else None

    @property
    def more(self) -> int:
        """How many further fields changed."""
        return len(self.changes) - (0 if self.moved else min(1, len(self.changes)))

    @property
    def address(self) -> str:
        """The page of the row."""
        return reverse("audit:trail_row", args=[self.slug, self.pk])

    @property
    def concerned(self) -> str:
        """The row that an event speaks of, as addresses and files name it; "" where there is none."""
        source = source_of(self.concerns.kind) if self.concerns else None
        return f"{source.slug}/{self.concerns.row_id}" if source and self.concerns else ""

    @property
    def concerned_address(self) -> str:
        """The page of that row, or ""."""
        slug, _slash, pk = self.concerned.partition("/")
        return reverse("audit:trail_row", args=[slug, int(pk)]) if pk else ""

    @property
    def subject_address(self) -> str:
        """The page of what it is about, or ""."""
        return address_of(self.subject) if self.title else ""


def lines(refs: list[Ref], viewer: Any) -> list[Line]:
    """The rows as lines, in their order: one query per table shown, per model named, and one for the seals."""
    rows = _read(refs)
    names = Names(viewer)
    for source, found in rows.items():
        names.want(source, found.values())
        for values in found.values():
            names.want_subject(_subject(source, values))
    names.read()
    reasons = dict(system_reasons()) | dict(above.reasons())
    shown: list[Line] = []
    read = _read_for(values for source, found in rows.items() if source.of is None for values in found.values())
    for ref in refs:
        source = sources()[ref.slug]
        values = rows[source].get(ref.pk)
        if values is None:
            shown.append(_unreadable(source, ref))
        else:
            before = rows[source].get(ref.previous) if ref.previous else None
            shown.append(_line(source, ref, values, before, names, reasons, viewer, read))
    return _with_seals(shown)


def _read(refs: Iterable[Ref]) -> dict[Source, dict[int, dict[str, Any]]]:
    """The rows and those before them, whole, by source and id."""
    wanted: dict[Source, set[int]] = defaultdict(set)
    for ref in refs:
        wanted[sources()[ref.slug]] |= {pk for pk in (ref.pk, ref.previous) if pk is not None}
    return {source: _rows(source, ids) for source, ids in wanted.items()}


def _rows(source: Source, ids: set[int]) -> dict[int, dict[str, Any]]:
    """Rows by id; where one holds what no column of its kind can, all but such ones."""
    rows = source.model._default_manager.all()
    try:
        return {row[source.pk]: row for row in rows.filter(pk__in=ids).values()}
    except (ArithmeticError, ValueError):
        return {pk: row for pk in ids if (row := _readable(rows.filter(pk=pk)))}


def _readable(rows: Any) -> dict[str, Any] | None:
    try:
        return rows.values().first()
    except (ArithmeticError, ValueError):
        return None


def _unreadable(source: Source, ref: Ref) -> Line:
    """A row with a value that cannot be read, put in past Redate."""
    name = source.display.group_name if source.of else GROUPS["other"]
    what, actor = _("Cannot be read: verify the trail"), _("Database user %(name)s") % {"name": "?"}
    facts = {"what": what, "actor": actor, "channel": "sql", "channel_name": channel_name("sql")}
    return Line(ref.slug, ref.pk, ref.at, source.label, type_name=str(capfirst(name)), title="", **facts)


def _read_for(events: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """By kind what the events of it ask for, to be told."""
    facts: dict[str, list[Facts]] = defaultdict(list)
    for values in events:
        facts[values["kind"]].append(_facts(values))
    return {kind: told(kind).reads(each) for kind, each in facts.items()}


def _said(values: dict[str, Any], known: Any) -> tuple[Any, str, Concern | None]:
    """What an event says, in which words, of which row. One put in past Redate may hold anything: it is told as is."""
    kind, facts = told(values["kind"]), _facts(values)
    try:
        return kind.tells(facts, known), kind.words(facts, known), kind.concerns(facts, known)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return json.dumps(values["what"], ensure_ascii=False)[:UNREADABLE], "", None


def _facts(values: dict[str, Any]) -> Facts:
    """What an event says; nothing where something else than facts was put in past Redate."""
    return values["what"] if isinstance(values["what"], dict) else {}


def _subject(source: Source, values: dict[str, Any]) -> Subject | None:
    return events.subject(values) if source.of is None else source.display.about(values)


def _line(
    source: Source,
    ref: Ref,
    values: Any,
    before: Any,
    names: Names,
    reasons: dict[str, str],
    viewer: Any,
    read: dict[str, Any],
) -> Line:
    subject = _subject(source, values)
    common = {
        "slug": ref.slug,
        "pk": ref.pk,
        "at": ref.at,
        "label": source.label,
        "subject": subject,
        "title": names.of(subject),
        "channel": values["channel"],
        "channel_name": channel_name(values["channel"]),
        "remote_addr": values["remote_addr"],
    }
    if source.of is None:
        return _of_event(values, common, read)
    row = Row(names.give(source, values), names.give(source, before) if before else None)
    return _of_history(source, row, common, reasons, viewer)


def _of_event(values: dict[str, Any], common: dict[str, Any], read: dict[str, Any]) -> Line:
    kind = told(values["kind"])
    said, words, concerns = _said(values, read[values["kind"]])
    changes = [Change("", None, said)] if isinstance(said, str) and said else [Change(*each) for each in said or ()]
    return Line(
        **common,
        type_name=str(GROUPS[kind.group]),
        what=str(kind.name),
        actor=values["actor_name"] or _("System"),
        changes=tuple(changes),
        words=words,
        concerns=concerns,
        values=values,
    )


def _of_history(source: Source, row: Row, common: dict[str, Any], reasons: dict[str, str], viewer: Any) -> Line:
    model, display = source.of, source.display
    assert model is not None  # noqa: S101 events are lines of their own
    moved, created = row.previous_entered_at is not None, row.history_type == "+"
    ended = row.history_type == "-"
    changes = _heads(source, row) if created or ended else changes_of(row, model, display.fields_for(viewer))
    return Line(
        **common | {"title": display.title(row.values) or common["title"]},
        type_name=str(capfirst(display.group_name)),
        what=_what(row, model, moved, changes),
        actor=actor(row),
        changes=tuple(changes),
        moved=moved,
        before=row.previous_entered_at if moved else None,
        after=row.values.get("entered_at") if moved or (created and source.timed) else None,
        reason=reasons.get(row.reason, row.reason),
        words=row.history_change_reason,
        batch=row.batch,
        values=row.values,
    )


def _what(row: Row, model: Any, moved: bool, changes: list[Change]) -> str:
    """The field that changed, or what else the row says."""
    if moved:
        return _("Entry time")
    said = sentence_of(row, model)
    if row.history_type == "+" and not display_of(model).says:
        return _("Created")
    return said or (changes[0].label if changes else _("Nothing that you may see"))


def _heads(source: Source, row: Row) -> list[Change]:
    """Of a row made or ended the field that tells most of it."""
    for name in source.display.head:
        value = value_of(source.of, name, row.values)  # type: ignore[arg-type]
        if value != "":
            return [Change("", None, value) if row.history_type == "+" else Change("", value, None)]
    return []


def channel_name(code: str) -> str:
    """The channel by name; the pages themselves too."""
    return _("Web") if code == "web" else channels().get(code) or code


def _with_seals(shown: list[Line]) -> list[Line]:
    """The lines with the numbers of their seals; one query."""
    by_label: dict[str, list[int]] = defaultdict(list)
    for line in shown:
        by_label[line.label].append(line.pk)
    if not by_label:
        return shown
    asked = Q()
    for label, ids in by_label.items():
        asked |= Q(kind=label, row_id__in=ids)
    leaves = SealLeaf.objects.filter(asked).values_list("kind", "row_id", "seal")
    found = {(kind, pk): number for kind, pk, number in leaves}
    return [replace(line, seal=found.get((line.label, line.pk))) for line in shown]
