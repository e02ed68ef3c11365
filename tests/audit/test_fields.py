"""The entry-time column: what an instance may save, and what the database itself refuses, whoever writes."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.db.migrations.writer import MigrationWriter
from django.db.models.functions import Now
from django.test.utils import isolate_apps

from audit.fields import EntryTimeField, whole_seconds

NOON = dt.datetime(2026, 3, 16, 12, tzinfo=dt.UTC)


@pytest.fixture
def probe():
    """A model with nothing but an entry time; it has a table only in the tests that make one."""
    with isolate_apps("audit"):

        class Probe(models.Model):
            at = EntryTimeField(null=True)

            class Meta:
                app_label = "audit"
                constraints = [whole_seconds("at", "probe_at_whole")]

            def __str__(self):
                return str(self.at)

        yield Probe


def saved(probe, value):
    return probe._meta.get_field("at").pre_save(probe(at=value), add=True)


@pytest.mark.parametrize("value", [NOON, None, Now()], ids=["moment", "none", "expression"])
def test_an_instance_saves_whole_seconds(probe, value):
    assert saved(probe, value) is value


def test_a_fraction_of_a_second_is_not_cut_off_unseen(probe):
    with pytest.raises(ValueError, match=r"Probe.at holds whole seconds, not 2026-03-16T12:00:00.000001"):
        saved(probe, NOON.replace(microsecond=1))


def test_a_filter_takes_any_moment(probe):
    field = probe._meta.get_field("at")
    assert field.get_prep_value(NOON.replace(microsecond=1)) == NOON.replace(microsecond=1)


def test_migrations_find_the_field():
    code, imports = MigrationWriter.serialize(EntryTimeField())
    assert (code, imports) == ("audit.fields.EntryTimeField()", {"import audit.fields"})


IN_RANGE = [NOON, dt.datetime(1970, 1, 1, tzinfo=dt.UTC), dt.datetime(2099, 12, 31, 23, 59, 59, tzinfo=dt.UTC)]
OUTSIDE = [
    NOON.replace(microsecond=1),
    dt.datetime(1969, 12, 31, 23, 59, 59, tzinfo=dt.UTC),
    dt.datetime(2100, 1, 1, tzinfo=dt.UTC),
]


@pytest.mark.django_db
@pytest.mark.parametrize("value", [*IN_RANGE, None])
def test_full_clean_agrees_in_range(probe, value):
    whole_seconds("at", "probe_at_whole").validate(probe, probe(at=value))


@pytest.mark.django_db
@pytest.mark.parametrize("value", OUTSIDE)
def test_full_clean_refuses_the_rest(probe, value):
    with pytest.raises(ValidationError):
        whole_seconds("at", "probe_at_whole").validate(probe, probe(at=value))


@pytest.fixture
def insert(probe, db):
    """Put a text into a real column with the constraint, as any SQL client could."""
    column, check = probe._meta.get_field("at"), probe._meta.constraints[0]
    with connection.cursor() as cursor:
        rule = check.constraint_sql(probe, connection.schema_editor())
        cursor.execute(f"CREATE TEMPORARY TABLE probe (at {column.db_type(connection)}, {rule})")

        def put(text):
            with transaction.atomic():
                cursor.execute("INSERT INTO probe (at) VALUES (%s)", [text])

        yield put
        cursor.execute("DROP TABLE probe")


@pytest.mark.parametrize("text", ["2026-03-16 12:00:00", "1970-01-01 00:00:00", "2099-12-31 23:59:59", None])
def test_the_database_takes_whole_seconds(insert, text):
    insert(text)


@pytest.mark.parametrize(
    "text", ["2026-03-16 12:00:00.5", "1969-12-31 23:59:59", "2100-01-01 00:00:00", "9999-12-31 23:59:59"]
)
def test_the_database_refuses_the_rest(insert, text):
    with pytest.raises(IntegrityError, match="probe_at_whole"):
        insert(text)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="other databases have a type for moments")
@pytest.mark.parametrize(
    "text",
    ["2026-02-31 12:00:00", "2026-03-16T12:00:00", "2026-03-16", "2026-03-16 12:00", "2026-03-16 24:00:00", "", "noon"],
)
def test_sqlite_takes_no_other_text(insert, text):
    with pytest.raises(IntegrityError, match="probe_at_whole"):
        insert(text)
