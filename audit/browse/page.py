"""A page of the trail by key, and all rows of a filter in chunks: the streams of all tables, merged."""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.signing import BadSignature, Signer

from .filters import Wanted
from .lines import Line, lines
from .sources import Ref, sources
from .statement import Part, counted, together
from .streams import streams

SIZE, COUNTED, CHUNK = 50, 1000, 500
_signer = Signer(salt="trail")

Key = tuple[dt.datetime, str, int]


@dataclass(frozen=True)
class Page:
    """Lines newest first; `newer` and `older` are keys to go on from, "" at an end; `total` stops at COUNTED + 1."""

    rows: list[Line]
    newer: str = ""
    older: str = ""
    total: int = 0

    @property
    def uncounted(self) -> bool:
        """Whether there are more than were counted."""
        return self.total > COUNTED


NOTHING = Page([])


def page(wanted: Wanted, viewer: Any, *, after: str = "", before: str = "", size: int = SIZE) -> Page:
    """The page behind the key `after`, or the one that ends before the key `before`, or the first."""
    parts = list(streams(wanted, viewer))
    key = read_key(before) if before else None
    backwards = key is not None
    key = key or read_key(after)
    refs = _merged(parts, key, size + 1, backwards)
    if key and not refs:  # the rows behind the key are gone
        key, backwards = None, False
        refs = _merged(parts, None, size + 1)
    more, refs = len(refs) > size, refs[:size]
    if backwards:
        refs.reverse()
    has_newer, has_older = (more, True) if backwards else (key is not None, more)
    return Page(
        rows=lines(refs, viewer),
        newer=write_key(refs[0].key) if has_newer and refs else "",
        older=write_key(refs[-1].key) if has_older and refs else "",
        total=counted(parts, COUNTED + 1) if has_newer or has_older else len(refs),
    )


def rows_for(wanted: Wanted, viewer: Any, *, chunk: int = CHUNK, oldest_first: bool = False) -> Iterator[Line]:
    """Every line that the filter asks for, as far as the viewer may see it, read in chunks by key.

    Rows written while it runs come last or not at all, never twice. Nothing but a chunk is held in memory.
    """
    parts, key = list(streams(wanted, viewer)), None
    while refs := _merged(parts, key, chunk, oldest_first):
        if key is not None and (refs[-1].key <= key) == oldest_first:
            return  # what does not come after the key would come for ever
        yield from lines(refs, viewer)
        key = refs[-1].key


def _merged(parts: list[Part], key: Key | None, size: int, backwards: bool = False) -> list[Ref]:
    """The first `size` rows behind the key, of all streams, each once."""
    selects = [(source, source.first(source.beyond(rows, key, backwards), size, backwards)) for source, rows in parts]
    found = {ref.key: ref for ref in together(selects)}
    nearest = heapq.nsmallest if backwards else heapq.nlargest
    return nearest(size, found.values(), key=lambda ref: ref.key)


def write_key(key: Key) -> str:
    """The key as text for an address, signed."""
    return _signer.sign_object([key[0].isoformat(), key[1], key[2]])


def read_key(text: str) -> Key | None:
    """The key; None for one that was not made here."""
    if not text:
        return None
    try:
        at, slug, pk = _signer.unsign_object(text)
    except (BadSignature, ValueError):
        return None
    return (dt.datetime.fromisoformat(at), slug, pk) if slug in sources() else None
