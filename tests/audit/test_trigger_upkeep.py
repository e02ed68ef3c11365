"""Triggers stay: switches fall back, `triggers check` finds what is missing or altered, migrations keep them."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.core.management.commands.flush import Command as DjangosFlush
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader

from audit.models import Event
from audit.triggers import APP_DELETE, MAINTENANCE, compare, drop, install, switched_on
from records.models import CompanyRules, Customer, TypeRule
from records.services.records import update_record
from tests import cast as make
from tests.audit.house import POSTGRES, run
from tests.cast import clock
from tests.flushing.management.commands import flush

HISTORY = Customer.history.model


@pytest.fixture
def customer(cast):
    return make.customer(cast.owner)


def assert_append_only() -> None:
    with pytest.raises(DatabaseError, match="append only"), transaction.atomic():
        HISTORY.objects.update(reason="nicer")


def raw_update_is_told(customer: Customer) -> bool:
    before = customer.history.count()
    run("UPDATE records_customer SET note = note || 'x' WHERE id = %s", [customer.pk])
    return customer.history.count() == before + 1


# ---- the switches ----


def test_maintenance_lets_history_change_for_a_block_only(customer):
    with switched_on(MAINTENANCE):
        HISTORY.objects.update(reason="corrected")
    assert_append_only()
    assert customer.history.get().reason == "corrected"


def test_a_switch_within_a_switch_leaves_the_outer_one_on(customer):
    with switched_on(MAINTENANCE):
        with switched_on(MAINTENANCE, APP_DELETE):
            HISTORY.objects.update(reason="inner")
        HISTORY.objects.update(reason="outer")
    assert_append_only()


def test_after_an_error_the_switch_is_off_and_nothing_of_the_block_stays(customer):
    with pytest.raises(ZeroDivisionError), switched_on(MAINTENANCE):
        HISTORY.objects.update(reason="half")
        raise ZeroDivisionError
    assert customer.history.get().reason == ""
    assert_append_only()


def test_one_switch_does_not_turn_the_other(customer):
    with switched_on(APP_DELETE):
        assert_append_only()
    with switched_on(MAINTENANCE):
        run("DELETE FROM records_customer WHERE id = %s", [customer.pk])
    assert HISTORY.objects.latest().history_type == "-"


@pytest.mark.django_db(transaction=True)
def test_a_switch_is_off_for_every_other_connection(cast, customer):
    with switched_on(MAINTENANCE):
        HISTORY.objects.update(reason="corrected")
    connection.close()
    assert_append_only()


# ---- flush ----


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", [1, 2])
def test_flush_empties_append_only_tables_and_the_presets_come_back(cast, time):
    """Run twice: the first one's rows must be gone when the second begins, and the triggers still there."""
    customer = make.customer(cast.owner)
    assert (HISTORY.objects.count(), customer.number[-4:]) == (1, "0001")
    assert compare() == []
    call_command("flush", interactive=False, verbosity=0)
    assert not HISTORY.objects.exists()
    assert not Event.objects.exists()
    assert (CompanyRules.objects.count(), TypeRule.objects.count()) == (1, 4)
    assert compare() == []


@pytest.mark.django_db(transaction=True)
def test_the_flush_of_a_site_empties_nothing(cast):
    make.customer(cast.owner)
    with pytest.raises(CommandError, match="couldn't be flushed"):
        call_command(DjangosFlush(), interactive=False, verbosity=0)
    assert (Customer.objects.count(), HISTORY.objects.count()) == (1, 1)


@pytest.mark.skipif(not POSTGRES, reason="SQLite has no sessions")
@pytest.mark.django_db(transaction=True)
def test_flush_tells_of_a_session_left_in_a_transaction_and_ends_it(cast, monkeypatch):
    monkeypatch.setattr(flush, "PATIENCE", 0.1)
    other = connection.copy()
    other.set_autocommit(False)
    other.cursor().execute("SELECT 1 FROM records_customer")
    with pytest.warns(UserWarning, match="Left behind .* idle in transaction .* SELECT 1 FROM records_customer"):
        call_command("flush", interactive=False, verbosity=0)
    with pytest.raises(DatabaseError):
        other.cursor().execute("SELECT 1")
    other.close()


# ---- check ----


