"""The database itself keeps the trail: history is append-only, and SQL from elsewhere leaves a row."""

from __future__ import annotations

import os
import sqlite3
import subprocess

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from audit.events import record_event
from audit.models import Event
from records.models import Customer, CustomerUserGrant, FollowUp, Reason, TypeRule
from records.models.record import Record
from records.refusals import StaleRecord
from records.services.entry_time import change_entry_time
from records.services.grants import revoke
from records.services.records import archive_record, update_record
from tests import cast as make
from tests.audit.house import EARLIER, POSTGRES, TRACKED, build, insert, run, stored, typed
from tests.cast import NOW, clock
from tests.machine import program

EVERY_TABLE = pytest.mark.parametrize("model", TRACKED, ids=lambda model: model.__name__)
# a column that anybody may think harmless
COLUMN = {"Contact": "phone", "CompanyRules": "name", "TypeRule": "note_length", "Window": "days_forward"} | {
    "Reason": "name_en",
    "TimeRequest": "words",
}


def column(model) -> str:
    return COLUMN.get(model.__name__, "external_source" if issubclass(model, Record) else "why")


@pytest.fixture
def house(cast):
    build(cast)
    return cast


@pytest.fixture
def customer(cast):
    return make.customer(cast.owner)


def refused(text: str, *attempts) -> None:
    """Each attempt is refused by the database, with these words."""
    for attempt in attempts:
        with pytest.raises(DatabaseError, match=text or None), transaction.atomic():
            attempt()


# ---- history is append-only ----


@EVERY_TABLE
def test_history_can_be_neither_changed_nor_taken_away(house, model):
    history = model.history.model
    before, table = list(history.objects.values()), history._meta.db_table
    assert before
    row = history.objects.first()
    row.reason = "nicer"
    refused(
        "append only",
        lambda: history.objects.update(reason="nicer"),
        lambda: history.objects.filter(pk=row.pk).delete(),
        lambda: history.objects.all()._raw_delete("default"),
        row.save,
        row.delete,
        lambda: run(f"UPDATE {table} SET history_type = '-'"),
        lambda: run(f"DELETE FROM {table} WHERE history_id = %s", [row.pk]),
        *ways_of_the_vendor(history, row),
    )
    assert list(history.objects.values()) == before


def ways_of_the_vendor(history, row):
    table = history._meta.db_table
    if POSTGRES:
        yield lambda: run(f"TRUNCATE {table}")
        yield lambda: run(f"TRUNCATE {table} CASCADE")
        return
    values = dict(run_row(f"SELECT * FROM {table} WHERE history_id = {row.pk}"))
    yield lambda: insert(history, values, "INSERT OR REPLACE")
    yield lambda: insert(history, values, "REPLACE")
    yield lambda: run(f"UPDATE OR REPLACE {table} SET reason = 'nicer'")


def run_row(sql: str) -> dict:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return dict(zip([c[0] for c in cursor.description], cursor.fetchone(), strict=True))


def test_events_are_append_only_too(cast):
    event = record_event(kind="signed_in", by=cast.owner, at=NOW)
    refused(
        "append only",
        lambda: Event.objects.update(kind="nothing"),
        event.save,
        event.delete,
        lambda: run("DELETE FROM audit_event"),
        lambda: run("UPDATE audit_event SET actor_name = 'Somebody else'"),
        lambda: run("TRUNCATE audit_event" if POSTGRES else "REPLACE INTO audit_event SELECT * FROM audit_event"),
    )
    assert Event.objects.get().actor_name == "Owner"


# ---- raw SQL leaves a row ----


@EVERY_TABLE
def test_a_raw_update_leaves_one_row_and_moves_the_version(house, model):
    row = model.objects.first()
    history, name = model.history.model.objects, column(model)
    before = history.count()
    value = 7 if isinstance(getattr(row, name), int) else "seven"
    run(f"UPDATE {model._meta.db_table} SET {name} = %s WHERE id = %s", [value, row.pk])
    told, now = history.latest(), model.objects.get(pk=row.pk)
    assert history.count() == before + 1
    assert (told.history_type, told.channel, told.reason, told.history_user_id) == ("~", "sql", "sql", None)
    assert told.db_user
    assert (told.id, told.version, now.version) == (row.pk, row.version + 1, row.version + 1)
    assert getattr(told, name) == getattr(now, name) == value
    assert told.previous_entered_at is None


