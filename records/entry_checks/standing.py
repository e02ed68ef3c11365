"""Times that stand as they should not: in the future, or before what they hang on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import F, QuerySet

from audit.models import Finding
from records.models import RECORDS

from .found import SOURCE, Found
from .looking import Look

BEFORE, FUTURE = "before_parent", "future"
PAIRS = (
    ("opportunity", "customer"),
    ("followup", "customer"),
    ("followup", "opportunity"),
    ("contract", "customer"),
    ("contract", "opportunity"),
)  # child and parent; the child's field bears the parent's name
AT_ONCE = 500


def future(look: Look) -> Iterator[Found]:
    """Records that count from a later moment, where their type's rule does not allow it."""
    for name, model in RECORDS.items():
        rule = look.rules.by_type.get(name)
        if rule is not None and rule.allow_future:
            continue
        ahead = model.objects.filter(entered_at__gt=look.at, archived_at__isnull=True).order_by("-entered_at")
        for pk, at in ahead.values_list("pk", "entered_at").iterator():
            yield Found(FUTURE, f"{name}:{pk}", None, name, pk, facts={"after": at.isoformat()})


def before_parent(look: Look) -> Iterator[Found]:
    """Records that count from before what they hang on; looked at where either was changed, or was found before."""
    known = _known()
    for child, parent in PAIRS:
        seen: set[int] = set()
        for rows in _touched(look, child, parent, known.get((child, parent), [])):
            for pk, at, above, above_at in rows.iterator():
                if pk not in seen:
                    seen.add(pk)
                    yield _pair(child, parent, pk, at, above, above_at)


def _touched(look: Look, child: str, parent: str, known: list[int]) -> Iterator[QuerySet]:
    """Children before their parent: those changed in the span, those whose parent moved in it, and those of before."""
    model: Any = RECORDS[child]
    wrong = model.objects.filter(entered_at__lt=F(f"{parent}__entered_at"), archived_at__isnull=True).order_by()
    told = wrong.values_list("pk", "entered_at", f"{parent}_id", f"{parent}__entered_at")
    changed = model.history.model.objects.filter(history_date__gte=look.since, history_date__lte=look.at).order_by()
    yield told.filter(pk__in=changed.values("id"))
    yield told.filter(**{f"{parent}__in": look.moves(RECORDS[parent].history.model).values("id")})  # type: ignore[attr-defined]
    for start in range(0, len(known), AT_ONCE):
        yield told.filter(pk__in=known[start : start + AT_ONCE])


def _pair(child: str, parent: str, pk: int, at: dt.datetime, above: int, above_at: dt.datetime) -> Found:
    facts = {
        "type": child,
        "parent_type": parent,
        "parent_id": above,
        "after": at.isoformat(),
        "parent_at": above_at.isoformat(),
    }
    return Found(BEFORE, f"{child}:{pk}:{parent}", None, child, pk, facts=facts)


def _known() -> dict[tuple[str, str], list[int]]:
    """What was found by earlier runs and was not gone yet."""
    rows: Iterable[Finding] = Finding.objects.filter(source=SOURCE, code=BEFORE, gone_at__isnull=True).only(
        "record_type", "record_id", "facts"
    )
    found: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        if row.record_id is not None:
            found.setdefault((row.record_type, str(row.facts.get("parent_type"))), []).append(row.record_id)
    return found
