"""The application's own role on PostgreSQL: it works with it, and it cannot touch the trail."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from records.models import Customer
from records.services.entry_time import change_entry_time
from records.services.records import create_record
from tests.cast import NOW, clock, days

pytestmark = pytest.mark.django_db(transaction=True)
POSTGRES = connection.vendor == "postgresql"
ROLE = "redate_app_of_tests"
REFUSED = [
    "UPDATE audit_historicalcustomer SET actor_name = 'Nobody'",
    "DELETE FROM audit_historicalcustomer",
    "TRUNCATE audit_historicalcustomer",
    "UPDATE audit_event SET kind = 'nothing'",
    "DELETE FROM records_batch",
    "INSERT INTO audit_event SELECT * FROM audit_event ON CONFLICT (id) DO UPDATE SET kind = 'nothing'",
    "ALTER TABLE audit_historicalcustomer DISABLE TRIGGER ALL",
    "DROP TRIGGER redate_append_only ON audit_historicalcustomer",
    "SET session_replication_role = replica",
    "DELETE FROM records_customer",
]


def run(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text)


@pytest.fixture
def role(cast):
    """The role with its rights, gone afterwards."""
    if not held():
        run(f"CREATE ROLE {ROLE}")
    call_command("database_roles", role=ROLE, apply=True, stdout=StringIO())
    yield ROLE
    run("RESET ROLE")
    run(f"DROP OWNED BY {ROLE}")
    run(f"DROP ROLE {ROLE}")


def held() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE])
        return cursor.fetchone() is not None


@pytest.mark.skipif(not POSTGRES, reason="SQLite has no roles")
@pytest.mark.parametrize("switched", [False, True])
def test_the_role_does_its_work_and_cannot_touch_the_trail(role, cast, switched):
    run(f"SET ROLE {role}")
    words = {"by": cast.owner, "channel": "web", "clock": clock}
    customer = create_record(model=Customer, values={"name": "Huarui", "owner": cast.owner}, **words)
    why = {"reason": "other", "note": "x"}
    change_entry_time(record=customer, seen_version=1, entered_at=NOW - days(1), **why, **words)
    assert Customer.history.count() == 2
    for text in REFUSED:
        with pytest.raises(DatabaseError), transaction.atomic():
            if switched:
                run("SELECT set_config('audit.maintenance', 'on', true)")
            run(text)
    assert Customer.history.count() == 2


@pytest.mark.skipif(not POSTGRES, reason="SQLite has no roles")
def test_a_right_too_many_is_found(role):
    call_command("database_roles", role=ROLE, check=True, stdout=StringIO())
    run(f"GRANT DELETE ON audit_historicalcustomer TO {ROLE}")
    with pytest.raises((CommandError, SystemExit)):
        call_command("database_roles", role=ROLE, check=True, stdout=StringIO())


@pytest.mark.skipif(POSTGRES, reason="says what to do on SQLite")
def test_on_sqlite_it_says_what_to_do_instead():
    out = StringIO()
    call_command("database_roles", stdout=out)
    assert "SQLite has no roles" in out.getvalue()
    with pytest.raises(CommandError):
        call_command("database_roles", apply=True)
