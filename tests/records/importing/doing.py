"""Loading small tables, and reading what came of them."""

from __future__ import annotations

import hashlib
from zoneinfo import ZoneInfo

from records.importing.opening import open_table
from records.importing.plan import Spec, make_plan
from records.importing.presets import recognise
from records.models import RECORDS
from records.services.imports import load
from tests.cast import clock

SHANGHAI = ZoneInfo("Asia/Shanghai")


def plan_of(data, record_type, mapping, **said):
    data = data.encode() if isinstance(data, str) else data
    options = {name: said.pop(name) for name in ("sheet", "header_row", "encoding", "delimiter") if name in said}
    said = {"zone": SHANGHAI, "blank": "moment"} | said
    mapping = [tuple(pair.split("=")) for pair in mapping.split(",")] if isinstance(mapping, str) else mapping
    return make_plan(open_table(data, "file", **options), Spec(record_type, mapping, **said))


def store(data, record_type, mapping, by, *, said=None, file="old.csv", **options):
    plan = plan_of(data, record_type, mapping, **(said or {}))
    raw = data.encode() if isinstance(data, str) else data
    digest = hashlib.sha256(raw).hexdigest()
    return load(plan=plan, file=file, digest=digest, by=by, channel="import", **{"clock": clock} | options)


def own(data, by, *, file="own.csv", said=None, **options):
    """Load an export of ours as it says of itself."""
    table = open_table(data, file)
    found = recognise([column.name for column in table.columns])
    assert found.system == "redate"
    said = {"existing": "update", **(said or {})}
    plan = make_plan(table, Spec(found.record_type, found.mapping, ZoneInfo(found.zone), **said))
    return load(plan=plan, file=file, digest="x", by=by, channel="import", **{"clock": clock} | options)


def history_rows():
    """How many rows all histories of records hold."""
    return sum(model.history.model.objects.count() for model in RECORDS.values())


def lines(no):
    """(line, code) of what a refused import names."""
    return [(error.line, error.code) for error in no.value.errors]
