"""One run: all checks on one state of the database, what they found kept, and an event that says so."""

from __future__ import annotations

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import Error, OperationalError, connection, transaction
from django.db.models import Sum

from audit.beats import Stopped
from audit.models import Seal
from audit.seals import waiting

from . import checks, keeping
from .look import Look
from .marks import marked
from .report import MOST, Found, Report

logger = logging.getLogger(__name__)
Clock = Callable[[], dt.datetime]
MOST_WAITING = 100_000  # unsealed rows are counted so far


def run(
    *,
    by: Any,
    clock: Clock,
    heads: Any = None,
    since: int | dt.date | None = None,
    beat: Any = None,
    keep: bool = True,
    channel: str = "command",
) -> Report:
    """Check everything; `by` is a person or None. Nothing in the database is changed but what is kept of the run.

    `heads`: a file of heads, by default the one of the settings. `since`: hash again only rows sealed by that seal or
    later, or from that day (UTC) on; the other checks always look at all. `beat.step(done, total, said)` is told how
    far it is and may raise to end it. `keep`: store the run and its findings, and an event.
    """
    kept = keeping.begin(by=by, at=clock()) if keep else None
    try:
        report = examine(Look(clock(), _first_seal(since), settings.SEAL_HEADS if heads is None else heads), beat)
    except BaseException:
        if kept is not None:
            keeping.failed(kept, clock())
        raise
    if kept is not None:
        keeping.end(kept, report, by=by, at=clock(), channel=channel)
    return report


def examine(look: Look, beat: Any = None, names: Iterable[str] | None = None) -> Report:
    """Make the checks of these names (default: all).

    Where others write meanwhile, what a check read in several statements counts only if a second look finds it too.
    """
    begun = time.monotonic()
    made = {name: each for name, each in checks.every().items() if names is None or name in names}
    report = Report(at=look.at, since=look.since, heads=str(look.heads or ""), checks=list(made))
    with _one_state():
        _describe(report, look)
        look.counted = _counter(report, look, beat)
        for name, check in made.items():
            _tell(beat, report, name)
            _make(name, check, look, report)
        report.findings = marked(report.findings)
    _tell(beat, report, "end")
    _settle(report, look, made)
    report.seconds = time.monotonic() - begun
    return report


def _first_seal(since: int | dt.date | None) -> int:
    """The number of the first seal to hash again; one more than there are where none is so new."""
    if since is None or (isinstance(since, int) and since <= 1):
        return 0
    if isinstance(since, int):
        return since
    moment = since if isinstance(since, dt.datetime) else dt.datetime.combine(since, dt.time(), dt.UTC)
    found = Seal.objects.filter(at__gte=moment).order_by("number").values_list("number", flat=True).first()
    return found or (Seal.objects.count() and Seal.objects.order_by("-number")[0].number + 1)


def _describe(report: Report, look: Look) -> None:
    newest = look.newest
    report.seals = Seal.objects.filter(number__gte=look.since, number__lte=newest.number).count() if newest else 0
    report.head, report.number = (newest.head, newest.number) if newest else ("", 0)
    report.waiting = waiting(MOST_WAITING)
    report.purged, report.purges = len(look.purges), look.purges.events


def _counter(report: Report, look: Look, beat: Any) -> Callable[[int], None]:
    held = Seal.objects.filter(number__gte=look.since).aggregate(rows=Sum("count"))["rows"] or 0

    def counted(rows: int) -> None:
        report.rows += rows
        if beat is not None:
            beat.step(report.rows, held, "rows")

    return counted


def _tell(beat: Any, report: Report, name: str) -> None:
    if beat is not None:
        beat.step(report.rows, None, name)


def _make(name: str, check: checks.Check, look: Look, report: Report) -> None:
    """Make one check. One that stumbles over what it reads is a finding itself; the others are made all the same."""
    try:
        part = _gathered(name, check, look)
    except (Stopped, OperationalError):
        raise
    except (Error, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        logger.exception("The check %s could not be made.", name)
        facts = {"check": name, "why": f"{type(error).__name__}: {error}"[:300], "table": name}
        report.add(Found("check_failed", about=name, facts=facts, check=name))
    else:
        report.take(part)


def _gathered(name: str, check: checks.Check, look: Look) -> Report:
    """What a check finds. Where SQLite holds bytes that are no text, all is read once more, taking them as they are."""
    try:
        return _gather(name, check, look)
    except OperationalError as error:
        if "decode" not in str(error):
            raise
    own = connection.connection
    before, own.text_factory = own.text_factory, lambda told: told.decode("utf-8", "surrogateescape")
    try:
        return _gather(name, check, look)
    finally:
        own.text_factory = before


def _gather(name: str, check: checks.Check, look: Look) -> Report:
    part = Report(at=look.at)
    with _savepoint():
        for found in check(look):
            part.add(replace(found, check=name))
    return part


def _settle(report: Report, look: Look, made: dict[str, checks.Check]) -> None:
    """Take out what a second look no longer finds, of checks that read in more than one statement."""
    names = {found.check for found in report.findings} & checks.twice()
    if not names or _inside():
        return
    second = Report(at=report.at)
    with _one_state():
        for name in names:
            _make(name, made[name], Look(look.at, look.since, look.heads), second)
    still = {found.key for found in second.findings}
    for found in list(report.findings):
        if found.check in names and report.codes[found.code] <= MOST and found.key not in still:
            report.drop(found)


@contextmanager
def _one_state() -> Iterator[None]:
    """On PostgreSQL all checks see the database as it was at one moment; on SQLite each statement does.

    Not a transaction on SQLite: ours begin IMMEDIATE, and would keep every writer waiting.
    """
    if connection.vendor != "postgresql" or connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL cursor_tuple_fraction = 1")  # all of a query is wanted, not its first rows
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute("SET LOCAL jit = off")
        yield


def _inside() -> bool:
    """Whether we are in somebody's transaction: a second look would see the same."""
    return connection.in_atomic_block


def _savepoint() -> Any:
    return transaction.atomic() if connection.in_atomic_block else nullcontext()
