"""The history's rows: written from an open act, copied from what was stored, together with the change or not at all."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection, models, transaction
from django.db.models import F, Value
from django.db.models.functions import Concat

from audit import tracking
from audit.acts import CHANNELS, NoAct, act, current
from audit.kept import tracked_models
from audit.tracking import TrailColumns, tracked
from records.models import Customer, CustomerUserGrant, FollowUp
from records.models._entry_time_key import key
from records.services.entry_time import change_entry_time
from records.services.grants import Terms, grant, revoke
from records.services.records import create_record, update_record
from tests import cast as make
from tests.cast import NOW, clock, days

EARLIER = NOW - days(2)
EVERYTHING = {"by": None, "reason": "other", "note": "Why", "channel": "web", "at": NOW}


@pytest.fixture
def customer(cast):
    return make.customer(cast.owner)


@pytest.fixture
def call(cast, customer):
    return make.follow_up(cast.owner, customer)


def redate(record, by, **extra):
    values = {"reason": "typing_error", "note": "The call was on Monday.", "channel": "web", "clock": clock} | extra
    return change_entry_time(record=record, seen_version=record.version, entered_at=EARLIER, by=by, **values)


# ---- no act, no write ----


def test_without_an_act_a_save_raises_and_nothing_is_stored(customer):
    customer.name = "Nobody's"
    with pytest.raises(NoAct), transaction.atomic(), key():
        customer.save(update_fields=["name"])
    assert (Customer.objects.get().name, customer.history.count()) == (customer.history.get().name, 1)


def test_without_an_act_an_insert_raises_and_nothing_is_stored(cast):
    moments = {"entered_at": NOW, "original_entered_at": NOW, "recorded_at": NOW}
    with pytest.raises(NoAct), transaction.atomic(), key():
        Customer(number="C-1", name="Nobody's", owner=cast.owner, **moments).save(force_insert=True)
    assert not Customer.objects.exists()
    assert not Customer.history.exists()


@pytest.mark.parametrize("channel", ["", "mail", "Web"])
def test_an_unknown_channel_is_refused(channel):
    with pytest.raises(ValueError, match="channel is one of"), act(**EVERYTHING | {"channel": channel}):
        pass


def test_every_channel_fits_its_column():
    longest = TrailColumns._meta.get_field("channel").max_length
    assert all(0 < len(channel) <= longest for channel in CHANNELS)


def test_acts_nest_and_end_also_after_an_error():
    with act(**EVERYTHING) as outer:
        with pytest.raises(ZeroDivisionError), act(**EVERYTHING | {"channel": "bulk"}) as inner:
            assert current() is inner
            raise ZeroDivisionError
        assert current() is outer
    with pytest.raises(NoAct):
        current()


# ---- the entry time does not move unseen ----


def test_a_move_of_the_entry_time_without_its_previous_value_raises(customer):
    customer.entered_at = EARLIER
    with pytest.raises(RuntimeError, match="previous"), transaction.atomic(), act(**EVERYTHING), key():
        customer.save(update_fields=["entered_at"])
    assert (Customer.objects.get().entered_at, customer.history.count()) == (NOW, 1)


def test_what_an_act_says_of_one_row_is_not_said_of_another(cast, customer):
    """`about` one record must not colour the history of the next one saved in the same act."""
    other = make.customer(cast.owner)
    with transaction.atomic(), act(**EVERYTHING) as opened, key():
        opened.about(customer, previous_entered_at=NOW)
        customer.entered_at = EARLIER
        customer.save(update_fields=["entered_at"])
        other.name = "Other"
        other.save(update_fields=["name"])
    assert (customer.history.latest().previous_entered_at, other.history.latest().previous_entered_at) == (NOW, None)


@pytest.mark.parametrize("moment", [NOW.replace(microsecond=1), NOW + dt.timedelta(milliseconds=500)])
def test_a_fraction_of_a_second_is_not_cut_off_unseen(customer, moment):
    customer.entered_at = moment
    with pytest.raises(ValueError, match="whole seconds"), transaction.atomic(), act(**EVERYTHING) as opened, key():
        opened.about(customer, previous_entered_at=NOW)
        customer.save(update_fields=["entered_at"])


# ---- rows are copied from what was stored ----


def test_history_states_what_the_database_computed(customer):
    customer.name = Concat(F("name"), Value(" Ltd"))
    with transaction.atomic(), act(**EVERYTHING):
        customer.save(update_fields=["name"])
    assert customer.history.latest().name == Customer.objects.get().name
    assert customer.history.latest().name.endswith(" Ltd")


def test_plus_and_tilde_equal_the_stored_row(cast, customer, call):
    redate(call, cast.owner)
    for record in (customer, call):
        told, stored = record.history.latest(), type(record).objects.get()
        names = [f.attname for f in type(record)._meta.fields if f.name not in tracking.UNTRACKED]
        assert [getattr(told, name) for name in names] == [getattr(stored, name) for name in names]


def test_a_minus_row_keeps_what_was_there(cast, customer):
    terms = Terms(until=NOW + days(5), days_back=3)
    asked = {"by": cast.manager, "channel": "web", "clock": clock}
    right = grant(record=customer, to=cast.colleague, terms=terms, why="Holiday", **asked)
    revoke(grant=right, why="Back again", **asked)
    told = CustomerUserGrant.history.latest()
    assert (told.history_type, told.user_id, told.days_back, told.until) == ("-", cast.colleague.pk, 3, terms.until)
    assert (told.history_change_reason, told.why, told.actor_name) == ("Back again", "Holiday", "Manager")


def test_derived_columns_are_not_in_history():
    names = {f.name for f in Customer.history.model._meta.fields}
    assert not names & set(tracking.UNTRACKED)
    assert "version" in names


# ---- the trail's columns ----


def test_the_door_fills_the_trail(cast, call):
    redate(call, cast.owner, typed="2026-03-16 14:32", typed_zone="Asia/Shanghai", remote_addr="2001:db8::7")
    told = call.history.latest()
    assert (told.previous_entered_at, told.entered_at, told.history_date) == (NOW, EARLIER, NOW)
    assert (told.reason, told.history_change_reason) == ("typing_error", "The call was on Monday.")
    assert (told.history_user_id, told.actor_name, told.actor_role) == (cast.owner.pk, "Owner", "sales")
    assert (told.typed, told.typed_zone, told.remote_addr) == ("2026-03-16 14:32", "Asia/Shanghai", "2001:db8::7")
    assert (told.channel, told.allowed_by_kind, told.db_user) == ("web", "owner", "")
    assert told.allowed_by_id is not None
    empty = ("batch", "undoes", "requester_id", "approver_id", "time_request_id", "exception_id", "brought_in_at")
    assert [getattr(told, name) for name in empty] == [None] * len(empty)


def test_creating_with_an_earlier_time_fills_the_trail(cast, customer):
    record = create_record(
        model=FollowUp,
        values={"customer": customer, "summary": "Call"},
        by=cast.owner,
        entered_at=EARLIER,
        reason="back_fill",
        note="Forgotten.",
        typed="2026-03-16 14:32",
        typed_zone="Asia/Shanghai",
        channel="web",
        clock=clock,
    )
    told = record.history.get()
    assert (told.history_type, told.version, told.previous_entered_at) == ("+", 1, None)
    assert (told.reason, told.history_change_reason, told.typed) == ("back_fill", "Forgotten.", "2026-03-16 14:32")
    stored = FollowUp.objects.get()
    assert (stored.entered_at, stored.original_entered_at, stored.recorded_at) == (EARLIER, EARLIER, NOW)


def test_the_date_of_a_row_is_when_it_was_written_not_what_it_says(cast, call):
    at = NOW + dt.timedelta(minutes=3, microseconds=250)
    redate(call, cast.owner, clock=lambda: at)
    assert call.history.latest().history_date == at


def test_every_tracked_table_has_the_trail_its_indexes_and_no_foreign_key():
    trail = {f.name for f in TrailColumns._meta.local_fields}
    for model, history in tracked_models():
        fields = {f.name: f for f in history._meta.fields}
        assert trail <= fields.keys(), model
        assert not [f for f in fields.values() if isinstance(f, models.ForeignKey) and f.db_constraint], model
        assert history._meta.app_label == "audit", model
        assert history._meta.ordering == ("-history_id",), model
        is_grant = model.__name__.endswith("Grant")  # its deletions are listed, so they have an index
        timed = hasattr(model, "entered_at")  # what moved its time, and whereto, is asked of it
        assert len(history._meta.indexes) == 6 + is_grant + 5 * timed, model


def test_a_field_with_the_name_of_a_trail_column_is_refused():
    with pytest.raises(TypeError, match="columns of the trail"):
        type(
            "Badly",
            (models.Model,),
            {
                "__module__": __name__,
                "reason": models.TextField(),
                "history": tracked(),
                "Meta": type("Meta", (), {"app_label": "records"}),
            },
        )


# ---- both halves, or neither ----


class Broken(Exception):
    """What goes wrong in the middle."""


def breaking(start: str, table: str):
    """Statements that start so and name the table fail."""

    def wrapper(execute, sql, params, many, context):
        if sql.startswith(start) and table in sql:
            raise Broken
        return execute(sql, params, many, context)

    return connection.execute_wrapper(wrapper)


HALVES = {"the record": ("UPDATE", "records_followup"), "the history": ("INSERT INTO", "audit_historicalfollowup")}
WRITES = {
    "entry time": lambda call, cast: redate(call, cast.owner),
    "another field": lambda call, cast: update_record(
        record=call, seen_version=1, values={"summary": "New"}, by=cast.owner, channel="web", clock=clock
    ),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize("write", WRITES)
def test_when_one_half_fails_the_other_is_gone_too(cast, call, write, half):
    with breaking(*HALVES[half]), pytest.raises(Broken):
        WRITES[write](call, cast)
    stored = FollowUp.objects.get()
    assert (stored.version, stored.entered_at, stored.summary) == (1, NOW, call.summary)
    assert call.history.count() == 1
    WRITES[write](call, cast)
    assert (FollowUp.objects.get().version, call.history.count()) == (2, 2)


@pytest.mark.django_db(transaction=True)
def test_when_the_process_ends_between_the_halves_and_the_commit_both_are_gone(cast, call, monkeypatch):
    monkeypatch.setattr("records.services.entry_time.one.Result", None)
    with pytest.raises(TypeError):
        redate(call, cast.owner)
    assert (FollowUp.objects.get().version, call.history.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_a_record_without_its_first_history_row_is_never_created(cast, customer):
    with breaking("INSERT INTO", "audit_historicalfollowup"), pytest.raises(Broken):
        make.follow_up(cast.owner, customer)
    assert not FollowUp.objects.exists()
    assert make.follow_up(cast.owner, customer).number.endswith("-0001"), "the number was not used up"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["records_customerusergrant", "audit_historicalcustomerusergrant"])
def test_a_grant_and_its_history_stand_or_fall_together(cast, customer, table):
    asked = {"by": cast.manager, "channel": "web", "clock": clock}
    given = {"record": customer, "to": cast.colleague, "terms": Terms(until=NOW + days(5), days_back=3), "why": "Yes"}
    with breaking("INSERT INTO", f'"{table}"'), pytest.raises(Broken):
        grant(**given, **asked)
    assert (CustomerUserGrant.objects.count(), CustomerUserGrant.history.count()) == (0, 0)
    right = grant(**given, **asked)
    with breaking("DELETE" if table.startswith("records") else "INSERT INTO", f'"{table}"'), pytest.raises(Broken):
        revoke(grant=right, why="No", **asked)
    assert (CustomerUserGrant.objects.count(), CustomerUserGrant.history.count()) == (1, 1)
