"""How the trail shows reviews: who signed off or sent back which change, and in which words."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit import styles
from audit.kept import tracked_models
from audit.models import Review
from audit.telling import Concern, Facts, track_event
from audit.times import format_time

MOVED = ("history_id", "previous_entered_at", "entered_at", "actor_name")


@dataclass
class _Known:
    """What the events of a page need: what was said by the review's id, the changes by kind and id."""

    notes: dict[int, str] = field(default_factory=dict)
    changes: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)


def register() -> None:
    """Reviews are a kind of event; the words stand in the review itself."""
    track_event(
        "review",
        gettext_lazy("Reviewed"),
        group="review",
        reads=_read,
        tells=_said,
        words=lambda facts, known: known.notes.get(_number(facts, "review"), ""),
        concerns=_change,
    )


def _read(told: list[Facts]) -> _Known:
    """The reviews and the changes that the events name: a query for the reviews, and one per kind of change."""
    notes = Review.objects.filter(pk__in=[_number(facts, "review") for facts in told]).values_list("pk", "note")
    by_kind: dict[str, set[int]] = defaultdict(set)
    for facts in told:
        by_kind[str(facts.get("kind", ""))].add(_number(facts, "history_id"))
    known = _Known(dict(notes))
    for _model, history in tracked_models():
        if ids := by_kind.get(history._meta.label_lower):
            rows: Any = history._default_manager.filter(pk__in=ids, previous_entered_at__isnull=False).order_by()
            for row in rows.values(*MOVED):
                known.changes[history._meta.label_lower, row["history_id"]] = row
    return known


def _number(facts: Facts, name: str) -> int:
    """A number of an event; 0 where there is none."""
    value = facts.get(name)
    return value if isinstance(value, int) and abs(value) < 2**63 else 0


def _said(facts: Facts, known: _Known) -> str:
    """What the reviewer said, and of how many changes where it was a batch."""
    said = _("In order") if facts.get("outcome") == "ok" else _("Sent back")
    number = _number(facts, "rows") or 1
    if number == 1:
        return said
    return _("%(said)s: %(number)s changes of one batch") % {"said": said, "number": number}


def _change(facts: Facts, known: _Known) -> Concern | None:
    """The change that was reviewed; of a batch the one that moved furthest."""
    kind, row_id = str(facts.get("kind", "")), _number(facts, "history_id")
    row = known.changes.get((kind, row_id))
    if row is None:
        return None
    before, after = (_clock(row[name]) for name in ("previous_entered_at", "entered_at"))
    words = _("Entry time %(before)s → %(after)s, by %(name)s")
    return Concern(words % {"before": before, "after": after, "name": row["actor_name"] or "—"}, kind, row_id)


def _clock(at: Any) -> str:
    return format_time(at, timezone.get_current_timezone(), styles.style())
