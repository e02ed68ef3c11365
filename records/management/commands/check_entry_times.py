"""`manage.py check_entry_times`: which entry times should somebody look at? Exit code 0: none, 1: some are open."""

from __future__ import annotations

import datetime as dt
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit import times
from records.entry_checks import Found, Report, run, words
from records.models.rules import company


class Command(BaseCommand):
    """Makes the periodic review of entry times, and names each finding."""

    help = "Reviews entry times. Exit code 0: nothing is open, 1: findings that nobody has explained."

    def add_arguments(self, parser: CommandParser) -> None:
        """From where on, and how to tell."""
        parser.add_argument("--since", metavar="DATE", help="look at changes from this day on (default: 90 days ago)")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")
        parser.add_argument("--no-store", action="store_true", help="keep neither the run nor what it finds")

    def handle(self, *args: Any, **options: Any) -> None:
        """Findings go to standard output; times are those of the company's zone."""
        with timezone.override(company().shown_zone):
            report = run(by=None, clock=times.now, since=_since(options["since"]), keep=not options["no_store"])
            self.stdout.write(_as_json(report) if options["json"] else _as_text(report))
        if report.open:
            sys.exit(1)


def _since(text: str | None) -> dt.date | None:
    if text is None:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise CommandError("--since is a day like 2026-03-18.", returncode=2) from error
    if not times.FIRST.date() < day < times.END.date():
        raise CommandError("--since is a day from 1970-01-02 to 2099-12-31.", returncode=2)
    return day


def _as_text(report: Report) -> str:
    lines = []
    for found in report.findings:
        fine = " (explained)" if found.key in report.explained else ""
        lines.append(f"{_place(found)}: {words.sentence(found.code, found.told)}{fine}")
        lines.append(f"  {words.details(found.code, found.told)}")
    if report.total > len(report.findings):
        lines.append(f"… {report.total - len(report.findings):,} more")
    since = timezone.localdate(report.since).isoformat()
    lines.append(f"{report.rows:,} changes since {since} looked at: {report.total:,} findings, {report.open:,} open.")
    return "\n".join(lines)


def _place(found: Found) -> str:
    return f"{found.record_type} {found.record_id}" if found.record_id is not None else found.code


def _as_json(report: Report) -> str:
    names = ("code", "key", "kind", "row_id", "record_type", "record_id")
    told = {
        "ok": not report.open,
        "at": report.at.isoformat(),
        "since": report.since.isoformat(),
        "rows": report.rows,
        "total": report.total,
        "open": report.open,
        "seconds": round(report.seconds, 3),
        "findings": [
            {name: getattr(found, name) for name in names}
            | {
                "facts": found.told,
                "explained": found.key in report.explained,
                "sentence": words.sentence(found.code, found.told),
                "details": words.details(found.code, found.told),
                "what_to_do": words.what_to_do(found.code),
            }
            for found in report.findings
        ],
    }
    return json.dumps(told, indent=1)
