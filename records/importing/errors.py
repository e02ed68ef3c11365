"""What is wrong with a file, a column or a row: a code, what the sentence needs, and the sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import get_language

from records.refusals import sentence
from records.rules import Finding

from .sentences import FILE, ROW

__all__ = ["FILE", "ROW", "NotAFile", "RowError"]


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
    """One thing that is wrong in one line of a file; lines count from 1, the heading included.

    A value of `params` that differs by language is a mapping, language → text: who checks is not always who reads.
    """

    line: int
    code: str
    column: str = ""
    params: dict[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The sentence to show, in the reader's language."""
        if self.code in ROW:
            return ROW[self.code]() % {name: _in_language(value) for name, value in self.params.items()}
        return sentence(Finding(self.code, self.params))


def _in_language(value: Any) -> Any:
    return value.get(get_language(), value["en"]) if isinstance(value, dict) else value
