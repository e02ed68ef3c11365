"""A run and what it found, as rows. What was explained stays explained, and is found under the same key again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db import transaction

from audit.events import record_event
from audit.models import Finding, Verification

from .found import SOURCE, Found
from .looking import Look

EVENT = "times_checked"
_MARGIN = dt.timedelta(days=1)  # what began before the span may be found in part only
_AT_ONCE = 500


def begin(*, by: Any, at: dt.datetime) -> Verification:
    """A run that has begun."""
    return Verification.objects.create(source=SOURCE, at=at, by_id=by.pk if by else None, by_name=str(by) if by else "")


def failed(kept: Verification, at: dt.datetime) -> None:
    """The run could not be made, or was stopped."""
    kept.result, kept.ended_at = "failed", at
    kept.save(update_fields=["result", "ended_at"])


def end(kept: Verification, report: Any, look: Look, *, by: Any, at: dt.datetime, channel: str) -> None:
    """Keep what the run found, and an event that it was made."""
    kept.ended_at, kept.result = at, "findings" if report.total else "ok"
    kept.rows, kept.findings = report.rows, report.total
    kept.facts = {"since": look.since.isoformat(), "codes": report.codes, "seconds": round(report.seconds, 3)}
    what = {"result": kept.result, "rows": kept.rows, "findings": kept.findings, "since": kept.facts["since"]}
    with transaction.atomic():
        kept.save()
        _keep(report.findings, at)
        _let_go({found.key for found in report.findings}, report.cut, look, at)
        record_event(kind=EVENT, by=by, at=at, channel=channel, what=what)


def explained(findings: Collection[Found]) -> set[str]:
    """The keys of those that somebody said are fine."""
    keys = [found.key for found in findings]
    said: set[str] = set()
    for start in range(0, len(keys), _AT_ONCE):
        some = Finding.objects.filter(key__in=keys[start : start + _AT_ONCE], explained_at__isnull=False)
        said.update(some.values_list("key", flat=True))
    return said


def _keep(findings: list[Found], at: dt.datetime) -> None:
    new = {found.key: found for found in findings}
    keys = list(new)
    for start in range(0, len(keys), _AT_ONCE):
        some = keys[start : start + _AT_ONCE]
        known = {finding.key: finding for finding in Finding.objects.filter(key__in=some)}
        for key, finding in known.items():
            finding.facts, finding.seen_at, finding.gone_at = new[key].told, at, None
            finding.record_type, finding.record_id = new[key].record_type, new[key].record_id
        Finding.objects.bulk_update(known.values(), ["facts", "seen_at", "gone_at", "record_type", "record_id"])
        rows = [_row(new[key], at) for key in some if key not in known]
        Finding.objects.bulk_create(rows, ignore_conflicts=True)  # two runs at once find the same


def _row(found: Found, at: dt.datetime) -> Finding:
    return Finding(
        source=SOURCE,
        code=found.code,
        key=found.key,
        kind=found.kind,
        row_id=found.row_id,
        record_type=found.record_type,
        record_id=found.record_id,
        facts=found.told,
        found_at=at,
        seen_at=at,
    )


def _let_go(keys: set[str], cut: set[str], look: Look, at: dt.datetime) -> None:
    """Findings that this run would have found again, and did not, are gone; older ones it says nothing of."""
    standing = Finding.objects.filter(source=SOURCE, gone_at__isnull=True).exclude(code__in=cut)
    gone = [row.pk for row in standing.only("key", "facts") if row.key not in keys and _in_span(row, look)]
    for start in range(0, len(gone), _AT_ONCE):
        Finding.objects.filter(pk__in=gone[start : start + _AT_ONCE]).update(gone_at=at)


def _in_span(row: Finding, look: Look) -> bool:
    moment = row.facts.get("at")
    return moment is None or look.since + _MARGIN <= dt.datetime.fromisoformat(moment) <= look.at
