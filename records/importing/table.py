"""What every kind of file becomes: headings, rows of texts, and texts that know what kind of cell they were."""

from __future__ import annotations

from dataclasses import dataclass, field

from .errors import RowError

MAX_BYTES = 20 * 1000 * 1000
MAX_ROWS = 200_000
MAX_CELLS = 4_000_000
MAX_COLUMNS = 702  # A to ZZ
MAX_TEXT = 60_000_000  # letters in all cells together


class DateText(str):
    """A true date of a workbook, as ISO wall clock: no format has to be found for it."""

    __slots__ = ()


class NumberText(str):
    """A true number of a workbook, with a point as decimal mark whatever the file's texts use."""

    __slots__ = ()


class ErrorText(str):
    """A cell whose formula failed, like #REF!: never a value."""

    __slots__ = ()


class DurationText(str):
    """A length of time, which is no date."""

    __slots__ = ()


class ClockText(str):
    """A time of day without a day."""

    __slots__ = ()


CELL_ERRORS = frozenset(
    ("#DIV/0!", "#NAME?", "#VALUE!", "#NULL!", "#REF!", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!", "#CALC!")
)


@dataclass(frozen=True)
class Column:
    """A column by position (from 0) and heading; headings may be empty or the same."""

    index: int
    name: str

    @property
    def label(self) -> str:
        """How to call it; by position where it has no heading."""
        return self.name or f"#{self.index + 1}"


@dataclass(frozen=True)
class Table:
    """Headings, rows as (line, cells) with as many cells as headings, and the rows that are not so.

    `encoding` and `delimiter` are those of a text, `sheet` that of a workbook; `header_row` is the line of the
    headings, `skipped` are lines around the table that are no records: above, second headings, notes below.
    """

    columns: list[Column]
    rows: list[tuple[int, list[str]]]
    encoding: str = ""
    delimiter: str = ""
    errors: list[RowError] = field(default_factory=list)
    kind: str = "csv"
    sheet: str = ""
    header_row: int = 1
    skipped: list[int] = field(default_factory=list)
    own: bool = False  # an export of Redate itself
