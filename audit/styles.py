"""In which format times are shown while a request is answered: what the company chose, read when first asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_read: ContextVar[Callable[[], str]] = ContextVar("style")


@contextmanager
def shown_in(read: Callable[[], str]) -> Iterator[None]:
    """For the block, times are shown in the key of audit.times.FORMATS that `read` gives when it is asked."""
    token = _read.set(read)
    try:
        yield
    finally:
        _read.reset(token)


def style() -> str:
    """The key of audit.times.FORMATS to show times in; "iso" outside of a request."""
    read = _read.get(None)
    return read() if read else "iso"
