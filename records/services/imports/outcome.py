"""What came of a file: of the whole, and of each line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.formats import csv_pieces
from records.importing.errors import RowError
from records.importing.plan import Plan
from records.models import Batch
from records.refusals import Refused
from records.rules import Finding

CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"
SKIPPED, LEFT_OUT, NOTE, REFUSED = "skipped", "left_out", "note", "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a line: one of the words above, the number of its record, and what there is to say of it."""

    line: int
    what: str
    number: str = ""
    pk: int | None = None
    said: tuple[RowError, ...] = ()

    @property
    def messages(self) -> list[str]:
        """What there is to say, in the reader's language."""
        return [f"{error.column}: {error.message}" if error.column else error.message for error in self.said]


@dataclass(frozen=True)
class Loaded:
    """What came of it. `batch` is None where nothing was written; `earlier` is the batch that loaded this file before.

    `existing` rows were stored already and left as they are, `unchanged` ones say what stands already; `moved` entry
    times were changed. `duplicates` name rows that look like others; they were stored all the same.
    """

    batch: Batch | None = None
    created: int = 0
    existing: int = 0
    customers: int = 0
    errors: list[RowError] = field(default_factory=list)
    earlier: Batch | None = None
    updated: int = 0
    unchanged: int = 0
    moved: int = 0
    contacts: int = 0
    duplicates: list[RowError] = field(default_factory=list)
    outcome: list[Outcome] = field(default_factory=list)
    excepted: dict[int, int] = field(default_factory=dict)  # exception → rows that it alone lets in

    @property
    def counts(self) -> dict[str, int]:
        """The figures by name, for JSON."""
        names = ("created", "updated", "unchanged", "moved", "existing", "customers", "contacts")
        refused = len({error.line for error in self.errors})
        return {name: getattr(self, name) for name in names} | {"refused": refused, "duplicates": len(self.duplicates)}


class ImportRefused(Refused):
    """Rows of the file cannot be stored, so none was. `errors` names them all by line, `outcome` says it of each."""

    def __init__(self, errors: list[RowError], outcome: Iterable[Outcome] = ()) -> None:
        self.errors = sorted(errors, key=lambda error: error.line)
        self.outcome = list(outcome)
        self._kinds: dict[str, list[RowError]] = {}
        for error in self.errors:
            self._kinds.setdefault(error.code, []).append(error)
        super().__init__(*(Finding(code, found[0].params) for code, found in sorted(self._kinds.items())))

    def messages(self) -> list[str]:
        """One sentence per kind of error, with how many rows have it."""
        return [
            ngettext("%(count)s row: %(said)s", "%(count)s rows: %(said)s", len(found))
            % {"count": f"{len(found):,}", "said": found[0].message}
            for _code, found in sorted(self._kinds.items())
        ]


def all_lines(
    plan: Plan, done: Iterable[Outcome], errors: Iterable[RowError], duplicates: Iterable[RowError]
) -> list[Outcome]:
    """One outcome per line of the file: what was done, what was left out, what was refused and why."""
    found = {each.line: each for each in done}
    for lines, what in ((plan.left_lines, LEFT_OUT), (plan.notes, NOTE)):
        found |= {line: Outcome(line, what) for line in lines}
    said: dict[int, list[RowError]] = {}
    for error in errors:
        said.setdefault(error.line, []).append(error)
    found |= {line: Outcome(line, REFUSED, said=tuple(each)) for line, each in said.items()}
    for note in duplicates:
        if note.line in found and found[note.line].what != REFUSED:
            found[note.line] = replace(found[note.line], said=(*found[note.line].said, note))
    return [found[line] for line in sorted(found)]


def stands_already(plan: Plan, batch: Batch) -> Loaded:
    """What comes of a file that `batch` has loaded: nothing, and that is said of each line."""
    done = [Outcome(row.line, SKIPPED) for row in plan.rows]
    lines = all_lines(plan, done, plan.errors, ())
    return Loaded(existing=len(plan.rows), errors=plan.errors, earlier=batch, outcome=lines)


def what_words() -> dict[str, str]:
    """What became of a row, as people read it."""
    return {
        CREATED: _("created"),
        UPDATED: _("updated"),
        UNCHANGED: _("unchanged"),
        SKIPPED: _("stands already, left as it is"),
        LEFT_OUT: _("left out"),
        NOTE: _("no row of the table"),
        REFUSED: _("refused"),
    }


def outcome_csv(outcome: Iterable[Outcome]) -> Iterator[bytes]:
    """The outcome of every line as a CSV file, in pieces, in the active language."""
    words = what_words()
    head = (_("Line"), _("Outcome"), _("Number"), _("What to know"))
    rows: Iterator[tuple[Any, ...]] = (
        (each.line, words[each.what], each.number, " ".join(each.messages)) for each in outcome
    )
    return csv_pieces(head, rows)
