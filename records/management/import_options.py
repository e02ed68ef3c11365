"""The options of `manage.py import_records`, and what they mean to the engine."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError

from audit.times import zone
from records.importing.changes import ChangeSpec
from records.importing.columns import TYPES
from records.importing.errors import NotAFile
from records.importing.opening import open_table
from records.importing.plan import Spec
from records.importing.planned import EXISTING
from records.importing.presets import Recognised
from records.importing.reader import DELIMITERS, ENCODINGS
from records.importing.table import MAX_BYTES, Table


def add_options(add: Callable[..., Any]) -> None:
    """Add all of them with an `add_argument`."""
    add("file", type=Path)
    add("--type", required=True, choices=sorted(TYPES), help="what each row is")
    add("--map", type=pairs, default=[], help='"heading=field,…"; #3 is the third column; else by the headings')
    add("--zone", default="", help="the zone of the file's clocks, like Europe/London")
    add("--date-format", default="", help='"d-m-Y" for all date columns, or "heading=d-m-Y,…"')
    add("--by", required=True, help="sign-in name of the person who imports")
    add("--owner", default="", help="sign-in name of the owner; with an owner column, of rows it does not answer")
    add("--owner-map", type=Path, help="CSV of two columns: name in the file, sign-in name")
    add(
        "--blank",
        choices=("moment", "refuse"),
        default="",
        help="rows without an entry time: import's moment, or no",
    )
    add("--customer-blank", choices=("none", "refuse"), default="refuse", help="opportunities without a customer")
    add("--create-missing-customers", action="store_true", help="enter customers that only the file knows")
    add("--existing", choices=EXISTING, default="", help="rows whose record stands already; skip, if not said")
    add("--clear", action="store_true", help="with --existing update: empty cells empty their fields")
    add("--duplicates", choices=("show", "refuse"), default="show", help="rows that look like another record")
    add("--values", type=pairs, default=[], help='"stage:Engaging=qualified,…"')
    add("--set", type=pairs, default=[], help='"currency=USD,…" for every row')
    add("--leave-out", type=pairs, default=[], help='"is_deleted=true,…": rows that are not imported')
    add("--source", default="", help="name of the system whose ids the file holds")
    add("--decimal", choices=(".", ","), default=".", help="decimal mark")
    add("--double", choices=("earlier", "later"), default="", help="times that the clock showed twice")
    add("--sheet", default="", help="of an Excel file; the first, if not said")
    add("--header-row", type=int, default=None, help="line of the headings; 0: there are none")
    add("--encoding", choices=sorted(ENCODINGS), default="")
    add("--delimiter", choices=DELIMITERS, default="")
    add("--history", action="store_true", help="the rows are changes of records that stand: --map id=record,…")
    add("--outcome", type=Path, help="write what came of every line to this CSV file")
    add("--note", default="", help="why, beside the name of the file")
    add("--skip-bad-rows", action="store_true", help="store the good rows although others are wrong")
    add("--dry-run", action="store_true", help="do all of it and take it back")


def pairs(text: str) -> list[tuple[str, str]]:
    """ "a=b,c=d" → [("a", "b"), ("c", "d")]; the last = of a part counts, a comma inside is written as \\, ."""
    parts = [part.replace("\0", ",") for part in text.replace("\\,", "\0").split(",") if part.strip()]
    if any("=" not in part for part in parts):
        raise argparse.ArgumentTypeError(f'"{text}" is not "name=value,name=value"')
    found = (part.rpartition("=") for part in parts)
    return [(left.strip(), right.strip()) for left, _, right in found]


def table_of(data: bytes, options: dict[str, Any]) -> Table:
    """The table of the file, read as the options say."""
    names = ("sheet", "header_row", "encoding", "delimiter")
    return open_table(data, options["file"].name, **{name: options[name] for name in names})


def spec_of(options: dict[str, Any], found: Recognised | None) -> Spec:
    """What was said, and for the rest what the headings say."""
    own = found is not None and found.system == "redate"
    values: dict[str, dict[str, str]] = {name: dict(texts) for name, texts in (found.values if found else {}).items()}
    for left, value in options["values"]:
        field, _, text = left.partition(":")
        values.setdefault(field.strip(), {})[text.strip()] = value
    date_format = options["date_format"]
    formats = dict(found.date_formats) if found else {}
    formats |= dict(pairs(date_format)) if "=" in date_format else ({"": date_format} if date_format else {})
    return Spec(
        record_type=options["type"],
        mapping=options["map"] or (found.mapping if found else []),
        zone=_zone(options, found),
        date_formats=formats,
        blank=options["blank"],
        no_customer=options["customer_blank"],
        values=values,
        constants=dict(options["set"]),
        leave_out=dict(options["leave_out"]) or (dict(found.leave_out) if found else {}),
        decimal=options["decimal"],
        double=options["double"],
        source=options["source"] or (found.system if found and found.name and not own else "import"),
        existing=options["existing"] or ("update" if own else "skip"),
        clear=options["clear"],
        duplicates=options["duplicates"],
    )


def _zone(options: dict[str, Any], found: Recognised | None = None) -> Any:
    name = options["zone"] or (found.zone if found else "")
    if not name:
        raise CommandError("Say in which --zone the clocks of the file stand.")
    return zone(name)


def change_spec_of(options: dict[str, Any]) -> ChangeSpec:
    """What the columns of an old system's history are: --map "heading=record,…"."""
    return ChangeSpec(
        record_type=options["type"],
        columns={name: heading for heading, name in options["map"]},
        zone=_zone(options),
        source=options["source"] or "import",
        date_format=options["date_format"],
        double=options["double"],
    )


def bytes_of(file: Path) -> bytes:
    """The file, or a little more than may be of it."""
    if not file.is_file():
        raise CommandError(f"There is no file {file}.")
    with file.open("rb") as stream:
        return stream.read(MAX_BYTES + 1)


def person(name: str) -> Any:
    """The person who signs in so."""
    user = get_user_model().objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"Nobody signs in as {name}.")
    return user


def owners_of(file: Path | None) -> dict[str, Any]:
    """Whom the names of a file mean."""
    if file is None:
        return {}
    try:
        table = open_table(bytes_of(file), header_row=1)
    except NotAFile as no:
        raise CommandError(f"{file.name}: {no.message}") from no
    return {cells[0].strip(): person(cells[1].strip()) for _, cells in table.rows}
