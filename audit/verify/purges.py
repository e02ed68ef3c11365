"""What was taken out of the trail explicitly: an event says which rows, their leaves stay in the seals."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from audit.models import Event

KIND = "purge"  # of the event; its `what` holds the `kind` of the rows (the label of their model), their `ids`
# and, in the same order, `of`: the ids of what they were rows of


@dataclass
class Purges:
    """The ids taken out, per kind, and how many events say so."""

    events: int = 0
    _ids: dict[str, array[int]] = field(default_factory=dict)
    _of: dict[str, tuple[array[int], array[int]]] = field(default_factory=dict)  # ids again, by what they are of

    def holds(self, kind: str, row_id: int) -> bool:
        """Whether that row was taken out explicitly."""
        ids = self._ids.get(kind.lower(), array("q"))
        place = bisect_left(ids, row_id)
        return place < len(ids) and ids[place] == row_id

    def __len__(self) -> int:
        return sum(len(ids) for ids in self._ids.values())

    def count(self, kind: str) -> int:
        """How many rows of that kind were taken out."""
        return len(self._ids.get(kind.lower(), ()))

    def between(self, kind: str, of: int, after: int, before: int) -> int:
        """How many rows of that one thing were taken out between two ids."""
        things, ids = self._of.get(kind.lower(), (array("q"), array("q")))
        first, last = bisect_left(things, of), bisect_right(things, of)
        return max(0, bisect_left(ids, before, first, last) - bisect_right(ids, after, first, last))


def read_purges() -> Purges:
    """All that was ever purged."""
    ids: dict[str, set[int]] = defaultdict(set)
    pairs: dict[str, set[tuple[int, int]]] = defaultdict(set)
    number = 0
    for what in Event.objects.filter(kind=KIND).values_list("what", flat=True).iterator(chunk_size=100):
        number += 1
        told = what if isinstance(what, dict) else {}
        kind = str(told.get("kind", "")).lower()
        rows, things = _numbers(told.get("ids")), _numbers(told.get("of"))
        ids[kind].update(rows)
        if len(rows) == len(things):
            pairs[kind].update(zip(things, rows, strict=True))
    return Purges(number, {kind: array("q", sorted(found)) for kind, found in ids.items()}, _by_thing(pairs))


def _numbers(told: Any) -> list[int]:
    return [one for one in told if isinstance(one, int)] if isinstance(told, list) else []


def _by_thing(pairs: dict[str, set[tuple[int, int]]]) -> dict[str, tuple[array[int], array[int]]]:
    found = {}
    for kind, each in pairs.items():
        ordered = sorted(each)
        found[kind] = (array("q", (thing for thing, _ in ordered)), array("q", (row for _, row in ordered)))
    return found
