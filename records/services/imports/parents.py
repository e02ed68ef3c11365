"""Customers of a file that belong to another: to one that stands, or to a row of the file, wherever it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from records.access import Checker
from records.importing.errors import RowError
from records.importing.plan import Plan
from records.models import Customer
from records.search import sort_key
from records.services.matching import Several, find_records

if TYPE_CHECKING:
    from .resolving import NewRow


class Parents:
    """Links rows to what they belong to: by number, by an id of the file, by a name in it, by what stands already."""

    def __init__(self, plan: Plan, checker: Checker) -> None:
        self.plan, self.checker = plan, checker
        self.errors: list[RowError] = []

    def link(self, rows: list[NewRow]) -> list[NewRow]:
        """The rows whose parent was found, those that others belong to first. Others stand in `errors`."""
        texts = {row.planned.parent for row in rows}
        if texts <= {""}:
            return rows
        stand = find_records(Customer, texts, self.plan.spec.source, self.checker.user, self.checker.at)
        ids, names = _in_file(rows)
        good = [row for row in rows if self._found(row, ids, names, stand)]
        return self._in_order(self._without_orphans(good))

    def _found(self, row: NewRow, ids: dict[str, Any], names: dict[str, Any], stand: dict[str, Any]) -> bool:
        text = row.planned.parent
        if not text:
            return True
        standing = stand.get(text)
        if standing is not None and standing is not Several and standing.number == text:
            row.parent = standing
        else:
            row.parent = ids.get(text) or names.get(sort_key(text)) or standing
        if row.parent is None or row.parent is Several:
            code = "no_parent" if row.parent is None else "two_parents"
            return self._wrong(row, code)
        return True

    def _without_orphans(self, rows: list[NewRow]) -> list[NewRow]:
        """Without the rows whose parent is a row with errors of its own."""
        while True:
            there = {id(row) for row in rows}
            orphans = [row for row in rows if _is_row(row.parent) and id(row.parent) not in there]
            if not orphans:
                return rows
            for row in orphans:
                self._wrong(row, "parent_wrong", line=row.parent.planned.line)
            lost = {id(row) for row in orphans}
            rows = [row for row in rows if id(row) not in lost]

    def _in_order(self, rows: list[NewRow]) -> list[NewRow]:
        """Parents before children; rows that would belong to themselves are errors."""
        depths: dict[int, int] = {}
        good = [row for row in rows if _depth(row, depths) is not None or self._wrong(row, "circle")]
        return sorted(good, key=lambda row: depths[id(row)])

    def _wrong(self, row: NewRow, code: str, **more: Any) -> bool:
        params = {"value": row.planned.parent[:80], **more}
        self.errors.append(RowError(row.planned.line, code, "parent", params))
        return False


def _in_file(rows: list[NewRow]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Rows by their id and by their name; Several where a name is not one row's alone."""
    ids: dict[str, Any] = {}
    names: dict[str, Any] = {}
    for row in rows:
        if row.planned.external_id:
            ids[row.planned.external_id] = row
        known = sort_key(str(row.planned.values.get("name", "")))
        names[known] = Several if known in names else row
    return ids, names


def _is_row(parent: Any) -> bool:
    return parent is not None and not isinstance(parent, Customer)


def _depth(row: NewRow, depths: dict[int, int]) -> int | None:
    """How many rows of the file stand above; None where that has no end."""
    chain: list[Any] = []
    each: Any = row
    while _is_row(each) and id(each) not in depths:
        if any(each is before for before in chain):
            return None
        chain.append(each)
        each = each.parent
        if len(chain) > 1_000:
            return None
    above = depths.get(id(each), -1) if _is_row(each) else -1
    for step, each in enumerate(reversed(chain), start=above + 1):
        depths[id(each)] = step
    return depths[id(row)]