def test_check_is_content_with_a_fresh_database(db):
    call_command("triggers", "check", verbosity=0)


def damage(sql: str) -> list[str]:
    run(sql)
    return compare()


ON = "records_customer"
NAME = "redate_sql_update" if POSTGRES else "redate_records_customer_sql_update"


def test_check_finds_a_dropped_trigger_and_install_mends_it(customer):
    assert damage(f"DROP TRIGGER {NAME}{f' ON {ON}' if POSTGRES else ''}") == [f"missing: {NAME} on {ON}"]
    assert not raw_update_is_told(customer)
    with pytest.raises(CommandError, match="missing"):
        call_command("triggers", "check")
    call_command("triggers", "install", verbosity=0)
    assert compare() == []
    assert raw_update_is_told(customer)


def test_check_finds_an_altered_trigger(db):
    if POSTGRES:
        damage(f"DROP TRIGGER {NAME} ON {ON}")
        text = f"BEFORE UPDATE ON {ON} FOR EACH ROW WHEN (false) EXECUTE FUNCTION redate_{ON}_capture()"
    else:
        damage(f"DROP TRIGGER {NAME}")
        text = f"AFTER UPDATE ON {ON} WHEN 0 BEGIN SELECT 1; END"
    assert damage(f"CREATE TRIGGER {NAME} {text}") == [f"altered: {NAME} on {ON}"]


def test_check_finds_a_trigger_that_is_not_ours(db):
    end = "FOR EACH ROW EXECUTE FUNCTION redate_refuse()" if POSTGRES else "BEGIN SELECT 1; END"
    assert damage(f"CREATE TRIGGER redate_other BEFORE UPDATE ON {ON} {end}") == [f"unknown: redate_other on {ON}"]


@pytest.mark.skipif(not POSTGRES, reason="SQLite has no functions, and triggers are never off")
def test_check_finds_a_trigger_switched_off_and_an_altered_function(db):
    assert damage(f"ALTER TABLE {ON} DISABLE TRIGGER {NAME}") == [f"altered: {NAME} on {ON}"]
    run(f"ALTER TABLE {ON} ENABLE TRIGGER {NAME}")
    assert compare() == []
    empty = "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
    assert damage(f"CREATE OR REPLACE FUNCTION redate_{ON}_capture() {empty}") == [
        "altered or missing: 1 functions of the triggers"
    ]


def test_the_texts_can_be_printed_for_somebody_who_installs_by_hand(db, capsys):
    call_command("triggers", "sql")
    assert f'CREATE TRIGGER "{NAME}"' in capsys.readouterr().out


# ---- migrations ----


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", [-4, pytest.param(0, marks=pytest.mark.soak)])
def test_migrations_backwards_and_forwards_keep_the_triggers(cast, step):
    """SQLite rebuilds tables and loses their triggers; PostgreSQL cannot alter a column that a trigger names."""
    customer = make.customer(cast.owner)
    names = sorted(name for app, name in MigrationLoader(connection).disk_migrations if app == "records")
    assert len(names) > 1, "there is nothing to go back to"
    try:
        call_command("migrate", "records", names[step], verbosity=0)
        assert compare() == []
    finally:
        call_command("migrate", verbosity=0)
    assert compare() == []
    assert raw_update_is_told(customer)
    assert_append_only()


@pytest.mark.django_db(transaction=True)
def test_a_column_that_a_migration_adds_is_captured(cast):
    """Column lists are read from the database: they hold at every step of a migration, whatever the models say."""
    customer, tables = make.customer(cast.owner), (ON, HISTORY._meta.db_table)
    try:
        drop()
        for table in tables:
            run(f"ALTER TABLE {table} ADD COLUMN colour varchar(20) NOT NULL DEFAULT ''")
        install()
        run(f"UPDATE {ON} SET colour = 'green'")
        assert run(f"SELECT colour, version FROM {tables[1]} ORDER BY history_id") == [("", 1), ("green", 2)]
        values = {"name": "By the application"}
        update_record(record=customer, seen_version=2, values=values, by=cast.owner, channel="web", clock=clock)
        assert customer.history.count() == 3
    finally:
        drop()
        for table in tables:
            run(f"ALTER TABLE {table} DROP COLUMN colour")
        install()
    assert compare() == []
