"""Runs and findings as rows: a finding is known again by its key, and gone once a run no longer finds it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Q

from audit.events import record_event
from audit.models import Finding, Verification

from .marks import digest
from .report import Found, Report

SOURCE = "verify"
EVENT = "verified"
AT_ONCE = 500  # keys in one query
_SAME = ("code", "kind", "row_id", "record_type", "record_id")


def begin(*, by: Any, at: dt.datetime) -> Verification:
    """A run that has begun."""
    return Verification.objects.create(source=SOURCE, at=at, by_id=by.pk if by else None, by_name=str(by) if by else "")


def failed(kept: Verification, at: dt.datetime) -> None:
    """The run could not be made, or was stopped."""
    kept.result, kept.ended_at = "failed", at
    kept.save(update_fields=["result", "ended_at"])


def end(kept: Verification, report: Report, *, by: Any, at: dt.datetime, channel: str) -> None:
    """Keep what the run found, and an event that it was made."""
    kept.ended_at, kept.result = at, "ok" if report.ok else "findings"
    kept.rows, kept.seals, kept.findings = report.rows, report.seals, report.total
    kept.facts = {
        "head": report.head,
        "number": report.number,
        "since": report.since,
        "waiting": report.waiting,
        "purged": report.purged,
        "heads": report.heads,
        "seconds": round(report.seconds, 3),
        "codes": report.codes,
    }
    what = {name: kept.facts[name] for name in ("number", "head", "since")}
    what |= {"result": kept.result, "rows": kept.rows, "seals": kept.seals, "findings": kept.findings}
    with transaction.atomic():
        kept.save()
        _keep_findings(report, at)
        record_event(kind=EVENT, by=by, at=at, channel=channel, what=what)


def _keep_findings(report: Report, at: dt.datetime) -> None:
    new = _by_key(report.findings)
    known = _known(list(new))
    for finding in known.values():
        finding.facts, finding.seen_at, finding.gone_at = new[finding.key].facts, at, None
    Finding.objects.bulk_update(known.values(), ["facts", "seen_at", "gone_at"], batch_size=200)
    rows = [_row(key, found, at) for key, found in new.items() if key not in known]
    Finding.objects.bulk_create(rows, batch_size=200)
    _let_go(report, set(new), at)


def _by_key(findings: list[Found]) -> dict[str, Found]:
    """Findings by the key they are kept under.

    An explanation holds for exactly what was found then: what was altered again since is a finding of its own, whose
    key names its content too.
    """
    known = _known([found.key for found in findings])
    kept = {}
    for found in findings:
        before, mark = known.get(found.key), digest(found.facts)
        again = before is not None and before.explained_at is not None and digest(before.facts) != mark
        kept[f"{found.key}:{mark[:16]}" if again else found.key] = found
    return kept


def _known(keys: list[str]) -> dict[str, Finding]:
    found: dict[str, Finding] = {}
    for start in range(0, len(keys), AT_ONCE):
        some = Finding.objects.filter(source=SOURCE, key__in=keys[start : start + AT_ONCE])
        found |= {finding.key: finding for finding in some}
    return found


def _row(key: str, found: Found, at: dt.datetime) -> Finding:
    same = {name: getattr(found, name) for name in _SAME}
    return Finding(source=SOURCE, key=key, facts=found.facts, found_at=at, seen_at=at, **same)


def _let_go(report: Report, keys: set[str], at: dt.datetime) -> None:
    """Findings that a whole run no longer finds are gone; a run over newer seals says nothing of older rows."""
    if report.since or report.uncounted:
        return
    made = Q(pk__in=[])
    for name in report.checks:
        made |= Q(key__startswith=f"{SOURCE}:{name}:")
    open_ones = Finding.objects.filter(made, source=SOURCE, gone_at__isnull=True).values_list("pk", "key")
    gone = [pk for pk, key in open_ones if key not in keys]
    for start in range(0, len(gone), 500):
        Finding.objects.filter(pk__in=gone[start : start + 500]).update(gone_at=at)