@EVERY_TABLE
def test_a_raw_delete_and_a_raw_insert_leave_one_row_each(house, model):
    row, history = model.objects.first(), model.history.model.objects
    values, before = stored(model, row.pk), history.count()
    with transaction.atomic():  # foreign keys are looked at when it ends
        run(f"DELETE FROM {model._meta.db_table} WHERE id = %s", [row.pk])
        gone = history.latest()
        insert(model, {name: value for name, value in values.items() if name != "version"})
    came = history.latest()
    assert history.count() == before + 2
    assert (gone.history_type, gone.channel, gone.version) == ("-", "sql", row.version)
    assert (came.history_type, came.channel, came.version, came.id) == ("+", "sql", 1, row.pk)
    assert stored(model, row.pk) == values | {"version": 1}
    tracked = {f.attname for f in model.history.model._meta.concrete_fields} & {f.attname for f in model._meta.fields}
    assert all(getattr(came, name) == getattr(gone, name) for name in tracked - {"version"})


def test_a_raw_move_of_the_entry_time_tells_the_previous_one(customer):
    run("UPDATE records_customer SET entered_at = %s WHERE id = %s", [typed(EARLIER), customer.pk])
    told = customer.history.latest()
    assert (told.previous_entered_at, told.entered_at, told.version) == (NOW, EARLIER, 2)
    assert customer.history.count() == 2


def test_many_rows_in_one_statement_leave_a_row_each(cast, customer):
    other = make.customer(cast.owner)
    run("UPDATE records_customer SET entered_at = %s", [typed(EARLIER)])
    assert [each.history.latest().previous_entered_at for each in (customer, other)] == [NOW, NOW]
    assert Customer.history.model.objects.count() == 4


def test_a_raw_update_that_changes_nothing_leaves_no_row(customer):
    run("UPDATE records_customer SET name = name, search_text = 'zz', name_key = 'zz'")
    assert (customer.history.count(), Customer.objects.get().version) == (1, 1)


def test_a_form_opened_before_a_raw_update_is_stale(cast, customer):
    run("UPDATE records_customer SET entered_at = %s", [typed(EARLIER)])
    with pytest.raises(StaleRecord):
        redate(customer, cast.owner)


@pytest.mark.parametrize("then", ["DO NOTHING", "DO UPDATE SET name = 'Changed'"])
def test_a_raw_upsert_tells_only_what_happened(customer, then):
    """PostgreSQL tries the insert first: that must not leave a '+' of a row that never was. SQLite refuses it."""
    values = {n: v for n, v in stored(Customer, customer.pk).items() if n not in ("id", "version")}
    if POSTGRES:
        insert(Customer, values, then=f"ON CONFLICT (number) {then}")
        told = list(customer.history.values_list("history_type", "version", "name"))
        changed = [("~", 2, "Changed")] if "UPDATE" in then else []
        assert told == [*changed, ("+", 1, customer.name)]
    else:
        refused("UNIQUE", lambda: insert(Customer, values, then=f"ON CONFLICT (number) {then}"))
    assert Customer.history.model.objects.exclude(id=customer.pk).count() == 0


NO_MOMENTS = ["2026-02-31 09:00:00", "2026-03-01 09:00:00.5", "1969-12-31 23:59:59", "2100-01-01 00:00:00", "soon"]


@pytest.mark.parametrize("text", NO_MOMENTS if POSTGRES else [*NO_MOMENTS, "2026-3-4", "2026-03-04", ""])
def test_a_text_that_is_no_moment_cannot_be_stored(customer, text):
    refused("", lambda: run("UPDATE records_customer SET entered_at = %s", [text + (" UTC" if POSTGRES else "")]))
    assert (customer.history.count(), Customer.objects.get().entered_at) == (1, NOW)


def test_a_role_without_rights_on_history_leaves_a_row_too(customer):
    """The trigger writes with the rights of its owner, and names who was signed in to the database."""
    if POSTGRES:
        run("CREATE ROLE redate_clerk")
        run("GRANT SELECT, UPDATE ON records_customer TO redate_clerk")
        run("SET LOCAL ROLE redate_clerk")
        run("UPDATE records_customer SET name = 'By a clerk'")
        refused("permission denied", lambda: run("DELETE FROM audit_historicalcustomer"))
        run("RESET ROLE")
    else:
        run("UPDATE records_customer SET name = 'By a clerk'")
    told = customer.history.latest()
    assert (told.name, told.db_user) == ("By a clerk", run("SELECT session_user")[0][0] if POSTGRES else "(sqlite)")


# ---- other programs ----


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("tool", ["module", "program"])
def test_another_program_on_the_database_leaves_one_row(cast, tool):
    """The real sqlite3 or psql, on its own connection; a page opened before is stale afterwards."""
    customer = make.customer(cast.owner)
    update = f"UPDATE records_customer SET entered_at = '{typed(EARLIER)}' WHERE id = {customer.pk}"
    elsewhere(update, tool)
    told = customer.history.latest()
    assert (told.channel, told.previous_entered_at, told.entered_at, told.version) == ("sql", NOW, EARLIER, 2)
    assert customer.history.count() == 2
    with pytest.raises(Exception, match="append only"):
        elsewhere("DELETE FROM audit_historicalcustomer", tool)


