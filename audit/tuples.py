"""Comparing several columns as one, which an index on them answers in one step."""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, Func


class Compared(Func):
    """`(a, b) < (x, y)`, which an index on (a, b) answers in one step."""

    output_field = BooleanField()

    def __init__(self, left: list[Any], sign: str, right: list[Any]) -> None:
        super().__init__(*left, *right)
        self.sign = sign

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, list[Any]]:
        compiled = [compiler.compile(expression) for expression in self.source_expressions]
        half = len(compiled) // 2
        left, right = (", ".join(sql for sql, _ in part) for part in (compiled[:half], compiled[half:]))
        return f"({left}) {self.sign} ({right})", [value for _, params in compiled for value in params]
