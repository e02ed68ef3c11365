"""One thing found."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

SOURCE = "times"


@dataclass(frozen=True)
class Found:
    """One thing found by the check `code`. `mark` tells findings of one code apart, and knows the same one again.

    `at` is the moment of the newest change it is about, None where it stands as long as the times do. `kind` is the
    label of the model whose row `row_id` is meant. `facts` are plain JSON: moments in ISO form, `people` the ids of
    those whose changes these are.
    """

    code: str
    mark: str
    at: dt.datetime | None = None
    record_type: str = ""
    record_id: int | None = None
    kind: str = ""
    row_id: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """By which the same thing is known again in the next run."""
        return f"{SOURCE}:{self.code}:{self.mark}"

    @property
    def told(self) -> dict[str, Any]:
        """The facts as they are kept."""
        return self.facts | ({"at": self.at.isoformat()} if self.at else {})


def moved(history: Any, row: dict[str, Any]) -> dict[str, Any]:
    """What a Found about one history row says of its place and its change."""
    model = history.instance_type
    return {
        "at": row["history_date"],
        "record_type": model._meta.model_name,
        "record_id": row["id"],
        "kind": history._meta.label_lower,
        "row_id": row["history_id"],
    }


def facts_of(row: dict[str, Any]) -> dict[str, Any]:
    """Who, from when to when, of one history row."""
    return {
        "name": row["actor_name"],
        "people": [row["history_user_id"]] if row["history_user_id"] else [],
        "before": row["previous_entered_at"].isoformat(),
        "after": row["entered_at"].isoformat(),
    }


ROW = ("history_id", "id", "history_date", "history_user_id", "actor_name", "previous_entered_at", "entered_at")
