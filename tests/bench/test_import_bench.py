"""100,000 rows imported with their history, beside bare COPY or executemany, and django-import-export; peak memory."""

from __future__ import annotations

import csv
import io
import time

import pytest
import tablib
from django.db import connection
from import_export import fields, resources
from import_export.instance_loaders import CachedInstanceLoader
from import_export.widgets import ForeignKeyWidget

from audit.acts import act
from records.models import Customer, Opportunity
from records.models._entry_time_key import key
from tests import cast as make
from tests.bench.apart import apart
from tests.cast import NOW

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800), pytest.mark.django_db(transaction=True)]
ROWS = 100_000
TARGET, MEGABYTES = 6.0, 300.0
SAMPLE = 3_000  # rows that django-import-export is given; its time grows with them
TIMES_FASTER = 10.0
MAPPING = (
    "id=external_id,name=name,c=customer,stage=stage,amount=amount,close=expected_close_on,note=note,made=entered_at"
)
LOAD = """
from zoneinfo import ZoneInfo
from django.contrib.auth import get_user_model
from records.importing.opening import open_table
from records.importing.plan import Spec, make_plan
from records.services.imports import load
from tests.cast import clock

data = open({file!r}, "rb").read()
begun = time.perf_counter()
table = open_table(data, "deals.csv")
spec = Spec("opportunity", {mapping!r}, ZoneInfo("Asia/Shanghai"), source="bench")
plan = make_plan(table, spec)
del table
read = time.perf_counter() - begun
by = get_user_model().objects.get(username="administrator")
begun = time.perf_counter()
loaded = load(plan=plan, file="deals.csv", digest="x", by=by, channel="import", clock=clock)
print(json.dumps([loaded.created, read, time.perf_counter() - begun, most()]))
"""


def table(names):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["id", "name", "c", "stage", "amount", "close", "note", "made"])
    for n in range(ROWS):
        day = f"2025-{n % 12 + 1:02}-{n % 28 + 1:02}"
        row = (
            f"X{n}",
            f"Deal {n} 商机 {n % 97}",
            names[n % len(names)],
            "qualified",
            f"{n}.50",
            day,
            f"Note {n % 13}",
            day,
        )
        writer.writerow(row)
    return out.getvalue().encode()


def bare():
    """The rows and their history rows as they stand, put into empty copies of their tables: seconds."""
    tables = [Opportunity._meta.db_table, Opportunity.history.model._meta.db_table]
    quickest = 0.0
    for source in tables:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {source}")
            names = [column[0] for column in cursor.description]
            rows = cursor.fetchall()
            cursor.execute(f"CREATE TABLE bare_{source} AS SELECT * FROM {source} WHERE 1 = 0")
            begun = time.perf_counter()
            _put(cursor, f"bare_{source}", names, rows)
            quickest += time.perf_counter() - begun
            cursor.execute(f"DROP TABLE bare_{source}")
    return quickest


def bare_like_the_tables():
    """The same into tables that have the indexes and checks of the real ones."""
    seconds = 0.0
    for model in (Opportunity, Opportunity.history.model):
        source = model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {source}")
            names = [column[0] for column in cursor.description]
            rows = cursor.fetchall()
            if connection.vendor == "postgresql":
                cursor.execute(f"CREATE TABLE bare_{source} (LIKE {source} INCLUDING ALL)")
            else:
                _copy_of(cursor, source)
            begun = time.perf_counter()
            _put(cursor, f"bare_{source}", names, rows)
            seconds += time.perf_counter() - begun
            cursor.execute(f"DROP TABLE bare_{source}")
    return seconds


def _copy_of(cursor, source):
    cursor.execute("SELECT type, name, sql FROM sqlite_master WHERE tbl_name = %s AND sql IS NOT NULL", [source])
    for kind, name, sql in cursor.fetchall():
        if kind == "table":
            cursor.execute(sql.replace(f'"{source}"', f'"bare_{source}"', 1))
        elif kind == "index":
            made = sql.replace(f'"{name}"', f'"bare_{name}"', 1).replace(f'ON "{source}"', f'ON "bare_{source}"', 1)
            cursor.execute(made)


def _put(cursor, target, names, rows):
    columns = ", ".join(f'"{name}"' for name in names)
    if connection.vendor == "postgresql":
        with cursor.copy(f"COPY {target} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        return
    cursor.execute("BEGIN")
    cursor.executemany(f"INSERT INTO {target} ({columns}) VALUES ({', '.join(['%s'] * len(names))})", rows)
    cursor.execute("COMMIT")


class DealResource(resources.ModelResource):
    """The same columns as django-import-export reads them: what stands is found by its id for all rows at once, as ours
    does, customers by name, and differences are told, as it does by itself. It judges nothing, and makes neither
    numbers nor words to search by.
    """

    id = fields.Field("external_id", "id")
    customer = fields.Field("customer", "c", widget=ForeignKeyWidget(Customer, "name"))
    expected_close_on = fields.Field("expected_close_on", "close")

    class Meta:
        model = Opportunity
        fields = ("id", "name", "customer", "stage", "amount", "expected_close_on", "note")
        import_id_fields = ("id",)
        instance_loader_class = CachedInstanceLoader

    def before_save_instance(self, instance, row, **kwargs):
        """What a new record needs and the file lacks."""
        instance.number, instance.owner, instance.external_source = f"O-1999-{row['id'][1:]:0>6}", self.owner, "beside"
        instance.entered_at = instance.original_entered_at = instance.recorded_at = NOW


def beside(owner, data):
    """Seconds that django-import-export would take for all rows with their history: a sample of them, in proportion."""
    rows = tablib.Dataset().load(data.replace(b"\nX", b"\nY").decode(), format="csv")[:SAMPLE]  # none stands already
    given = tablib.Dataset(*rows, headers=["id", "name", "c", "stage", "amount", "close", "note", "made"])
    resource = DealResource()
    resource.owner = owner
    before = Opportunity.history.count()
    begun = time.perf_counter()
    with act(by=owner, reason="import", note="", channel="import", at=NOW), key():
        done = resource.import_data(given, use_transactions=True, raise_errors=True)
    seconds = time.perf_counter() - begun
    assert (done.totals["new"], Opportunity.history.count() - before) == (SAMPLE, SAMPLE)
    return seconds * ROWS / SAMPLE


def test_an_import_beside_bare_rows(cast, tmp_path):
    names = [make.customer(cast.owner, name=f"Customer {n}").name for n in range(200)]
    file = tmp_path / "deals.csv"
    file.write_bytes(table(names))
    mapping = [tuple(pair.split("=")) for pair in MAPPING.split(",")]
    created, read, stored, megabytes = apart(LOAD.format(file=str(file), mapping=mapping))
    assert (created, Opportunity.objects.count(), Opportunity.history.count()) == (ROWS, ROWS, ROWS)
    plain, indexed = bare(), bare_like_the_tables()
    other = beside(cast.administrator, file.read_bytes())
    print(
        f"\n{connection.vendor}: read {read:.1f} s, judged and stored {stored:.1f} s; bare rows into like tables "
        f"{indexed:.1f} s ({(read + stored) / indexed:.1f} ×), into tables without indexes {plain:.1f} s "
        f"({(read + stored) / plain:.1f} ×), by django-import-export {other:.0f} s "
        f"({other / (read + stored):.0f} × ours); peak {megabytes:.0f} MB"
    )
    assert (read + stored) / indexed <= TARGET
    assert other / (read + stored) >= TIMES_FASTER
    assert megabytes <= MEGABYTES
