"""Where a table begins and ends: the row of headings, a second one of field codes, notes above and below."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from statistics import median
from typing import Any

from .errors import NotAFile, RowError
from .table import Column, DateText, ErrorText, NumberText, Table

LOOKED_AT = 30  # rows in which the headings are looked for
_SPACE = re.compile(r"[\s\x00-\x1f\x7f\u200b\ufeff]+")
_CODE = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_FIGURES = re.compile(r"[\d.,:/\- %¥$€£]+")
_FULL = 0.7  # of the cells that rows usually fill
Line = tuple[int, list[str]]


def clean(heading: str) -> str:
    """A heading without byte-order mark, line breaks and surplus spaces."""
    return _SPACE.sub(" ", heading).strip()


def guess_header_row(first: Sequence[Line]) -> int:
    """The line of the headings among the first ones: words, filling about as many cells as the rows below.

    Titles and notes above a table fill fewer cells, or stand apart from it. 0, where the rows begin without headings.
    """
    widths = [_filled(cells) for _, cells in first]
    for place, (line, cells) in enumerate(first):
        usual = median(widths[place + 1 :] or [widths[place]])
        follows = place == 0 or (place + 1 < len(first) and widths[place + 1] >= _FULL * usual)
        if widths[place] >= _FULL * usual and follows:
            return line if _are_words(cells) else 0
    return first[0][0]


def is_codes(cells: Sequence[str], headings: Sequence[str]) -> bool:
    """Whether a row under Chinese headings only repeats them as codes of fields (客户姓名 / Customername)."""
    words = [cell.strip() for cell in cells if cell.strip()]
    chinese = sum(1 for heading in headings if not heading.isascii())
    return len(words) > 1 and chinese * 2 > len(headings) and all(_CODE.fullmatch(word) for word in words)


def make_table(lines: Iterable[Line], *, header_row: int, skip: int = 0, notes: bool = False, **about: Any) -> Table:
    """The table whose headings stand in line `header_row` (0: nowhere); `skip` rows under them are no records.

    `notes`: rows at the end, apart from the table, that fill few cells are no records either. `about` are further
    fields of Table.
    """
    stream = iter(lines)
    if header_row:
        heading, above = _heading(stream, header_row)
    else:
        first = list(itertools.islice(stream, 1))
        stream = itertools.chain(first, stream)
        heading, above = [""] * (len(first[0][1]) if first else 0), []
    table = Table([Column(i, clean(n)) for i, n in enumerate(heading)], [], header_row=header_row, **about)
    table.skipped.extend(above)
    for place, (line, cells) in enumerate(stream):
        if place < skip:
            table.skipped.append(line)
        else:
            _add(table, line, cells)
    if table.kind == "xlsx":
        _square(table)
    if notes:
        _leave_notes(table)
    return table


def _heading(stream: Iterator[Line], header_row: int) -> tuple[list[str], list[int]]:
    """The cells of the headings, and the lines above them."""
    above: list[int] = []
    for line, cells in stream:
        if line == header_row:
            return cells, above
        if line > header_row:
            break
        above.append(line)
    raise NotAFile("no_header_row", line=header_row)


def _filled(cells: Sequence[str]) -> int:
    return sum(1 for cell in cells if cell.strip())


def _are_words(cells: Sequence[str]) -> bool:
    """Whether at most a third of the filled cells are dates and figures."""
    figures = (
        c for c in cells if isinstance(c, DateText | NumberText | ErrorText) or (c.strip() and _FIGURES.fullmatch(c))
    )
    return 3 * sum(1 for _ in figures) <= _filled(cells)


def _add(table: Table, line: int, cells: list[str]) -> None:
    wanted = len(table.columns)
    if table.kind == "xlsx":
        table.rows.append((line, cells))  # made as long as the others when all are there
        return
    if len(cells) > wanted and not any(cell.strip() for cell in cells[wanted:]):
        cells = cells[:wanted]  # a delimiter at the end of every line
    if len(cells) != wanted:
        table.errors.append(RowError(line, "ragged", params={"found": len(cells), "wanted": wanted}))
    else:
        table.rows.append((line, cells))


def _square(table: Table) -> None:
    """A sheet has rows as long as their last cell: all become equal; what has no heading but values is a column too."""
    width = max([_width([column.name for column in table.columns]), *(_width(cells) for _, cells in table.rows)])
    table.columns.extend(Column(index, "") for index in range(len(table.columns), width))
    del table.columns[width:]
    for place, (line, cells) in enumerate(table.rows):
        if len(cells) != width:
            table.rows[place] = (line, cells[:width] + [""] * (width - len(cells)))


def _width(cells: Sequence[str]) -> int:
    """The place of the last filled cell, counted from 1."""
    for place in range(len(cells), 0, -1):
        if cells[place - 1].strip():
            return place
    return 0


def _leave_notes(table: Table) -> None:
    """Take off the rows at the end that fill at most half of the usual cells: of a text those that are errors, of a
    sheet those that stand apart, or of which one leaves empty what is first in every row.
    """
    if not table.rows:
        return
    usual, last = median(_filled(cells) for _, cells in table.rows), table.rows[-1][0]
    while (
        usual >= 4 and table.errors and table.errors[-1].line > last and table.errors[-1].params["found"] <= usual / 2
    ):
        table.skipped.append(table.errors.pop().line)
    end = len(table.rows)
    while usual >= 4 and table.kind == "xlsx" and end > 1 and _filled(table.rows[end - 1][1]) <= usual / 2:
        end -= 1
    if end < len(table.rows) and (table.rows[end][0] - table.rows[end - 1][0] > 1 or _lacks_first(table, end)):
        table.skipped.extend(line for line, _ in table.rows[end:])
        del table.rows[end:]


def _lacks_first(table: Table, end: int) -> bool:
    """Whether a row from `end` on leaves empty the first column that all rows above fill."""
    columns = range(len(table.columns))
    first = next((i for i in columns if all(cells[i].strip() for _, cells in table.rows[:end])), None)
    return first is not None and any(not cells[first].strip() for _, cells in table.rows[end:])