def elsewhere(sql: str, tool: str) -> None:
    """Run SQL without Django."""
    at = connection.settings_dict
    if tool == "program":
        command = [program("sqlite3"), str(at["NAME"]), sql]
        if POSTGRES:
            command = [program("psql"), "-v", "ON_ERROR_STOP=1", "-h", at["HOST"], "-p", str(at["PORT"]), "-U"]
            command += [at["USER"], "-d", at["NAME"], "-c", sql]
        done = subprocess.run(
            command, env=os.environ | {"PGPASSWORD": at["PASSWORD"]}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
    elif POSTGRES:
        with psycopg.connect(
            host=at["HOST"], port=at["PORT"], user=at["USER"], password=at["PASSWORD"], dbname=at["NAME"]
        ) as other:
            other.execute(sql)
    else:
        other = sqlite3.connect(at["NAME"])
        with other:
            other.execute(sql)
        other.close()


# ---- SQLite's REPLACE, PostgreSQL's TRUNCATE ----


@EVERY_TABLE
def test_a_tracked_row_cannot_be_replaced_or_truncated(house, model):
    row = model.objects.first()
    values, before = stored(model, row.pk), model.history.model.objects.count()
    if POSTGRES:
        run("SET CONSTRAINTS ALL IMMEDIATE")  # nothing is left to be looked at later: no other reason to refuse
        refused("append only", lambda: run(f"TRUNCATE {model._meta.db_table} CASCADE"))
    else:
        new = {name: value for name, value in values.items() if name != "id"}
        refused(
            "UNIQUE",
            lambda: insert(model, values, "INSERT OR REPLACE"),
            lambda: insert(model, values | {"version": 0}, "REPLACE"),
            *([lambda: insert(model, new, "INSERT OR REPLACE")] if model.__name__ not in NO_OTHER_KEY else []),
        )
    assert (stored(model, row.pk), model.history.model.objects.count()) == (values, before)


NO_OTHER_KEY = ("Contact", "CompanyRules", "PeriodException")  # nothing but the id is unique there


@pytest.mark.skipif(POSTGRES, reason="only SQLite has OR REPLACE")
def test_an_update_cannot_replace_another_row(cast, customer):
    other = make.customer(cast.owner)
    run("UPDATE records_customer SET external_source = 'crm', external_id = 'A1' WHERE id = %s", [customer.pk])
    run("UPDATE records_customer SET external_source = 'crm' WHERE id = %s", [other.pk])
    refused(
        "UNIQUE",
        lambda: run("UPDATE OR REPLACE records_customer SET number = %s WHERE id = %s", [customer.number, other.pk]),
        lambda: run("UPDATE OR REPLACE records_customer SET external_id = 'A1' WHERE id = %s", [other.pk]),
        lambda: run("UPDATE OR REPLACE records_customer SET id = %s WHERE id = %s", [customer.pk, other.pk]),
        lambda: run("UPDATE OR REPLACE records_reason SET code = 'other'"),
        lambda: run("UPDATE OR REPLACE records_typerule SET record_type = 'customer'"),
    )
    assert (Customer.objects.count(), Reason.objects.count(), TypeRule.objects.count()) == (2, 5, 4)


@pytest.mark.skipif(POSTGRES, reason="only SQLite has OR REPLACE")
def test_rows_without_an_external_id_do_not_replace_one_another(cast, customer):
    """The unique key is partial: two rows from nowhere are no conflict."""
    make.customer(cast.owner)
    run("UPDATE OR REPLACE records_customer SET external_source = 'crm'")
    assert Customer.objects.count() == 2


# ---- the application's own writes leave one row, not two ----


def redate(record, by):
    return change_entry_time(
        record=record, seen_version=1, entered_at=EARLIER, reason="other", note="", by=by, channel="web", clock=clock
    )


def test_the_application_leaves_exactly_one_row_per_write(house):
    call, owner = FollowUp.objects.get(), house.owner
    redate(call, owner)
    update_record(record=call, seen_version=2, values={"summary": "New"}, by=owner, channel="web", clock=clock)
    archive_record(record=call, seen_version=3, by=owner, reason="", note="Done", channel="web", clock=clock)
    told = list(call.history.order_by("history_id").values_list("history_type", "channel", "version"))
    assert told == [("+", "web", 1), ("~", "web", 2), ("~", "web", 3), ("~", "web", 4)]
    right = CustomerUserGrant.objects.get()
    revoke(grant=right, why="Back again", by=house.administrator, channel="web", clock=clock)
    told = CustomerUserGrant.history.order_by("history_id").values_list("history_type", "channel")
    assert list(told) == [("+", "web"), ("-", "web")]


def test_constraints_of_history_refuse_a_row_that_tells_nothing(customer):
    row = customer.history.get()
    for values in ({"channel": ""}, {"previous_entered_at": NOW, "reason": ""}):
        row.pk, row._state.adding = None, True
        for name, value in values.items():
            setattr(row, name, value)
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save(force_insert=True)
