"""`manage.py import_records FILE --type opportunity --map "…" --zone … --by USER`: bring an old system's records in."""

from __future__ import annotations

import argparse
import hashlib
import time
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.times import now, zone
from records.importing.errors import NotAFile, RowError
from records.importing.plan import Plan, Spec, make_plan
from records.importing.reader import DELIMITERS, ENCODINGS, MAX_BYTES, Table, read_table
from records.models import RECORDS
from records.refusals import Refused
from records.services.imports import ImportRefused, Loaded, load

SHOWN = 20


class Command(BaseCommand):
    """Reads a CSV or TSV file and stores it through records.services.imports; nothing is stored when a row is wrong."""

    help = "Import records from a CSV or TSV file, with the file's dates as entry times."

    def add_arguments(self, parser: CommandParser) -> None:
        """What the file is, who imports it, who owns its records, and what open questions are answered with."""
        add = parser.add_argument
        add("file", type=Path)
        add("--type", required=True, choices=sorted(RECORDS), help="what each row is")
        add("--map", required=True, type=pairs, help='"heading=field,…"; #3 is the third column')
        add("--zone", required=True, help="the zone of the file's clocks, like Europe/London")
        add("--date-format", default="", help='"d-m-Y" for all date columns, or "heading=d-m-Y,…"')
        add("--by", required=True, help="sign-in name of the person who imports")
        add(
            "--owner",
            default="",
            help="sign-in name of the owner; with an owner column, of the rows it does not answer",
        )
        add("--owner-map", type=Path, help="CSV of two columns: name in the file, sign-in name")
        add(
            "--blank",
            choices=("moment", "refuse"),
            default="",
            help="rows without an entry time: import's moment, or no",
        )
        add("--customer-blank", choices=("none", "refuse"), default="refuse", help="opportunities without a customer")
        add("--create-missing-customers", action="store_true", help="enter customers that only the file knows")
        add("--values", type=pairs, default=[], help='"stage:Engaging=qualified,…"')
        add("--set", type=pairs, default=[], help='"currency=USD,…" for every row')
        add("--leave-out", type=pairs, default=[], help='"is_deleted=true,…": rows that are not imported')
        add("--source", default="import", help="name of the system whose ids the file holds")
        add("--decimal", choices=(".", ","), default=".", help="decimal mark")
        add("--double", choices=("earlier", "later"), default="", help="times that the clock showed twice")
        add("--encoding", choices=sorted(ENCODINGS), default="")
        add("--delimiter", choices=DELIMITERS, default="")
        add("--note", default="", help="why, beside the name of the file")
        add("--skip-bad-rows", action="store_true", help="store the good rows although others are wrong")
        add("--dry-run", action="store_true", help="do all of it and take it back")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, plan, load, tell."""
        started = time.monotonic()
        data = _bytes(options["file"])
        try:
            table = read_table(data, encoding=options["encoding"], delimiter=options["delimiter"])
            plan = make_plan(table, _spec(options))
        except (NotAFile, ValueError) as no:
            raise CommandError(str(no)) from no
        self._tell_read(options["file"], table, plan)
        loaded = self._load(plan, data, options)
        self._tell_loaded(plan, loaded, options, time.monotonic() - started)

    def _load(self, plan: Plan, data: bytes, options: dict[str, Any]) -> Loaded:
        try:
            return load(
                plan=plan,
                file=options["file"].name,
                digest=hashlib.sha256(data).hexdigest(),
                by=_person(options["by"]),
                channel="import",
                clock=now,
                owner=_person(options["owner"]) if options["owner"] else None,
                owners=_owners(options["owner_map"]),
                create_missing_customers=options["create_missing_customers"],
                skip_bad_rows=options["skip_bad_rows"],
                note=options["note"],
                trial=options["dry_run"],
            )
        except ImportRefused as no:
            self._tell_errors(no.errors)
            raise CommandError("Nothing was stored. " + " ".join(no.messages())) from no
        except Refused as no:
            raise CommandError("Nothing was stored. " + " ".join(no.messages())) from no

    def _tell_read(self, file: Path, table: Table, plan: Plan) -> None:
        mark = {"\t": "tab"}.get(table.delimiter, table.delimiter)
        self.stdout.write(f"{file.name}: {plan.read:,} rows, {len(table.columns)} columns, {table.encoding}, “{mark}”.")
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

    def _tell_loaded(self, plan: Plan, loaded: Loaded, options: dict[str, Any], seconds: float) -> None:
        self._tell_errors(loaded.errors)
        if loaded.earlier is not None:
            before = f"as batch {loaded.earlier.pk} on {loaded.earlier.at:%Y-%m-%d}"
            self.stdout.write(f"This file was loaded before, {before}. Nothing new.")
            return
        if loaded.existing:
            self.stdout.write(f"{loaded.existing:,} rows are stored already and stay as they are.")
        if loaded.customers:
            self.stdout.write(f"{loaded.customers:,} customers that only the file knew, entered now.")
        would = "would be " if options["dry_run"] else ""
        batch = f" as batch {loaded.batch.pk}" if loaded.batch and not would else ""
        name = RECORDS[plan.spec.record_type]._meta.verbose_name_plural
        rows = loaded.created
        self.stdout.write(f"{rows:,} {name} and {rows:,} history rows {would}written in {seconds:.1f} s{batch}.")


def pairs(text: str) -> list[tuple[str, str]]:
    """ "a=b,c=d" → [("a", "b"), ("c", "d")]; the last = of a part counts, a comma inside is written as \\, ."""
    parts = [part.replace("\0", ",") for part in text.replace("\\,", "\0").split(",") if part.strip()]
    if any("=" not in part for part in parts):
        raise argparse.ArgumentTypeError(f'"{text}" is not "name=value,name=value"')
    found = (part.rpartition("=") for part in parts)
    return [(left.strip(), right.strip()) for left, _, right in found]


def _spec(options: dict[str, Any]) -> Spec:
    values: dict[str, dict[str, str]] = {}
    for left, value in options["values"]:
        field, _, text = left.partition(":")
        values.setdefault(field.strip(), {})[text.strip()] = value
    date_format = options["date_format"]
    return Spec(
        record_type=options["type"],
        mapping=options["map"],
        zone=zone(options["zone"]),
        date_formats=dict(pairs(date_format)) if "=" in date_format else {"": date_format},
        blank=options["blank"],
        no_customer=options["customer_blank"],
        values=values,
        constants=dict(options["set"]),
        leave_out=dict(options["leave_out"]),
        decimal=options["decimal"],
        double=options["double"],
        source=options["source"],
    )


def _bytes(file: Path) -> bytes:
    if not file.is_file():
        raise CommandError(f"There is no file {file}.")
    with file.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def _person(name: str) -> Any:
    user = get_user_model().objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"Nobody signs in as {name}.")
    return user


def _owners(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        table = read_table(_bytes(file))
    except NotAFile as no:
        raise CommandError(f"{file.name}: {no.message}") from no
    return {cells[0].strip(): _person(cells[1].strip()) for _, cells in table.rows}
