"""An old system's history of changes: rows of the trail, marked as brought in; no live value moves."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from audit.verify import run
from records.importing.changes import ChangeSpec, plan_changes
from records.importing.opening import open_table
from records.models import Batch, Customer
from records.refusals import Refused
from records.services.imports import ImportRefused, load_changes
from records.services.records import update_record
from tests.cast import NOW, clock

from .doing import lines, store

pytestmark = pytest.mark.django_db
CHANGES = {"record": "id", "field": "Field", "old": "Old", "new": "New", "who": "Who", "when": "When", "id": "Change"}
ROWS = (
    "id,Field,Old,New,Who,When,Change\n"
    "7,Stage,,Lead,Jane Old,2020-01-02 10:00,a1\n"
    "8,Name,Bet,Beta,Jane Old,2020-03-01 10:00,a2\n"
    "7,Stage,Lead,Won,Bob Old,2020-02-02 11:00,a3\n"
)


@pytest.fixture
def town(cast):
    store(
        "id,name\n7,Acme\n8,Beta\n", "customer", "id=external_id,name=name", cast.administrator, said={"source": "old"}
    )
    return cast


def bring(text, by, columns=CHANGES, **options):
    spec = ChangeSpec("customer", dict(columns), ZoneInfo("Asia/Shanghai"), source="old")
    plan = plan_changes(open_table(text.encode()), spec)
    return load_changes(plan=plan, file="history.csv", digest=text, by=by, channel="import", clock=clock, **options)


def test_changes_become_rows_that_say_who_and_when(town):
    before = {
        c.pk: {k: v for k, v in vars(c).items() if k not in ("_state", "version")} for c in Customer.objects.all()
    }
    loaded = bring(ROWS, town.administrator)
    assert (loaded.created, loaded.batch.kind, loaded.batch.count) == (3, "import", 3)
    acme = Customer.objects.get(external_id="7")
    first, second, third = acme.history.order_by("history_id")
    assert (first.history_type, first.brought_in_at) == ("+", None)
    assert (second.history_date, second.actor_name) == (dt.datetime(2020, 1, 2, 2, 0, tzinfo=dt.UTC), "Jane Old")
    assert (second.brought_in_at, second.brought_in_by, second.history_user_id) == (NOW, "Administrator", None)
    assert second.history_change_reason == "Stage: – → Lead (history.csv row 2)"
    assert (third.actor_name, third.history_change_reason) == ("Bob Old", "Stage: Lead → Won (history.csv row 4)")
    assert [row.previous_entered_at for row in (second, third)] == [None, None]
    assert (acme.version, third.version, third.proof) == (3, 3, "old a3")
    for customer in Customer.objects.all():
        assert {k: v for k, v in vars(customer).items() if k not in ("_state", "version")} == before[customer.pk]


def test_what_was_brought_in_is_not_brought_in_again(town):
    bring(ROWS, town.administrator)
    again = bring(ROWS + "8,Name,Beta,Gamma,Bob Old,2020-04-01,a4\n", town.administrator)
    assert (again.created, again.existing, [o.what for o in again.outcome].count("unchanged")) == (1, 3, 3)
    assert bring(ROWS, town.administrator).batch is None
    assert Batch.objects.count() == 3


def test_the_trail_verifies_and_life_goes_on(town):
    bring(ROWS, town.administrator)
    acme = Customer.objects.get(external_id="7")
    update_record(record=acme, seen_version=3, values={"note": "x"}, by=town.administrator, channel="web", clock=clock)
    report = run(by=town.administrator, clock=clock, keep=False)
    assert [(f.code, f.facts) for f in report.findings if "customer" in f.kind] == []  # the cast's own rows aside


def test_versions_of_a_record_become_what_differs(town):
    text = (
        "id,name,stage,_start,junk\n7,Acme,Open,2020-01-01,a\n8,Beta,Open,2020-01-05,a\n"
        "7,Acme,Won,2020-03-01,a\n7,Acme,Won,2020-04-01,a\n7,Acme Ltd,Won,2020-05-01,b\n"
    )
    loaded = bring(text, town.administrator, {"record": "id", "when": "_start"})
    assert loaded.created == 4
    told = (
        Customer.objects.get(external_id="7")
        .history.order_by("history_id")
        .values_list("history_change_reason", flat=True)
    )
    assert list(told)[1:] == [
        "name: – → Acme; stage: – → Open; junk: – → a (history.csv row 2)",
        "stage: Open → Won (history.csv row 4)",
        "name: Acme → Acme Ltd; junk: a → b (history.csv row 6)",
    ]


def test_what_cannot_be_is_refused(town):
    text = (
        ROWS
        + "9,Name,a,b,Jane,2020-01-01,b1\n7,Name,a,b,Jane,2027-01-01,b2\n7,Name,a,b,Jane,,b3\n7,,a,b,J,2020-01-01,b4\n"
    )
    with pytest.raises(ImportRefused) as no:
        bring(text, town.administrator)
    assert lines(no) == [(5, "no_record"), (6, "not_past"), (7, "no_moment"), (8, "needed")]
    assert not Customer.history.filter(brought_in_at__isnull=False).exists()
    assert bring(text, town.administrator, skip_bad_rows=True).created == 3


@pytest.mark.parametrize("who", ["owner", "auditor"])
def test_who_may_not_import_brings_in_nothing(town, who):
    with pytest.raises(Refused):
        bring(ROWS, getattr(town, who))


def test_a_trial_brings_in_nothing(town):
    assert bring(ROWS, town.administrator, trial=True).created == 3
    assert not Customer.history.filter(brought_in_at__isnull=False).exists()
