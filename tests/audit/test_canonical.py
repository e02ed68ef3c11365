"""Rows as bytes: a fixed vector, one slow encoder beside the quick one, and what SQLite takes that no column holds."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
from decimal import Decimal
from hashlib import sha256

import pytest
from django.db import connection, models
from django.db.models import Max

from audit.canonical import RowFormat, UnknownColumns, canonical, columns_of, kind_of
from audit.kept import sealed_models
from audit.models import Event, Review
from audit.triggers import MAINTENANCE, switched_on
from tests.audit.house import POSTGRES, build, run
from tests.cast import NOW

pytestmark = pytest.mark.django_db


def event(**values):
    """An event with something of each kind in it."""
    what = {"z": 1.0, "a": [True, None, 1e16, 0.1], "名": 'é\u200b\n"', "deep": {"b": 1, "a": -0.0}}
    facts = {
        "at": NOW.replace(microsecond=120),
        "kind": "export",
        "channel": "web",
        "actor_name": "林 悦",
        "what": what,
    }
    return Event.objects.create(**facts | {"remote_addr": "2001:DB8::1"} | values)


def bytes_of(row, columns=None):
    row_format = RowFormat(type(row), columns)
    ((pk, data),) = row_format.rows("t.id = %s", [row.pk], limit=1)
    assert pk == row.pk
    return data


def test_a_row_is_these_bytes_on_both_databases():
    row = event(pk=77)
    assert (
        bytes_of(row)
        == (
            '["audit.event",{"actor_name":"林 悦","at":"2026-03-18T06:32:00.000120Z","channel":"web","id":77,'
            '"kind":"export","record_type":"","remote_addr":"2001:db8::1",'
            '"what":{"a":[true,null,10000000000000000,0.1],"deep":{"a":0,"b":1},"z":1,"名":"é\u200b\\n\\""}}]'
        ).encode()
    )


def test_only_the_columns_of_the_list_count():
    assert bytes_of(event(pk=5), ["kind", "id"]) == b'["audit.event",{"id":5,"kind":"export"}]'
    with pytest.raises(UnknownColumns) as error:
        RowFormat(Event, ["id", "gone"])
    assert error.value.names == ["gone"]


def slow(model, values):
    """The same by what Django reads, value by value."""

    def told(field, value):
        if isinstance(value, dt.datetime):
            return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        if isinstance(value, dt.date):
            return value.isoformat()
        if isinstance(value, Decimal):
            return format(value.normalize() + 0, "f")
        if isinstance(value, ipaddress.IPv4Address):
            return str(value)
        return value

    pairs = zip(model._meta.concrete_fields, values, strict=True)
    row = {field.column: told(field, value) for field, value in pairs if value is not None}
    return json.dumps([kind_of(model), row], sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def test_the_quick_encoder_says_what_the_slow_one_says_of_every_table(cast):
    build(cast)
    event(what={"n": [1, "x"]}, remote_addr="10.0.0.1")
    told = {"by_id": 1, "by_name": "x", "at": NOW, "note": "fine"}
    Review.objects.create(kind="a.b", history_id=1, record_type="customer", record_id=1, outcome="ok", **told)
    seen = set()
    for model in sealed_models():
        names = [field.attname for field in model._meta.concrete_fields]
        wanted = [slow(model, values) for values in model.objects.order_by("pk").values_list(*names)]
        assert [data for _, data in RowFormat(model).rows(limit=9999, step=2)] == wanted
        assert all(canonical(json.loads(data)) == data for data in wanted)
        seen |= {type(f).__name__ for f in model._meta.concrete_fields} if wanted else set()
    assert {"EntryTimeField", "DecimalField", "BooleanField", "DateField", "JSONField"} <= seen
    assert all(columns_of(model) == sorted(columns_of(model)) for model in sealed_models())


@pytest.mark.parametrize("amount", ["0", "-0.50", "100.50", "1234567890123.45", "999999999999999", "0.1", "7"])
def test_an_amount_is_told_plainly(cast, amount):
    from tests import cast as make

    contract = make.contract(cast.owner, make.customer(cast.owner), amount=Decimal(amount), currency="CNY")
    history = contract.history.model
    ((_, data),) = RowFormat(history, ["amount"]).rows(limit=1)
    plain = format(Decimal(amount).normalize(), "f")
    assert json.loads(data) == ["audit.historicalcontract", {"amount": plain}]


MOMENTS = ["2026-03-18T06:32:00", "2026-3-18", "2026-03-18 06:32:00.0001200", "now", "2026-03-18 06:32:00+08:00", 5]


@pytest.mark.skipif(POSTGRES, reason="PostgreSQL holds moments only")
@pytest.mark.parametrize("stored", [*MOMENTS, b"2026-03-18 06:32:00.000120"])
def test_what_no_moment_is_never_looks_like_one(stored):
    row = event()
    before = bytes_of(row)
    with switched_on(MAINTENANCE):
        run("UPDATE audit_event SET at = %s WHERE id = %s", [stored, row.pk])
    assert bytes_of(row) != before
    assert "as it stands" in json.loads(bytes_of(row))[1]["at"]


@pytest.mark.skipif(POSTGRES, reason="PostgreSQL keeps types")
@pytest.mark.parametrize(
    ("column", "value"),
    [("kind", "CAST(x'ff6578' AS TEXT)"), ("kind", "x'6578706f7274'"), ("record_id", "1.5"),
     ("record_id", "'1x'"), ("actor_id", "x'01'")],
)  # fmt: skip
def test_values_of_another_type_are_read_and_differ(column, value):
    row = event()
    before = bytes_of(row)
    with switched_on(MAINTENANCE):
        run(f"UPDATE audit_event SET {column} = {value} WHERE id = %s", [row.pk])
    assert bytes_of(row) not in (before, bytes_of(event()))
    assert isinstance(connection.connection.execute("SELECT 'x'").fetchone()[0], str) if not POSTGRES else True


@pytest.mark.skipif(not POSTGRES, reason="of PostgreSQL")
@pytest.mark.parametrize("moment", ["infinity", "-infinity", "2026-03-18 06:32:00.00012+00 BC", "12026-03-18"])
def test_moments_that_python_cannot_hold_are_read_and_differ(moment):
    row = event()
    before = bytes_of(row)
    with switched_on(MAINTENANCE):
        run("UPDATE audit_event SET at = %s WHERE id = %s", [moment, row.pk])
    assert bytes_of(row) != before


def test_steps_leave_nothing_out_and_limits_hold():
    rows = [event().pk for _ in range(7)]
    row_format = RowFormat(Event, ["id"])
    assert [pk for pk, _ in row_format.rows(limit=100, step=3)] == rows
    assert [pk for pk, _ in row_format.rows(limit=5, step=3)] == rows[:5]
    assert Event.objects.aggregate(last=Max("pk"))["last"] == rows[-1]
    assert isinstance(Event._meta.pk, models.BigAutoField)


def test_the_root_over_fixed_rows_is_the_same_on_both_databases():
    from audit.tree import leaf_of, root_of

    for n in range(1, 6):
        event(pk=n, at=NOW + dt.timedelta(microseconds=n * 10), remote_addr=None if n % 2 else "10.0.0.1")
    leaves = [leaf_of(data) for _, data in RowFormat(Event).rows(limit=9)]
    assert root_of(leaves).hex() == ROOT
    assert leaves[0] == sha256(b"\x00" + bytes_of(Event.objects.get(pk=1))).digest()


ROOT = "ac0f61fcd9febb25536e120029e4e210e8e0631e444b5d133b962132ca32f26e"
