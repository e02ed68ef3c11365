"""The column type of entry times, and the constraint by which both databases keep it honest."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import models
from django.db.models.lookups import Lookup


class EntryTimeField(models.DateTimeField):
    """A moment in whole seconds of UTC, from 1970 until before 2100.

    `audit.times.parse` makes such moments; a model that has the field also has `whole_seconds(field, name)` among its
    constraints, so that SQL from elsewhere cannot store another kind. Saving an instance with a fraction of a second
    raises ValueError: cutting it off unseen would be a change nobody made. Filters may use any moment.
    """

    description = "Entry time, whole seconds"

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = super().pre_save(model_instance, add)
        if isinstance(value, dt.datetime) and value.microsecond:
            raise ValueError(f"{self.model.__name__}.{self.name} holds whole seconds, not {value.isoformat()}")
        return value


class Distance(models.Func):
    """By how many seconds two moments are apart, without sign; both databases can index it."""

    function = "ABS"
    arity = 2
    output_field = models.BigIntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        seconds = "CAST(strftime('%%s', {}) AS INTEGER)"
        return self._told(compiler, f"{seconds} - {seconds}")

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        return self._told(compiler, "EXTRACT(EPOCH FROM ({} - {}))")

    def _told(self, compiler: Any, words: str) -> tuple[str, list[Any]]:
        (one, first), (other, second) = (compiler.compile(each) for each in self.get_source_expressions())
        return f"ABS({words.format(one, other)})", [*first, *second]


class Readable(models.Func):
    """Whether a column holds a moment that can be read: see `readable`."""

    arity = 1
    output_field = models.BooleanField()

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        moment, _none = compiler.compile(self.get_source_expressions()[0])
        return readable(moment, connection.vendor), []


def readable(moment: str, vendor: str) -> str:
    """SQL: the column `moment` holds one of this time, and on SQLite as Redate writes it.

    With a database tool anything can be put in: SQLite takes every text, PostgreSQL infinity.
    """
    if vendor == "postgresql":
        return f"({moment} >= '1970-01-01 00:00:00+00' AND {moment} < '2100-01-01 00:00:00+00')"
    moment = f"+{moment}"  # a term, not a column: no index shall be chosen for it
    whole, rest = f"substr({moment}, 1, 19)", f"substr({moment}, 20)"
    digits = f"{rest} GLOB '.[0-9]*' AND substr({moment}, 21) NOT GLOB '*[^0-9]*' AND length({moment}) <= 26"
    in_range = f"{moment} >= '1970-01-01 00:00:00' AND {moment} < '2100-01-01 00:00:00'"
    return f"({in_range} AND {whole} IS datetime({whole}, '+0 days') AND ({rest} = '' OR ({digits})))"


@EntryTimeField.register_lookup
class WholeSecond(Lookup):
    """`field__whole_second=True`: the column holds a real moment, in whole seconds and in range.

    SQLite keeps moments as text, and text can be anything: `datetime()` answers with the same text only when it reads
    a real day and a real clock, so 31 February, a fraction and a blank are all refused. The right side is always True.
    """

    lookup_name = "whole_second"
    prepare_rhs = False

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        moment, params = self.process_lhs(compiler, connection)
        whole = f"{moment} IS datetime({moment}, '+0 days')"
        in_range = f"{moment} >= '1970-01-01 00:00:00' AND {moment} < '2100-01-01 00:00:00'"
        return f"({whole} AND {in_range})", [*params] * 4

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        moment, params = self.process_lhs(compiler, connection)
        whole = f"{moment} = date_trunc('second', {moment})"
        in_range = f"{moment} >= '1970-01-01 00:00:00+00' AND {moment} < '2100-01-01 00:00:00+00'"
        return f"({whole} AND {in_range})", [*params] * 4


def whole_seconds(field: str, name: str) -> models.CheckConstraint:
    """The constraint that the EntryTimeField called `field` holds whole seconds in range, on both databases."""
    return models.CheckConstraint(condition=models.Q(**{f"{field}__whole_second": True}), name=name)
