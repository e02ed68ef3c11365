"""`manage.py import_records FILE --type opportunity --zone … --by USER`: bring an old system's records in."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.times import now
from records.importing.changes import plan_changes
from records.importing.columns import model_of
from records.importing.errors import NotAFile, RowError
from records.importing.plan import Plan, make_plan
from records.importing.presets import recognise
from records.importing.table import Table
from records.management.import_options import (
    add_options,
    bytes_of,
    change_spec_of,
    owners_of,
    person,
    spec_of,
    table_of,
)
from records.refusals import Refused
from records.services.imports import ImportRefused, Loaded, load, load_changes, load_contacts
from records.services.imports.outcome import outcome_csv

SHOWN = 20


class Command(BaseCommand):
    """Reads a CSV, TSV or XLSX file and stores it through records.services.imports; nothing where a row is wrong."""

    help = "Import records from a CSV, TSV or Excel file, with the file's dates as entry times."

    def add_arguments(self, parser: CommandParser) -> None:
        """What the file is, who imports it, who owns its records, and what open questions are answered with."""
        add_options(parser.add_argument)

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, plan, load, tell."""
        started = time.monotonic()
        data = bytes_of(options["file"])
        try:
            table = table_of(data, options)
            plan = plan_changes(table, change_spec_of(options)) if options["history"] else self._plan(table, options)
        except (NotAFile, ValueError) as no:
            raise CommandError(str(no)) from no
        if not options["history"]:
            self._tell_read(options["file"], table, plan)
        loaded = self._load(plan, data, options)
        self._tell_loaded(loaded, options, time.monotonic() - started)

    def _plan(self, table: Table, options: dict[str, Any]) -> Plan:
        found = None if options["map"] else recognise([c.name for c in table.columns], options["type"])
        if found is None and not options["map"]:
            raise CommandError("These headings are not known. Say what the columns are with --map.")
        if found is not None:
            self.stdout.write(" ".join(found.said))
        return make_plan(table, spec_of(options, found))

    def _load(self, plan: Any, data: bytes, options: dict[str, Any]) -> Loaded:
        common = {
            "plan": plan,
            "file": options["file"].name,
            "digest": hashlib.sha256(data).hexdigest(),
            "by": person(options["by"]),
            "channel": "import",
            "clock": now,
            "skip_bad_rows": options["skip_bad_rows"],
            "note": options["note"],
            "trial": options["dry_run"],
        }
        try:
            if options["history"]:
                return load_changes(**common)
            if options["type"] == "contact":
                return load_contacts(**common)
            return load(
                **common,
                owner=person(options["owner"]) if options["owner"] else None,
                owners=owners_of(options["owner_map"]),
                create_missing_customers=options["create_missing_customers"],
            )
        except ImportRefused as no:
            self._tell_errors(no.errors)
            _write_outcome(no.outcome, options["outcome"])
            raise CommandError("Nothing was stored. " + " ".join(no.messages())) from no
        except Refused as no:
            raise CommandError("Nothing was stored. " + " ".join(no.messages())) from no

    def _tell_read(self, file: Path, table: Table, plan: Plan) -> None:
        mark = {"\t": "tab"}.get(table.delimiter, table.delimiter)
        how = f"{table.encoding}, “{mark}”" if table.kind == "csv" else f"sheet {table.sheet}"
        headings = f", headings in line {table.header_row}" if table.header_row != 1 else ""
        self.stdout.write(f"{file.name}: {plan.read:,} rows, {len(table.columns)} columns, {how}{headings}.")
        if table.skipped:
            self.stdout.write(f"No rows of the table: lines {', '.join(map(str, sorted(table.skipped)))}.")
        for name, date_format in plan.formats.items():
            day = f"a day alone is its first moment in {plan.spec.zone}" if name == "entered_at" else "days"
            self.stdout.write(f"{name}: {date_format}, {day}.")
        if plan.left_out:
            self.stdout.write(f"{plan.left_out:,} rows left out.")
        if plan.blank:
            self.stdout.write(f"{plan.blank:,} rows without an entry time: {plan.spec.blank}.")
        if plan.no_customer:
            self.stdout.write(f"{plan.no_customer:,} rows without a customer: {plan.spec.no_customer}.")

    def _tell_errors(self, errors: list[RowError]) -> None:
        for error in errors[:SHOWN]:
            column = f" {error.column}:" if error.column else ""
            self.stderr.write(f"line {error.line}:{column} {error.message}")
        lines = len({error.line for error in errors})
        if errors:
            self.stderr.write(f"{len(errors):,} errors in {lines:,} rows, {min(SHOWN, len(errors))} shown.")

    def _tell_loaded(self, loaded: Loaded, options: dict[str, Any], seconds: float) -> None:
        self._tell_errors([*loaded.errors, *loaded.duplicates])
        _write_outcome(loaded.outcome, options["outcome"])
        if loaded.earlier is not None:
            before = f"as batch {loaded.earlier.pk} on {loaded.earlier.at:%Y-%m-%d}"
            self.stdout.write(f"This file was loaded before, {before}. Nothing new.")
            return
        if loaded.existing:
            self.stdout.write(f"{loaded.existing:,} rows are stored already and stay as they are.")
        if loaded.unchanged:
            self.stdout.write(f"{loaded.unchanged:,} rows say what stands already.")
        if loaded.customers:
            self.stdout.write(f"{loaded.customers:,} customers that only the file knew, entered now.")
        would = "would be " if options["dry_run"] else ""
        if loaded.updated:
            self.stdout.write(f"{loaded.updated:,} records {would}changed, {loaded.moved:,} entry times of them.")
        batch = f" as batch {loaded.batch.pk}" if loaded.batch and not would else ""
        name = "changes" if options["history"] else model_of(options["type"])._meta.verbose_name_plural
        rows = loaded.created
        self.stdout.write(f"{rows:,} {name} and {rows:,} history rows {would}written in {seconds:.1f} s{batch}.")


def _write_outcome(outcome: Any, file: Path | None) -> None:
    if file is not None:
        file.write_bytes(b"".join(outcome_csv(outcome)))
