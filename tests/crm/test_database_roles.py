"""The application's own role on PostgreSQL: everything works as that role, and it cannot touch the trail."""

from __future__ import annotations

import itertools
import os
from contextlib import contextmanager
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse

from audit import verify
from audit.models import Event, Seal
from audit.seals import seal
from audit.times import now
from crm.backups import back_up
from crm.database_roles import compare
from crm.worker import Worker
from records.models import Customer, FollowUp, TimeRequest
from records.services.assign import change_owner
from records.services.batches import undo_batch
from records.services.entry_time import change_entry_time
from records.services.exceptions import add_exception
from records.services.grants import revoke
from records.services.records import create_record, update_record
from records.services.undo import undo_change
from tests import cast as make
from tests.cast import NOW, PASSWORD, clock, days
from tests.records.many import calls, change, moved
from tests.records.requesting import answer, asked

pytestmark = pytest.mark.django_db(transaction=True)
POSTGRES = connection.vendor == "postgresql"
ON_POSTGRES = pytest.mark.skipif(not POSTGRES, reason="SQLite has no roles")
ROLE, SECRET = f"redate_app_of_{os.getpid()}", "a password of its own"
HISTORY = "audit_historicalcustomer"
REFUSED = [
    f"UPDATE {HISTORY} SET actor_name = 'Nobody'",
    f"UPDATE {HISTORY} SET actor_name = actor_name WHERE false",
    f"DELETE FROM {HISTORY}",
    f"TRUNCATE {HISTORY}",
    f"INSERT INTO {HISTORY} SELECT * FROM {HISTORY} ON CONFLICT (history_id) DO UPDATE SET actor_name = 'Nobody'",
    f"MERGE INTO {HISTORY} t USING {HISTORY} s ON t.history_id = s.history_id WHEN MATCHED THEN DELETE",
    f"SELECT * FROM {HISTORY} FOR UPDATE",
    f"ALTER TABLE {HISTORY} DISABLE TRIGGER ALL",
    f"ALTER TABLE {HISTORY} DROP COLUMN reason",
    f"DROP TRIGGER redate_append_only ON {HISTORY}",
    f"CREATE TRIGGER mine BEFORE INSERT ON {HISTORY} FOR EACH ROW EXECUTE FUNCTION redate_refuse()",
    "CREATE OR REPLACE FUNCTION redate_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "DROP FUNCTION redate_refuse() CASCADE",
    "CREATE TABLE mine (id int)",
    "SET session_replication_role = replica",
    "UPDATE audit_event SET kind = 'nothing'",
    "DELETE FROM audit_event",
    "UPDATE records_batch SET reason = 'nothing'",
    "DELETE FROM records_batch",
    "UPDATE audit_sealleaf SET leaf = ''",
    "DELETE FROM audit_seal",
    "DELETE FROM audit_review",
    "DELETE FROM records_customer",
    "TRUNCATE records_customer",
    "UPDATE django_migrations SET name = 'nothing'",
]


def run(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text)


def command(**options: object) -> str:
    out = StringIO()
    call_command("database_roles", role=ROLE, stdout=out, **options)
    return out.getvalue()


@pytest.fixture
def role(cast):
    """The role with its rights and a password, gone afterwards."""
    command(apply=True)
    run(f"ALTER ROLE {ROLE} PASSWORD '{SECRET}'")
    yield ROLE
    run(f"DROP OWNED BY {ROLE}")
    run(f"DROP ROLE {ROLE}")


@contextmanager
def signed_in_as_the_role():
    """This thread's connection is one that the role itself opened."""
    before = connection.settings_dict
    connection.close()
    connection.settings_dict = before | {"USER": ROLE, "PASSWORD": SECRET}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT session_user")
            assert cursor.fetchone() == (ROLE,)
        yield
    finally:
        connection.close()
        connection.settings_dict = before


@ON_POSTGRES
@pytest.mark.parametrize("maintenance", [False, True])
def test_the_role_cannot_touch_the_trail(role, cast, maintenance):
    customer = make.customer(cast.owner)
    before = list(Customer.history.values())
    with signed_in_as_the_role():
        for text in REFUSED:
            with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
                if maintenance:
                    run(
                        "SELECT set_config('audit.maintenance', 'on', true), set_config('audit.app_delete', 'on', true)"
                    )
                run(text)
    assert list(Customer.history.values()) == before
    assert Customer.objects.get() == customer


@ON_POSTGRES
def test_what_the_role_types_by_hand_is_captured(role, cast):
    customer = make.customer(cast.owner)
    with signed_in_as_the_role():
        run("UPDATE records_customer SET note = 'by hand'")
    row = customer.history.latest()
    assert (row.channel, row.db_user) == ("sql", ROLE)


@ON_POSTGRES
@pytest.mark.usefixtures("at_now")
def test_the_whole_story_goes_as_the_role(role, cast, settings, tmp_path):
    settings.SEAL_KEY, settings.BACKUP_DIR = "k" * 50, str(tmp_path)
    with signed_in_as_the_role():
        client = Client()
        assert client.post(reverse("account_login"), {"login": "owner", "password": PASSWORD}).status_code == 302
        for name in ("home", "records:customer_list", "records:notices", "profile"):
            assert client.get(reverse(name)).status_code == 200
        story(cast)
        assert seal(now) == Seal.objects.get()
        assert "check_failed" not in verify.run(by=None, clock=now).codes  # the cast came past the services
        Worker(now).once()
        assert back_up(by=None, clock=now).records == Customer.objects.count() + FollowUp.objects.count()
        client.post(reverse("account_logout"))
    assert Event.objects.filter(kind__in=("signed_in", "signed_out", "backup")).count() == 3


