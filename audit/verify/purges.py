"""What was taken out of the trail explicitly: an event says which rows, their leaves stay in the seals."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass, field

from audit.models import Event

KIND = "purge"  # of the event; its `what` holds the `kind` of the rows (the label of their model) and their `ids`


@dataclass
class Purges:
    """The ids taken out, per kind, and how many events say so."""

    events: int = 0
    _ids: dict[str, array[int]] = field(default_factory=dict)

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

    def between(self, kind: str, after: int, before: int) -> int:
        """How many rows of that kind were taken out between two ids."""
        ids = self._ids.get(kind.lower(), array("q"))
        return max(0, bisect_left(ids, before) - bisect_right(ids, after))


def read_purges() -> Purges:
    """All that was ever purged."""
    found: dict[str, set[int]] = defaultdict(set)
    events = Event.objects.filter(kind=KIND).values_list("what", flat=True).iterator(chunk_size=100)
    number = 0
    for what in events:
        number += 1
        ids = what.get("ids") if isinstance(what, dict) else None
        if isinstance(ids, list):
            found[str(what.get("kind", "")).lower()].update(one for one in ids if isinstance(one, int))
    return Purges(number, {kind: array("q", sorted(ids)) for kind, ids in found.items()})
