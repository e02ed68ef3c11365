"""Our own export comes back: unchanged it changes nothing; changed, only what was changed."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from records.importing import own_format
from records.importing.opening import look_into, open_table
from records.models import RECORDS, Batch, Contract, Customer, FollowUp, Opportunity
from records.services.imports import ImportRefused
from records.services.matching import owner_texts
from records.services.records import archive_record, update_record
from tests import cast as make
from tests.cast import NOW, clock, set_rule

from .doing import SHANGHAI, history_rows, lines, own

pytestmark = pytest.mark.django_db
NEW_YORK = ZoneInfo("America/New_York")
TRICKY = '=HYPERLINK("http://x")\nsecond line\r\n third, "quoted" '
WRITERS = {"csv": own_format.csv_file, "xlsx": own_format.xlsx_file}
PARENTS = {"customer": ("parent",), "opportunity": ("customer",)}


def export(record_type, kind, zone=SHANGHAI):
    names = PARENTS.get(record_type, ("customer", "opportunity"))
    rows = RECORDS[record_type].objects.select_related(*names).order_by("pk")
    return b"".join(WRITERS[kind](record_type, rows, zone, owner_texts()))


@pytest.fixture
def town(cast):
    """Every type, with what is hard to write down."""
    acme = make.customer(
        cast.owner, name="=1+1", note=TRICKY, short_name="'-x", industry="trade", website="https://a.example"
    )
    deal = make.opportunity(
        cast.owner, acme, name="+49 30 1234", amount="12345678901234.56", currency="EUR", probability=20
    )
    make.opportunity(
        cast.colleague, None, name="-5", amount="-0.01", stage="lost", expected_close_on=dt.date(2026, 4, 1)
    )
    make.follow_up(cast.owner, acme, opportunity=deal, kind="wechat", done=True, next_step_on=dt.date(2026, 3, 20))
    make.contract(cast.owner, acme, opportunity=deal, name="@SUM(A1)", amount="5.50", signed_on=dt.date(2026, 1, 2))
    make.customer(cast.senior, name="A\x0bB", importance="key", note="N/A", address="\t tabs ")
    return cast


@pytest.mark.parametrize("record_type", RECORDS)
@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("zone", [SHANGHAI, NEW_YORK])
def test_what_was_exported_changes_nothing(town, record_type, kind, language, zone):
    with override(language):
        data = export(record_type, kind, zone)
    before, stand = history_rows(), list(RECORDS[record_type].objects.values())
    loaded = own(data, town.administrator, file=f"own.{kind}")
    assert loaded.errors == []
    assert (loaded.batch, loaded.created, loaded.updated, loaded.unchanged) == (None, 0, 0, len(stand))
    assert (history_rows(), list(RECORDS[record_type].objects.values())) == (before, stand)
    assert not Batch.objects.exists()


@pytest.mark.parametrize("kind", WRITERS)
def test_the_cell_is_the_wall_clock_and_the_heading_names_the_zone(cast, kind):
    hong_kong, at = ZoneInfo("Asia/Hong_Kong"), dt.datetime(2024, 11, 8, 6, 40, tzinfo=dt.UTC)
    make.customer(cast.owner, clock=lambda: at)
    table = open_table(export("customer", kind, hong_kong))
    assert table.columns[-1].name == "Entry time (Asia/Hong_Kong)"
    assert table.rows[0][1][-1] in ("2024-11-08 14:40", "2024-11-08 14:40:00")
    assert own(export("customer", kind, hong_kong), cast.administrator).unchanged == 1


@pytest.mark.parametrize("kind", WRITERS)
def test_a_time_that_was_shown_twice_comes_back_as_the_same_moment(cast, kind):
    for hour in (5, 6):
        make.customer(cast.owner, clock=lambda hour=hour: dt.datetime(2024, 11, 3, hour, 30, tzinfo=dt.UTC))
    data = export("customer", kind, NEW_YORK)
    cells = [cells[-1] for _line, cells in open_table(data).rows]
    assert cells == ["2024-11-03T01:30-04:00", "2024-11-03T01:30-05:00"]
    assert own(data, cast.administrator).unchanged == 2


def edited(data, old, new):
    return data.decode().replace(old, new).encode()


def test_only_the_changed_field_of_the_changed_row_is_written(town):
    data = edited(export("opportunity", "csv"), "+49 30 1234", "Cranes")
    before = history_rows()
    loaded = own(data, town.administrator)
    assert (loaded.updated, loaded.unchanged, loaded.moved) == (1, 1, 0)
    deal = Opportunity.objects.get(name="Cranes")
    row = deal.history.order_by("-history_id").first()
    assert (deal.version, row.history_type, row.reason, row.channel) == (2, "~", "import", "import")
    assert (row.history_change_reason, row.batch, row.previous_entered_at) == ("own.csv row 2", loaded.batch.pk, None)
    assert history_rows() == before + 1
    assert Opportunity.objects.matching("Cranes").exists()  # found by its new name
    assert [o.what for o in loaded.outcome] == ["updated", "unchanged"]
    assert own(data, town.administrator).unchanged == 2  # sent twice: the older version says nothing new


def test_a_row_that_was_changed_since_is_refused_and_named(town):
    data = export("opportunity", "csv")
    deal = Opportunity.objects.get(name="+49 30 1234")
    update_record(record=deal, seen_version=1, values={"name": "Ships"}, by=town.owner, channel="web", clock=clock)
    with pytest.raises(ImportRefused) as no:
        own(edited(data, "+49 30 1234", "Cranes"), town.administrator)
    assert lines(no) == [(2, "stale")]
    assert f"{deal.number} was changed since this file was made: version 1 there, 2 now." in no.value.errors[0].message
    loaded = own(edited(data, "12345678901234.56", "1"), town.administrator, skip_bad_rows=True)
    assert (loaded.updated, [e.code for e in loaded.errors]) == (0, ["stale"])
    assert Opportunity.objects.get(pk=deal.pk).name == "Ships"


def test_a_changed_entry_time_walks_through_the_door(town):
    deal = Opportunity.objects.get(name="+49 30 1234")
    data = edited(export("opportunity", "csv"), "2026-03-18 14:32", "2026-03-10 09:00")
    loaded = own(data, town.administrator)
    assert (loaded.updated, loaded.moved) == (2, 2)
    row = deal.history.order_by("-history_id").first()
    assert row.entered_at == dt.datetime(2026, 3, 10, 1, 0, tzinfo=dt.UTC)
    assert (row.previous_entered_at, row.reason, row.history_change_reason) == (NOW, "back_fill", "own.csv row 2")
    assert (row.allowed_by_kind, row.batch, row.version) == ("role", loaded.batch.pk, 2)


def test_field_and_time_together_are_two_rows(town):
    data = edited(export("opportunity", "csv"), "2026-03-18 14:32", "2026-03-10 09:00")
    loaded = own(edited(data, "+49 30 1234", "Cranes"), town.administrator)
    deal = Opportunity.objects.get(name="Cranes")
    told = list(deal.history.order_by("history_id").values_list("version", "name", "previous_entered_at"))
    assert told == [(1, "+49 30 1234", None), (2, "Cranes", None), (3, "Cranes", NOW)]
    assert (loaded.updated, loaded.batch.count) == (2, 2)


def test_the_rules_of_the_door_hold(town):
    make.close_through(dt.date(2026, 2, 28), "opportunity")
    data = edited(export("opportunity", "csv"), "2026-03-18 14:32", "2026-02-10 09:00")
    with pytest.raises(ImportRefused) as no:
        own(data, town.administrator)
    assert lines(no) == [(2, "closed"), (3, "closed")]
    assert not Opportunity.objects.exclude(version=1).exists()


@pytest.mark.parametrize("what", ["Cranes", "2026-03-10 09:00"])
def test_who_may_not_change_a_record_changes_it_by_no_file(town, what):
    for rule in make.TypeRule.objects.all():
        set_rule(rule, owners_may=False)
    make.contract(town.senior, Customer.objects.get(importance="key"), name="Secret")
    data = edited(export("contract", "csv"), "Secret" if what == "Cranes" else "2026-03-18 14:32", what)
    if what == "Cranes":
        assert own(data, town.manager).updated == 1  # ordinary fields of key records are theirs to change
    else:
        with pytest.raises(ImportRefused) as no:
            own(data, town.manager)
        assert (3, "right") in lines(no)


@pytest.mark.parametrize(
    ("old", "new", "column"),
    [("Owner,2026", "Colleague,2026", "owner"), ("Key", "Ordinary", "importance")],
)
def test_what_decides_rights_changes_on_its_own_page(town, old, new, column):
    data = export("customer", "csv")
    assert old in data.decode()
    with pytest.raises(ImportRefused) as no:
        own(edited(data, old, new), town.administrator)
    assert {(e.code, e.column) for e in no.value.errors} == {("own_page", column)}


def test_another_parent_is_refused(town):
    other = make.customer(town.owner)
    acme = Customer.objects.get(name="=1+1")
    with pytest.raises(ImportRefused) as no:
        own(edited(export("followup", "csv"), acme.number, other.number), town.administrator)
    assert lines(no) == [(2, "own_page")]
    assert FollowUp.objects.get().customer == acme


def test_empty_cells_leave_their_fields_unless_they_are_to_clear(town):
    data = edited(export("contract", "csv"), ",2026-01-02,", ",,")
    assert own(data, town.administrator).unchanged == 1
    assert own(data, town.administrator, said={"clear": True}).updated == 1
    assert Contract.objects.get().signed_on is None


def test_a_new_row_without_a_number_is_a_new_record(town):
    first = export("opportunity", "csv").decode().splitlines(keepends=True)[:2]
    number = Opportunity.objects.get(name="+49 30 1234").number
    loaded = own((first[0] + first[1].replace(number + ",1,", ",,")).encode(), town.administrator)
    assert loaded.created == 1
    loaded = [*RECORDS["opportunity"].objects.filter(name="+49 30 1234").values_list("amount", flat=True)]
    assert len(set(loaded)) == 1


def test_an_unknown_number_is_an_error_whoever_asks(town):
    data = edited(export("opportunity", "csv"), Opportunity.objects.first().number, "O-2020-9999")
    with pytest.raises(ImportRefused) as no:
        own(data, town.administrator)
    assert [code for _line, code in lines(no)] == ["no_record"]


def test_rows_that_stand_can_be_skipped_or_refused(town):
    data = edited(export("opportunity", "csv"), "+49 30 1234", "Cranes")
    loaded = own(data, town.administrator, said={"existing": "skip"})
    assert (loaded.existing, loaded.batch, [o.what for o in loaded.outcome]) == (2, None, ["skipped"] * 2)
    with pytest.raises(ImportRefused) as no:
        own(data, town.administrator, said={"existing": "refuse"})
    assert lines(no) == [(2, "exists"), (3, "exists")]


def test_an_archived_record_is_not_changed(town):
    deal = Opportunity.objects.get(name="+49 30 1234")
    data = edited(export("opportunity", "csv"), "+49 30 1234,", "Cranes,")
    why = {"reason": "", "note": "", "channel": "web", "clock": clock}
    archive_record(record=deal, seen_version=1, by=town.owner, **why)
    data = edited(data, f"{deal.number},1,", f"{deal.number},2,")
    with pytest.raises(ImportRefused) as no:
        own(data, town.administrator)
    assert lines(no) == [(2, "archived")]


def test_fields_that_do_not_fit_together_are_seen_on_the_whole_record(town):
    data = edited(export("contract", "csv"), ",2026-01-02,,,", ",2026-01-02,2026-05-01,2026-04-01,")
    with pytest.raises(ImportRefused) as no:
        own(data, town.administrator)
    assert "Ends before it starts" in no.value.errors[0].message


def test_an_own_export_is_known_in_either_language():
    for language, word in (("en", "Number"), ("zh-hans", "编号")):
        with override(language):
            head = own_format.head("contract", SHANGHAI)
        assert head[0] == word
        found = own_format.recognise(head)
        assert (found.record_type, str(found.zone)) == ("contract", "Asia/Shanghai")
        assert look_into((",".join(head) + "\n").encode() + b"K-1" + b"," * (len(head) - 1), "x").own
    assert own_format.recognise(["Number", "Name", "Entry time"]) is None
