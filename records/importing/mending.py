"""Texts typed instead of what a file says, before it is planned; and option lists whose words are not ours."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping

from django.utils.translation import override

from .columns import NotAValue, find_column, importable, match_columns, reader_of
from .planned import Spec
from .table import Table

Fixes = Mapping[str, Mapping[str, str]]


def mended(table: Table, fixes: Fixes) -> Table:
    """The table with the texts of {line: {heading or #position: text}} instead of its own. Raises NotAFile."""
    if not fixes:
        return table
    places = {name: find_column(table, name).index for texts in fixes.values() for name in texts}
    rows = []
    for line, cells in table.rows:
        texts = fixes.get(str(line))
        if texts:
            cells = list(cells)
            for name, text in texts.items():
                cells[places[name]] = text
        rows.append((line, cells))
    return dataclasses.replace(table, rows=rows)


@dataclasses.dataclass(frozen=True)
class Unknown:
    """A text that is no option of its field: in how many rows, and the option it may mean ("" for none)."""

    field: str
    text: str
    rows: int
    suggestion: str


def unknown_options(table: Table, spec: Spec) -> list[Unknown]:
    """Every text of a column with options that is none of them, most frequent first. Raises NotAFile."""
    fields, found = importable(spec.record_type), []
    for use in match_columns(table, spec.record_type, spec.mapping, spec.constants, partly=True):
        field = fields[use.field]
        if not field.choices:
            continue
        read = reader_of(field, values=spec.values.get(use.field))
        times: dict[str, int] = {}
        for _line, cells in table.rows:
            text = use.text(cells).strip()
            times[text] = times.get(text, 0) + 1
        for text, rows in times.items():
            try:
                read(text)
            except NotAValue as no:
                if no.code == "choice":
                    found.append(Unknown(use.field, text, rows, suggested(field, text)))
    return sorted(found, key=lambda unknown: (-unknown.rows, unknown.field, unknown.text))


def suggested(field: object, text: str) -> str:
    """The option whose value or label, in either language, comes nearest to the text; "" where none is near."""
    known: dict[str, str] = {}
    for language in ("zh-hans", "en"):
        with override(language):
            known |= {str(label).casefold(): value for value, label in field.flatchoices}  # type: ignore[attr-defined]
    known |= {str(value).casefold(): value for value in known.values()}
    near = difflib.get_close_matches(text.casefold(), known, n=1, cutoff=0.5)
    return known[near[0]] if near else ""
