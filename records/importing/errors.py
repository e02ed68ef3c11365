"""What is wrong with a file, a column or a row: a code, what the sentence needs, and the sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from records.refusals import sentence
from records.rules import Finding

Sentences = dict[str, Callable[[], str]]


class NotAFile(ValueError):
    """A file or one of its columns cannot be used. `code` says why, `message` what to do, in the reader's language."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code, self.params = code, params

    @property
    def message(self) -> str:
        """The sentence to show."""
        return FILE[self.code]() % self.params

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True)
class RowError:
    """One thing that is wrong in one line of a file; lines count from 1, the heading included."""

    line: int
    code: str
    column: str = ""
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The sentence to show, in the reader's language."""
        if self.code in ROW:
            return ROW[self.code]() % self.params
        return sentence(Finding(self.code, self.params))


FILE: Sentences = {
    "empty": lambda: _("The file is empty. It needs one line of headings and one line for each record."),
    "size": lambda: _("The file is larger than %(limit)s MB. Split it and import the parts."),
    "rows": lambda: _("The file has more than %(limit)s rows. Split it and import the parts."),
    "workbook": lambda: _("This is a workbook or another binary file. Save it as CSV and choose that file."),
    "encoding": lambda: _("The letters of this file cannot be told for certain. Choose its encoding: %(choices)s."),
    "encoding_chosen": lambda: _("Line %(line)s holds letters that are not %(encoding)s. Choose another encoding."),
    "quotes": lambda: _("From line %(line)s on the quotation marks do not match. Mend the file there."),
    "no_column": lambda: _("There is no column “%(name)s”. The file has: %(columns)s."),
    "two_columns": lambda: _(
        "Several columns are called “%(name)s”. Name the one you mean by its position, like #%(at)s."
    ),
    "no_field": lambda: _("“%(name)s” is no field. Choose one of: %(fields)s."),
    "twice": lambda: _("Two columns are meant to be “%(name)s”. Choose one."),
    "missing": lambda: _("No column says “%(name)s”, which every record needs."),
    "constant": lambda: _("“%(name)s” cannot be set for all rows: %(said)s"),
    "no_format": lambda: _("“%(name)s” is no date format. Choose one of: %(formats)s."),
    "ambiguous": lambda: _(
        "The dates of “%(column)s” can be read in several ways: %(first)s is %(readings)s. Choose the date format."
    ),
    "unreadable": lambda: _(
        "No date format fits all values of “%(column)s”, for example “%(value)s” in line %(line)s. "
        "Choose the date format."
    ),
    "wrong_format": lambda: _(
        "%(count)s values of “%(column)s” are not in the format %(chosen)s, for example “%(value)s” in line %(line)s. "
        "All of them are in the format %(fits)s. Choose that one."
    ),
    "blank_choice": lambda: _(
        "%(count)s rows have no “%(column)s”. Choose what they get: the moment of the import, or a refusal."
    ),
}

ROW: Sentences = {
    "ragged": lambda: _("%(found)s cells, but the heading has %(wanted)s."),
    "needed": lambda: _("Empty, but every record needs it."),
    "date": lambda: _("“%(value)s” is not a date in the format %(format)s."),
    "time": lambda: _("“%(value)s”: %(said)s"),
    "value": lambda: _("“%(value)s”: %(said)s"),
    "said": lambda: "%(said)s",
    "long": lambda: _("Longer than %(most)s characters."),
    "choice": lambda: _("“%(value)s” is not on the list. Say what it means here: one of %(choices)s."),
    "number": lambda: _("“%(value)s” is not a number."),
    "yes_no": lambda: _("“%(value)s” is neither yes nor no."),
    "same_id": lambda: _("The same id stands in line %(first)s already."),
    "no_parent": lambda: _("No “%(value)s” is known by that number, id or name."),
    "two_parents": lambda: _("Several are called “%(value)s”. Give the number."),
    "no_owner": lambda: _("Nobody is called “%(value)s”. Say who that is here."),
    "bad_owner": lambda: _("%(value)s may not own records, or may no longer sign in."),
}
