"""How findings are told. Each source of findings says so once, with `tell`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from audit.verify import sentences
from audit.verify.due import KIND
from audit.verify.keeping import SOURCE

Facts = Mapping[str, Any]


def _nothing(code: str, facts: Facts) -> str:
    return ""


@dataclass(frozen=True)
class Teller:
    """Words of one source: `sentence` is the headline, `details` what more is known, `work` the kind of job that looks.

    `looked_for()` says what is looked for, thresholds included, a sentence each.
    """

    source: str
    work: str
    sentence: Callable[[str, Facts], str]
    what_to_do: Callable[[str], str]
    details: Callable[[str, Facts], str] = _nothing
    looked_for: Callable[[], list[str]] = list


_tellers: dict[str, Teller] = {}


def tell(teller: Teller) -> None:
    """Say how the findings of a source are told."""
    _tellers[teller.source] = teller


def tellers() -> dict[str, Teller]:
    """All of them, by source."""
    return _tellers


tell(Teller(SOURCE, KIND, sentences.sentence, sentences.what_to_do))
