"""A bulk change as its page shows it: figures by verdict and a page of its rows, as far as the viewer sees them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .models import RECORDS, BulkChange, BulkRow
from .models.access import VIEW, person
from .refusals import sentence
from .services.bulk_changes import judged

SIZE = 50
SHOWN = {  # what is shown under which name, and the verdicts or outcomes behind it
    "ok": (gettext_lazy("Allowed"), ("ok",)),
    "warn": (gettext_lazy("Odd order"), ("warn",)),
    "ask": (gettext_lazy("Needs approval"), ("ask",)),
    "no": (gettext_lazy("Refused"), ("no", "none")),
    "same": (gettext_lazy("Unchanged"), ("same",)),
}
LEFT = {  # the same of outcomes: what a change was done to, and what it left out
    "done": (gettext_lazy("Changed"), ("done",)),
    "left": (gettext_lazy("Left out"), ("moved", "no", "warn", "same", "ask")),
    "asked": (gettext_lazy("Asked for"), ("asked",)),
}
OUTCOMES = {
    "done": gettext_lazy("Changed"),
    "moved": gettext_lazy("Left out: changed since the preview"),
    "asked": gettext_lazy("Asked for"),
    "no": gettext_lazy("Refused"),
    "warn": gettext_lazy("Left out: the order would be odd"),
    "ask": gettext_lazy("Needs approval"),
    "same": gettext_lazy("Unchanged"),
}


NO_TIME = {  # why a record gets no time this way
    "none": gettext_lazy("It has no such date."),
    "void": gettext_lazy("The clock skipped that hour. Move this one by itself."),
    "double": gettext_lazy("The clock showed that hour twice. Move this one by itself."),
    "form": gettext_lazy("That is no time."),
    "range": gettext_lazy("That is before 1970 or after 2099."),
}


@dataclass(frozen=True)
class Shown:
    """A row with its record and why its verdict is what it is."""

    row: BulkRow
    record: Any
    why: str

    @property
    def outcome(self) -> str:
        """What came of it, in words; "" until it is applied."""
        return str(OUTCOMES.get(self.row.outcome, ""))

    @property
    def verdict(self) -> str:
        """What the rules say, in words."""
        names = (name for name, verdicts in SHOWN.values() if self.row.verdict in verdicts)
        return str(next(names, _("not previewed")))


@dataclass(frozen=True)
class Figures:
    """How many rows there are, by verdict of those not applied, and by outcome of the others."""

    total: int
    verdicts: dict[str, int]
    outcomes: dict[str, int]

    @property
    def open(self) -> int:
        """How many may be done and are not yet."""
        return self.verdicts.get("ok", 0)

    @property
    def to_ask(self) -> int:
        """How many need somebody else: so previewed, or so found when they were to be done."""
        return self.verdicts.get("ask", 0) + self.outcomes.get("ask", 0)

    @property
    def done(self) -> int:
        """How many are done."""
        return self.outcomes.get("done", 0)

    def tabs(self) -> list[tuple[str, Any, int]]:
        """(name, label, how many) of the verdicts there are."""
        shown = [(name, label, self.verdicts, of) for name, (label, of) in SHOWN.items()]
        left = [(name, label, self.outcomes, of) for name, (label, of) in LEFT.items()]
        found = [(name, label, sum(among.get(v, 0) for v in of)) for name, label, among, of in [*shown, *left]]
        return [tab for tab in found if tab[2]]


def seen_rows(bulk: BulkChange, user: Any, at: dt.datetime) -> QuerySet:
    """The rows on records that the person may see (still): no figure and no page tells of others."""
    held = person(user)
    if held.sees_all and VIEW.format(bulk.record_type) in held.permissions:
        return bulk.rows.all()
    model: Any = RECORDS[bulk.record_type]
    return bulk.rows.filter(record_id__in=model.objects.visible_to(user, at).values("pk"))


def figures_of(bulk: BulkChange, user: Any, at: dt.datetime) -> Figures:
    """The figures in one query."""
    groups = seen_rows(bulk, user, at).values("verdict", "outcome").annotate(n=Count("pk")).order_by()
    verdicts: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    for group in groups:
        if group["outcome"]:
            outcomes[group["outcome"]] += group["n"]
        else:
            verdicts[group["verdict"]] += group["n"]
    return Figures(sum(verdicts.values()) + sum(outcomes.values()), dict(verdicts), dict(outcomes))


def rows_of(bulk: BulkChange, user: Any, at: dt.datetime, show: str, after: int) -> tuple[list[Shown], int | None]:
    """A page of the rows behind that id, of a verdict or all; with the sentences of the rules now."""
    rows = seen_rows(bulk, user, at).filter(pk__gt=after).order_by("pk")
    if show in SHOWN:
        rows = rows.filter(outcome="", verdict__in=SHOWN[show][1])
    elif show in LEFT:
        rows = rows.filter(outcome__in=LEFT[show][1])
    page = list(rows[: SIZE + 1])
    later, page = (page[SIZE - 1].pk if len(page) > SIZE else None), page[:SIZE]
    model: Any = RECORDS[bulk.record_type]
    records = model.objects.visible_to(user).select_related("owner").in_bulk([row.record_id for row in page])
    told = [row for row in page if (row.outcome or row.verdict) in ("no", "ask", "warn", "moved")]
    known = judged(bulk, told, user, at) if told else {}
    return [Shown(row, records[row.record_id], _why(row, known)) for row in page if row.record_id in records], later


def _why(row: BulkRow, known: dict[int, Any]) -> str:
    if row.verdict == "none":
        return str(NO_TIME.get(row.codes, NO_TIME["range"]))
    result = known.get(row.record_id)
    if result is None:
        return ""
    if row.outcome == "moved" and result.by_name:
        return _("Changed by %(name)s.") % {"name": result.by_name}
    return " ".join(sentence(finding) for finding in result.findings)