def story(cast) -> None:
    """Records, changes, undo, grants, a request, an exception, a bulk change and its undo; through the services."""
    ticks = itertools.count()
    words = {"by": cast.owner, "channel": "web", "clock": lambda: NOW + days(next(ticks) / 1e5)}
    customer = create_record(model=Customer, values={"name": "Huarui", "owner": cast.owner}, **words)
    why = {"reason": "other", "note": "Looked it up"}
    done = change_entry_time(record=customer, seen_version=1, entered_at=NOW - days(1), **why, **words)
    undo_change(record=customer, history_id=done.history_id, **words)
    update_record(record=customer, seen_version=3, values={"note": "Calls on Mondays"}, **words)
    call = make.follow_up(cast.owner, customer)
    given = make.grant(call, cast.stranger, cast.manager)
    revoke(grant=given, why="Back again", by=cast.manager, channel="web", clock=clock)
    request = asked(call, cast.colleague)
    client = Client()
    client.force_login(cast.manager, backend="crm.backends.SignInOnly")
    assert answer(client, request).status_code == 302
    assert TimeRequest.objects.get().state == "approved"
    change_owner(record=customer, seen_version=4, owner=cast.colleague, **why, **words | {"by": cast.manager})
    more = {"to": cast.owner, "record_type": "customer", "until": NOW + days(1), "why": "Audit"}
    add_exception(**more, by=cast.administrator, channel="web", clock=clock)
    result = change(moved(calls(cast, 3, customer), -days(1)), cast.owner)
    undo_batch(batch=result.batch, by=cast.owner, clock=clock, channel="undo")


@ON_POSTGRES
def test_check_finds_what_differs(role):
    assert "nothing else" in command(check=True)
    run("CREATE TABLE another (id int)")
    wrongs = [
        (f"GRANT DELETE ON {HISTORY} TO {ROLE}", f"{HISTORY}: {ROLE} should not have DELETE."),
        (f"GRANT UPDATE ON {HISTORY} TO PUBLIC", f"{HISTORY}: {ROLE} should not have UPDATE."),
        (f"GRANT UPDATE (reason) ON {HISTORY} TO {ROLE}", f"{HISTORY}: {ROLE} should not have UPDATE (reason)."),
        (f"REVOKE UPDATE ON records_customer FROM {ROLE}", f"records_customer: {ROLE} lacks UPDATE."),
        (f"GRANT SELECT ON another TO {ROLE}", f"another: {ROLE} should not have SELECT."),
        (f"GRANT CREATE ON SCHEMA public TO {ROLE}", f"{ROLE} may make tables."),
        (f"GRANT pg_write_all_data TO {ROLE}", f"{ROLE} is a member of pg_write_all_data."),
        (f"ALTER ROLE {ROLE} CREATEDB", f"{ROLE} may make databases."),
        (f"ALTER TABLE {HISTORY} OWNER TO {ROLE}", f"{ROLE} owns {HISTORY}."),
        (
            f"GRANT SET ON PARAMETER session_replication_role TO {ROLE}",
            f"{ROLE} may switch triggers off for its session.",
        ),
        (
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT DELETE ON TABLES TO {ROLE}",
            f"New tables give {ROLE} DELETE, INSERT, SELECT, not SELECT, INSERT.",
        ),
    ]
    for text, sentence in wrongs:
        with transaction.atomic():
            run(text)
            assert sentence in compare(connection, ROLE)
            with pytest.raises(CommandError):
                command(check=True)
            transaction.set_rollback(True)
    run("DROP TABLE another")


@ON_POSTGRES
def test_apply_takes_back_what_is_too_much_and_gives_what_lacks(role):
    run(f"GRANT ALL ON {HISTORY} TO {ROLE}, PUBLIC")
    run(f"ALTER TABLE audit_event OWNER TO {ROLE}")
    run(f"REVOKE ALL ON records_customer FROM {ROLE}")
    assert len(compare(connection, ROLE)) > 3
    command(apply=True)
    assert compare(connection, ROLE) == []


@ON_POSTGRES
def test_what_is_printed_can_be_run_and_is_what_apply_does(cast):
    text = command()
    assert f'CREATE ROLE "{ROLE}"' in text
    assert "PASSWORD" not in text
    with psycopg.connect(_address(), autocommit=True) as owner:
        owner.execute(text)
    try:
        assert compare(connection, ROLE) == []
        assert command().count("CREATE ROLE") == 0
    finally:
        run(f"DROP OWNED BY {ROLE}")
        run(f"DROP ROLE {ROLE}")


def _address() -> str:
    given = connection.settings_dict
    return psycopg.conninfo.make_conninfo(
        host=given["HOST"], port=given["PORT"], user=given["USER"], password=given["PASSWORD"], dbname=given["NAME"]
    )


@pytest.mark.skipif(POSTGRES, reason="says what to do on SQLite")
def test_on_sqlite_it_says_what_to_do_instead():
    assert "SQLite has no roles" in command()
    for what in ("apply", "check"):
        with pytest.raises(CommandError, match="SQLite has no roles"):
            command(**{what: True})
