"""Rows as bytes: the same row gives the same bytes on both databases, today and in ten years.

UTF-8, compact JSON: `["audit.historicalcustomer",{"actor_name":"Lin Yue",…}]`. Keys are columns, sorted; NULLs are left
out; moments are UTC with six digits and Z; decimals are plain texts without trailing zeros; JSON values have sorted
keys, and whole numbers without a point. What a column of its type cannot hold (SQLite takes anything) is told as it
stands, in an object, so that it never looks like a proper value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from json.encoder import encode_basestring
from typing import Any

from django.db import OperationalError, connection, models

__all__ = ["RowFormat", "UnknownColumns", "canonical", "columns_of", "kind_of", "plain"]

Encoder = Callable[[Any], str]
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?", re.ASCII).fullmatch
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII).fullmatch


class UnknownColumns(ValueError):
    """A seal names columns that the table no longer has. `names` are they."""

    def __init__(self, kind: str, names: list[str]) -> None:
        super().__init__(f"{kind} has no columns {', '.join(names)}")
        self.names = names


def kind_of(model: type[models.Model]) -> str:
    """The name by which seals know the rows of a table."""
    return model._meta.label_lower


def columns_of(model: type[models.Model]) -> list[str]:
    """The columns of a table as it is now, sorted."""
    return sorted(field.column for field in model._meta.concrete_fields)


def plain(value: Any) -> Any:
    """A JSON value in which whole numbers have no point: PostgreSQL tells 1e16 in digits, SQLite as it was written."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


def canonical(value: Any) -> bytes:
    """Any JSON value as bytes: sorted keys, no blanks, UTF-8."""
    return _json(plain(value)).encode("utf-8", "surrogatepass")


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


class RowFormat:
    """How the rows of one table become bytes, for a given list of columns.

    `selected(alias)` is what to SELECT, the id first; `bytes_of(row)` makes bytes of one row so selected.
    """

    def __init__(self, model: type[models.Model], columns: Sequence[str] | None = None) -> None:
        self.model, self.kind = model, kind_of(model)
        self.columns = sorted(columns if columns is not None else columns_of(model))
        fields = {field.column: field for field in model._meta.concrete_fields}
        if unknown := [name for name in self.columns if name not in fields]:
            raise UnknownColumns(self.kind, unknown)
        self._fields = [fields[name] for name in self.columns]
        self._head = f"[{encode_basestring(self.kind)},{{"
        keys = [f"{encode_basestring(name)}:" for name in self.columns]
        self._encoders = list(zip(keys, [_encoder(field) for field in self._fields], strict=True))

    def selected(self, alias: str = "t") -> str:
        """The id, then the columns, as texts where the databases would tell them differently."""
        quote = connection.ops.quote_name
        names = [f"{alias}.{quote(field.column)}" for field in (self.model._meta.pk, *self._fields)]
        told = (_told(field, name) for field, name in zip(self._fields, names[1:], strict=True))
        return ", ".join([names[0], *told])

    def bytes_of(self, row: Sequence[Any]) -> bytes:
        """The bytes of a row as `selected` gives it: its id, which is not looked at, and the values of the columns."""
        try:
            pairs = [key + encode(v) for (key, encode), v in zip(self._encoders, row[1:], strict=True) if v is not None]
        except (ValueError, TypeError, KeyError):
            pairs = [
                key + _or_as_it_stands(encode, v)
                for (key, encode), v in zip(self._encoders, row[1:], strict=True)
                if v is not None
            ]
        return f"{self._head}{','.join(pairs)}}}]".encode("utf-8", "surrogatepass")

    def rows(self, where: str = "", params: Iterable[Any] = (), *, limit: int, step: int = 5000) -> Iterator[Any]:
        """(id, bytes) of up to `limit` rows of the table, called `t` in `where`, by id; read in steps."""
        table, key = self.model._meta.db_table, f"t.{self.model._meta.pk.column}"
        start = f"SELECT {self.selected()} FROM {table} t WHERE {key} > %s {f'AND {where}' if where else ''} "
        last, params = -1, list(params)
        while limit > 0:
            found = fetch(f"{start} ORDER BY {key} LIMIT %s", [last, *params, min(step, limit)])
            yield from ((row[0], self.bytes_of(row)) for row in found)
            if len(found) < min(step, limit):
                return
            limit, last = limit - len(found), found[-1][0]


def fetch(sql: str, params: Sequence[Any]) -> list[Any]:
    """The rows of a query. Text that is no UTF-8, which SQLite may hold, is read too instead of stopping it all."""
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            cursor.execute(sql, params)
            return cursor.fetchall()
        try:
            cursor.execute(sql, params)
            return cursor.fetchall()
        except OperationalError as error:
            if "decode" not in str(error):
                raise
        return _fetch_odd_text(cursor, sql, params)


def _fetch_odd_text(cursor: Any, sql: str, params: Sequence[Any]) -> list[Any]:
    own = connection.connection
    before, own.text_factory = own.text_factory, lambda told: told.decode("utf-8", "surrogateescape")
    try:
        cursor.execute(sql, params)
        return cursor.fetchall()
    finally:
        own.text_factory = before


# ---- one encoder per column ----


def _told(field: Any, name: str) -> str:
    """The column as SQL that both databases answer alike, as far as they can."""
    if connection.vendor == "sqlite":
        return f"+{name}"  # a term, not a column: else Python's sqlite3 reads it by its type, and odd values as NULL
    kind = field.get_internal_type()
    if kind == "DateTimeField":
        told = f"""to_char({name} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
        return f"CASE WHEN {name} < '0001-01-01 00:00:00+00' THEN {name}::text ELSE {told} END"
    if kind == "DateField":
        return f"CASE WHEN {name} < '0001-01-01' THEN {name}::text ELSE to_char({name}, 'YYYY-MM-DD') END"
    return f"{name}::text" if kind in ("DecimalField", "JSONField") else name


def _encoder(field: Any) -> Encoder:
    kind, sqlite = field.get_internal_type(), connection.vendor == "sqlite"
    if kind == "DecimalField":
        return _of_decimal(field.decimal_places) if sqlite else _decimal
    if kind == "JSONField":
        return _json_text
    if kind == "BooleanField":
        return {0: "false", 1: "true"}.__getitem__
    if kind in ("DateTimeField", "DateField") and sqlite:
        return _moment if kind == "DateTimeField" else _day
    target = field.target_field if field.is_relation else field
    return int.__repr__ if isinstance(target, models.IntegerField) else encode_basestring


def _or_as_it_stands(encode: Encoder, value: Any) -> str:
    try:
        return encode(value)
    except (ValueError, TypeError, KeyError):
        return _json({"as it stands": value if isinstance(value, str | int) else repr(value)})


def _moment(text: Any) -> str:
    found = _MOMENT(text)
    if found is None:
        raise ValueError(text)
    return f'"{found[1]}T{found[2]}.{(found[3] or "").ljust(6, "0")}Z"'


def _day(text: Any) -> str:
    if _DAY(text) is None:
        raise ValueError(text)
    return f'"{text}"'


def _decimal(text: str) -> str:
    short = text.rstrip("0").rstrip(".") if "." in text else text
    return '"0"' if short == "-0" else f'"{short}"'


def _of_decimal(places: int) -> Encoder:
    """SQLite keeps decimals as numbers; one with more digits than the column has is told with all of them."""

    def encode(number: Any) -> str:
        if not isinstance(number, int | float):
            raise TypeError(number)
        text = f"{number:.{places}f}"
        return _decimal(text if float(text) == number else repr(number))

    return encode


def _json_text(text: Any) -> str:
    return _json(plain(json.loads(text)))
