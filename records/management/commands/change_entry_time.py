"""`manage.py change_entry_time --csv FILE --by USER`, or by a filter: what "just run an UPDATE" would do, in order."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit.times import NotATime, now, parse
from records.management.moves import Wanted, from_file, from_filter
from records.management.told import SHOWN, back_up, counts, person, table
from records.models import RECORDS
from records.models.rules import company
from records.moving import COPIED, COPY, RESTORE, SET, SHIFT, Spec, read_shift
from records.refusals import WARNINGS, Refused
from records.services.entry_time.many import change_many, preview_many

CHANNEL = "command"


class Command(BaseCommand):
    """Prints what it would do; does it, through the door and as one batch, with --apply."""

    help = "Change the entry times of many records, by a CSV of number,new time,reason,note or by the filter of a list."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which records, which times, who, why, and whether to do it."""
        parser._negative_number_matcher = re.compile(r"-\d.*")  # so that --shift -1d needs no =
        add = parser.add_argument
        add("--csv", type=Path, help="a file of number,new time,reason,note; the last two may be missing")
        add("--type", choices=sorted(RECORDS), default="", help="what the records are")
        add("--filter", default="", help='the address of a list behind its "?": "owner=3&from=2026-03-01"')
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--set", metavar="TIME", help="one time for all, on the company's clocks")
        how.add_argument("--shift", help='so far from where each stands: "-1d", "+7h", "-1d 2h 30m"')
        how.add_argument("--copy", metavar="FIELD", help="another date of each record, like signed_on")
        how.add_argument("--restore", action="store_true", help="the time each was created with")
        clocks = parser.add_mutually_exclusive_group()
        clocks.add_argument("--wall", action="store_true", help="shift on the company's clocks (as without)")
        clocks.add_argument("--exact", action="store_true", help="shift by hours of 60 minutes, whatever clocks do")
        add("--by", required=True, help="sign-in name of the person who does it, whose rights and rules hold")
        add("--reason", default=CHANNEL, help="code of a reason on offer")
        add("--note", default="", help="what happened, in words")
        add("--acknowledge", action="store_true", help="an odd order of times is meant")
        add("--if-moved", choices=("leave_out", "refuse"), default="leave_out", help="rows that changed meanwhile")
        add("--no-backup", action="store_true", help="take no backup first")
        add("--apply", action="store_true", help="do it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, tell, and do it where asked."""
        by, rules = person(options["by"]), company()
        with timezone.override(rules.shown_zone):
            wanted = self._wanted(by, rules.shown_zone, options)
            if options["acknowledge"]:
                wanted.moves = [replace(move, acknowledged=WARNINGS) for move in wanted.moves]
            self._foretell(wanted, by, rules.shown_zone, options)
            if options["apply"] and wanted.moves:
                self._apply(wanted, by, rules.shown_zone, options)
        if not options["apply"]:
            self.stdout.write("Nothing was changed. --apply does it.")

    def _wanted(self, by: Any, zone: dt.tzinfo, options: dict[str, Any]) -> Wanted:
        spec = _spec(zone, options)
        if (spec is None) == (options["csv"] is None):
            raise CommandError("Give either --csv, or one of --set, --shift, --copy and --restore.")
        if spec is None:
            wanted = from_file(options["csv"], options["type"], zone)
            if wanted.without and options["apply"]:
                self._tell_without(wanted)
                raise CommandError(f"Nothing was changed: {len(wanted.without):,} lines cannot be read.")
            return wanted
        if not options["type"]:
            raise CommandError("Say with --type what the records are.")
        return from_filter(options["type"], options["filter"], spec, by, zone, options["set"] or "")

    def _foretell(self, wanted: Wanted, by: Any, zone: dt.tzinfo, options: dict[str, Any]) -> None:
        said = {"reason": options["reason"], "note": options["note"], "channel": CHANNEL}
        rows = preview_many(moves=wanted.moves, model=wanted.model, by=by, at=now(), **said)
        self._tell_without(wanted)
        for line in table(rows, zone):
            self.stdout.write(line)
        outcomes = ["warn" if self._warned(row, options) else row.outcome for row in rows]
        self.stdout.write(f"{counts([*outcomes, *['none'] * len(wanted.without)])}. Times in {zone}.")

    @staticmethod
    def _warned(row: Any, options: dict[str, Any]) -> bool:
        return bool(row.warnings) and not options["acknowledge"]

    def _tell_without(self, wanted: Wanted) -> None:
        for what, why in wanted.without[:SHOWN]:
            self.stderr.write(f"{what}  {why}")
        if len(wanted.without) > SHOWN:
            self.stderr.write(f"… and {len(wanted.without) - SHOWN:,} more.")

    def _apply(self, wanted: Wanted, by: Any, zone: dt.tzinfo, options: dict[str, Any]) -> None:
        if not options["no_backup"]:
            back_up(self)
        try:
            result = change_many(
                moves=wanted.moves,
                model=wanted.model,
                by=by,
                reason=options["reason"],
                note=options["note"],
                channel=CHANNEL,
                clock=now,
                on_moved=options["if_moved"],
                title=options["note"] or "manage.py change_entry_time",
            )
        except Refused as no:
            raise CommandError("Nothing was changed. " + " ".join(no.messages())) from no
        for line in table(result.of("moved"), zone):
            self.stdout.write(line)
        batch = f" Batch {result.batch.pk}." if result.batch else " Nothing was changed."
        self.stdout.write(f"{counts(row.outcome for row in result.rows)}.{batch}")


def _spec(zone: dt.tzinfo, options: dict[str, Any]) -> Spec | None:
    """How the times are made, as it was said; None for a file."""
    try:
        if options["set"]:
            return Spec(SET, at=parse(options["set"], zone))
        if options["shift"]:
            return Spec(SHIFT, minutes=read_shift(options["shift"]), wall=not options["exact"])
    except NotATime as no:
        raise CommandError(no.message) from no
    except ValueError as error:
        raise CommandError(str(error)) from error
    if options["copy"]:
        offered = COPIED.get(options["type"], {})
        if options["copy"] not in offered:
            raise CommandError(f"Copy one of {', '.join(offered) or 'the dates of a --type'}.")
        return Spec(COPY, field=options["copy"])
    return Spec(RESTORE) if options["restore"] else None
