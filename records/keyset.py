"""Pages by key: a page starts behind the last row of the one before, at the same cost however deep.

A key is the sorted values of a row, signed: nobody can write one by hand, and one that does not fit is no key.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.core.signing import BadSignature, Signer
from django.db.models import F, IntegerField, QuerySet, Subquery, Value

from audit.tuples import Compared

SIZE, COUNTED = 50, 1000

Expression = Callable[[], Any]
Dress = Callable[[QuerySet], QuerySet]


@dataclass(frozen=True)
class Part:
    """One column of an order: the field and whether downwards.

    A field that may be empty gives the expression to sort by and the value that it puts in the place of nothing.
    """

    name: str
    down: bool = False
    expression: Expression | None = None
    empty: str = ""

    def sorts_by(self) -> Any:
        """What the database sorts by."""
        return self.expression() if self.expression else F(self.name)

    def turned(self) -> Part:
        """The same the other way round."""
        return replace(self, down=not self.down)


@dataclass(frozen=True)
class Order:
    """A total order of rows: its last part is unique. An index has these columns in these directions."""

    name: str
    parts: tuple[Part, ...]

    def turned(self) -> Order:
        """The same the other way round."""
        sign = "" if self.name.startswith("-") else "-"
        return Order(sign + self.name.removeprefix("-"), tuple(part.turned() for part in self.parts))

    def of(self, rows: QuerySet) -> QuerySet:
        """The rows in this order."""
        return rows.order_by(*(p.sorts_by().desc() if p.down else p.sorts_by().asc() for p in self.parts))

    def beyond(self, rows: QuerySet, values: list[Any]) -> Iterator[QuerySet]:
        """Rows behind the one with these values, as stretches of the index, nearest first.

        Columns that run the same way are compared as one; where the direction turns, a stretch ends.
        """
        fields = [rows.model._meta.get_field(part.name) for part in self.parts]
        tail = len(self.parts) - 1
        while tail and self.parts[tail - 1].down == self.parts[tail].down:
            tail -= 1
        for start in range(tail, -1, -1):
            stop = len(self.parts) if start == tail else start + 1
            stretch = rows
            for part, value in zip(self.parts[:start], values, strict=False):
                stretch = stretch.filter(**{part.name: value})
            left = [part.sorts_by() for part in self.parts[start:stop]]
            right = [Value(v, output_field=f) for v, f in zip(values[start:stop], fields[start:stop], strict=True)]
            sign = "<" if self.parts[start].down else ">"
            if self.parts[start].expression:  # SQLite seeks it only where it is compared alone
                stretch = stretch.filter(Compared(left[:1], f"{sign}=", right[:1]))
            yield stretch.filter(Compared(left, sign, right))


class Counted(Subquery):
    """How many rows there are, counted no further than `most` + 1."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = IntegerField()

    def __init__(self, rows: QuerySet, most: int = COUNTED) -> None:
        super().__init__(rows.order_by().values("pk")[: most + 1])


@dataclass(frozen=True)
class Page:
    """Rows in order; `newer` and `older` are keys to go on from, "" at an end; `total` stops at COUNTED + 1."""

    rows: list[Any]
    newer: str = ""
    older: str = ""
    total: int = 0

    @property
    def uncounted(self) -> bool:
        """Whether there are more than were counted."""
        return self.total > COUNTED


NOTHING = Page([])


def paginate(
    rows: QuerySet,
    order: Order,
    *,
    after: str = "",
    before: str = "",
    size: int = SIZE,
    dress: Dress = lambda rows: rows,
) -> Page:
    """The page behind the key `after`, or the one that ends before the key `before`, or the first.

    `dress` adds what a shown row needs (annotations, joins): it costs no more than one page of rows.
    """
    key = read_key(order, rows.model, before) if before else None
    backwards = key is not None
    if key is None:
        key = read_key(order, rows.model, after)
    found = _read(rows, order.turned() if backwards else order, key, size, dress)
    if key and not found:  # the rows behind the key are gone
        key, backwards = None, False
        found = _read(rows, order, None, size, dress)
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_newer, has_older = (more, True) if backwards else (key is not None, more)
    return Page(
        rows=found,
        newer=write_key(order, found[0]) if has_newer and found else "",
        older=write_key(order, found[-1]) if has_older and found else "",
        total=found[0].counted if found else 0,
    )


def _read(rows: QuerySet, order: Order, key: list[Any] | None, size: int, dress: Dress) -> list[Any]:
    """A page of rows and one more, from as many stretches as it takes."""
    found: list[Any] = []
    for stretch in order.beyond(rows, key) if key else [rows]:
        wanted = order.of(stretch).values("pk")[: size + 1 - len(found)]
        dressed = dress(rows.model._default_manager.filter(pk__in=wanted)).annotate(counted=Counted(rows))
        found += order.of(dressed)
        if len(found) > size:
            break
    return found


def write_key(order: Order, row: Any) -> str:
    """The key of a row: its values in this order."""
    values = [_plain(part, getattr(row, row._meta.get_field(part.name).attname)) for part in order.parts]
    return _signer(order, type(row)).sign_object(values)


def read_key(order: Order, model: type[Any], key: str) -> list[Any] | None:
    """The values in a key; None for one that was not made here for this order."""
    try:
        values = _signer(order, model).unsign_object(key)
    except BadSignature:
        return None
    fields = [model._meta.get_field(part.name) for part in order.parts]
    return [field.to_python(value) for field, value in zip(fields, values, strict=True)]


def _signer(order: Order, model: type[Any]) -> Signer:
    return Signer(salt=f"keyset.{model._meta.label_lower}.{order.name.removeprefix('-')}")


def _plain(part: Part, value: Any) -> Any:
    if value is None:
        return part.empty
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return value if isinstance(value, int | str) else str(value)
