"""The key that opens the guard. Import contracts in pyproject.toml name the few modules that may hold it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_open: ContextVar[bool] = ContextVar("entry_time_key", default=False)


@contextmanager
def key() -> Iterator[None]:
    """Open the guard for the block."""
    token = _open.set(True)
    try:
        yield
    finally:
        _open.reset(token)


def is_open() -> bool:
    """Whether the guard is open here."""
    return _open.get()
