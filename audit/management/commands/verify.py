"""`manage.py verify`: is the trail whole? Exit code 0: yes, 1: something was found, 2: it could not be checked."""

from __future__ import annotations

import datetime as dt
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor

from audit import times
from audit.verify import Report, run


class Command(BaseCommand):
    """Checks every row of the trail and everything that must agree with it, and names each finding."""

    help = "Verifies that the trail is whole. Exit code 0: it is, 1: findings, 2: it could not be checked."

    def add_arguments(self, parser: CommandParser) -> None:
        """What to compare with, from where on, and how to tell."""
        parser.add_argument("--heads", metavar="FILE", help="heads kept elsewhere (default: SEAL_HEADS)")
        parser.add_argument("--since", metavar="DATE|SEAL", help="hash again only rows sealed since; the rest is whole")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")
        parser.add_argument("--no-store", action="store_true", help="keep neither the run nor what it finds")

    def handle(self, *args: Any, **options: Any) -> None:
        """Findings go to standard output, progress to standard error."""
        _check_migrated()
        since, progress = _since(options["since"]), _Progress(self.stderr)
        keep = not options["no_store"]
        try:
            report = run(by=None, clock=times.now, heads=options["heads"], since=since, beat=progress, keep=keep)
        except (Error, OSError) as error:
            raise CommandError(f"The trail could not be checked: {error}", returncode=2) from error
        self.stdout.write(_as_json(report) if options["json"] else _as_text(report))
        if not report.ok:
            sys.exit(1)


class _Progress:
    """Says how far it is: on a terminal a line written over itself, elsewhere a line for each check."""

    def __init__(self, out: Any) -> None:
        self.out, self._said = out, ""

    def step(self, done: int, total: int | None = None, said: str | None = None) -> None:
        """So many rows are hashed; `said` is the check that is made."""
        if self.out.isatty():
            self.out.write(f"\r{said}: {done:,}\033[K", ending="\n" if said == "end" else "")
        elif said not in (self._said, "end"):
            self.out.write(f"{said}: {done:,}")
        self._said = said or ""


def _check_migrated() -> None:
    """Tables that this version of Redate does not know cannot be checked by it. Raises CommandError."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CommandError("The database is of another version of Redate. Run `manage.py migrate`.", returncode=2)


def _since(text: str | None) -> int | dt.date | None:
    if text is None:
        return None
    try:
        return int(text) if text.isdecimal() else dt.date.fromisoformat(text)
    except ValueError as error:
        raise CommandError("--since is a day like 2026-03-18 or the number of a seal.", returncode=2) from error


def _as_text(report: Report) -> str:
    lines = []
    for found in report.findings:
        lines += [f"{found.place}: {found.code}", f"  {found.sentence}", f"  {found.what_to_do}"]
    if report.uncounted:
        lines.append(f"… {report.uncounted:,} more")
    return "\n".join([*lines, report.sentence]).encode("utf-8", "replace").decode()


def _as_json(report: Report) -> str:
    names = ("code", "kind", "row_id", "record_type", "record_id", "facts", "sentence", "what_to_do")
    told = {
        "ok": report.ok,
        "at": report.at.isoformat(),
        "rows": report.rows,
        "seals": report.seals,
        "seal": report.number,
        "head": report.head,
        "since": report.since,
        "waiting": report.waiting,
        "purged": report.purged,
        "seconds": round(report.seconds, 3),
        "findings": [{name: getattr(found, name) for name in names} for found in report.findings],
        "more": report.uncounted,
        "sentence": report.sentence,
    }
    return json.dumps(told, default=str, indent=1)
