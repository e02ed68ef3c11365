"""The checks by name, in the order they are made. Apps above add theirs once, when they are ready."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .look import Look
from .report import Found

Check = Callable[[Look], Iterator[Found]]

_checks: dict[str, Check] = {}
_twice: set[str] = set()


def add(name: str, function: Check, *, twice: bool = True) -> None:
    """Let `function(look)` be made at every run; it gives what it finds, and streams whatever it reads.

    `twice`: it reads in several statements, so that what it finds while others write is looked at a second time.
    """
    _checks[name] = function
    if twice:
        _twice.add(name)


def every() -> dict[str, Check]:
    """All checks by name."""
    return dict(_checks)


def twice() -> set[str]:
    """The names of those whose findings are looked at a second time."""
    return set(_twice)
