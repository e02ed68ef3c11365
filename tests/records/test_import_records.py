"""The load: a file's records with its dates as entry times and their history, all or none."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import time
from collections import Counter
from io import StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from audit.models import Event
from audit.times import start_of_day
from records.importing.plan import Spec, make_plan
from records.importing.reader import read_table
from records.models import Batch, Contract, Customer, FollowUp, Opportunity
from records.models.guard import NotThroughTheDoor
from records.refusals import Refused
from records.services.bulk import insert_many
from records.services.imports import ImportRefused, load
from tests import cast as make
from tests.cast import NOW, clock, close_through, days

SMALL = Path(__file__).parent.parent / "data"
LARGE = settings.BASE_DIR.parent / "shared" / "data"  # real exports, larger than a repository should hold
LONDON = ZoneInfo("Europe/London")
PIPELINE = (
    "opportunity_id=external_id,product=name,account=customer,sales_agent=owner,deal_stage=stage,"
    "engage_date=entered_at,close_date=expected_close_on,close_value=amount"
)

large = pytest.mark.skipif(
    not LARGE.is_dir(), reason=f"THE FULL EXPORTS ARE NOT TESTED: {LARGE} is not there. Only the small files were."
)
pytestmark = pytest.mark.django_db


def run(file, by, **options):
    out = StringIO()
    options = {"zone": "Europe/London", "by": by.username, "owner": by.username, "source": "maven"} | options
    names = {"type": "--type", "map": "--map", "zone": "--zone", "by": "--by"}
    needed = [f"{names[name]}={options.pop(name)}" for name in names]
    rest = [f"--{name.replace('_', '-')}={value}" for name, value in options.items() if value is not True]
    flags = [f"--{name.replace('_', '-')}" for name, value in options.items() if value is True]
    call_command("import_records", str(file), *needed, *rest, *flags, stdout=out, stderr=out)
    return out.getvalue()


def pipeline(file, by, **options):
    values = "stage:Prospecting=lead,stage:Engaging=qualified"
    options = {"blank": "moment", "customer_blank": "none", "date_format": "d-m-Y"} | options
    return run(file, by, type="opportunity", map=PIPELINE, values=values, set="currency=USD", **options)


def accounts(file, by):
    return run(file, by, type="customer", map="account=name,account=external_id,office_location=address")


def plan_of(text, record_type, mapping, **options):
    return make_plan(read_table(text.encode()), Spec(record_type, mapping, LONDON, **{"blank": "moment"} | options))


def store(text, record_type, mapping, by, *, spec=None, **options):
    plan = plan_of(text, record_type, mapping, **spec or {})
    digest = hashlib.sha256(text.encode()).hexdigest()
    return load(plan=plan, file="old.csv", digest=digest, by=by, channel="import", clock=clock, **options)


CUSTOMERS = [("id", "external_id"), ("name", "name"), ("made", "entered_at")]


def check_pipeline(truth):
    """Every record has the entry time of the ISO file, or the import's moment, and one history row that says so."""
    stored = {o.external_id: o for o in Opportunity.objects.all()}
    history = {h.external_id: h for h in Opportunity.history.model.objects.all()}
    assert len(stored) == len(history) == len(truth) == Opportunity.history.model.objects.count()
    equal = blank = 0
    for row in truth:
        record, told = stored[row["opportunity_id"]], history[row["opportunity_id"]]
        assert told.entered_at == record.entered_at == record.original_entered_at
        assert (told.history_type, told.reason, told.channel, told.version) == ("+", "import", "import", 1)
        if row["engage_date"]:
            equal += record.entered_at == start_of_day(dt.date.fromisoformat(row["engage_date"]), LONDON)
        else:
            blank += record.entered_at == record.recorded_at
        assert str(record.expected_close_on or "") == row["close_date"]
    return equal, blank


def truth_of(file):
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_small_pipeline_keeps_its_dates(cast):
    for name in ("Cancity Ltd", "Isdom AG", "Rangreen", "Zumgo"):
        make.customer(cast.owner, name=name)
    told = pipeline(SMALL / "pipeline_dmy.csv", cast.administrator)
    assert check_pipeline(truth_of(SMALL / "pipeline_iso.csv")) == (37, 11)
    assert "11 rows without an entry time: moment." in told
    assert "48 opportunities and 48 history rows written" in told
    batch = Batch.objects.get()
    assert (batch.count, batch.kind, batch.title, batch.facts["zone"]) == (
        48,
        "import",
        "pipeline_dmy.csv",
        "Europe/London",
    )
    row = Opportunity.history.model.objects.first()
    assert (row.batch, row.history_change_reason, row.actor_name) == (batch.pk, "pipeline_dmy.csv", "Administrator")
    assert Opportunity.objects.filter(search_text="").count() == 0


def test_the_same_file_twice_creates_nothing_new(cast):
    file = SMALL / "pipeline_dmy.csv"
    pipeline(file, cast.administrator, create_missing_customers=True)
    told = pipeline(file, cast.administrator, create_missing_customers=True)
    assert "48 rows are stored already" in told
    assert (Opportunity.objects.count(), Customer.objects.count(), Batch.objects.count()) == (48, 4, 1)


def test_a_file_without_ids_is_known_by_its_bytes(cast):
    first = store("name\nA\nB\n", "customer", [("name", "name")], cast.administrator)
    again = store("name\nA\nB\n", "customer", [("name", "name")], cast.administrator)
    assert (first.created, again.created, again.earlier) == (2, 0, first.batch)


def test_a_dry_run_stores_nothing(cast):
    told = pipeline(SMALL / "pipeline_dmy.csv", cast.administrator, create_missing_customers=True, dry_run=True)
    assert "48 opportunities and 48 history rows would be written" in told
    assert (Opportunity.objects.count(), Batch.objects.count(), Opportunity.history.count()) == (0, 0, 0)


def test_a_wrong_date_format_stores_nothing_even_when_bad_rows_may_be_skipped(cast):
    with pytest.raises(CommandError, match="are not in the format m-d-Y"):
        pipeline(SMALL / "pipeline_dmy.csv", cast.administrator, date_format="m-d-Y", skip_bad_rows=True)
    assert not Opportunity.objects.exists()


def test_one_bad_row_among_good_ones_stores_nothing_unless_that_is_chosen(cast):
    text = "id,name,made\n1,A,2024-01-02\n2,B,2024-02-31\n3,C,2024-01-04\n"
    with pytest.raises(ImportRefused) as no:
        store(text, "customer", CUSTOMERS, cast.administrator, spec={"date_formats": {"": "iso"}})
    assert [(e.line, e.code) for e in no.value.errors] == [(3, "date")]
    assert not Customer.objects.exists()
    assert Event.objects.get(kind="refused").what == {"action": "import_records", "codes": ["date"]}
    options = {"spec": {"date_formats": {"": "iso"}}, "skip_bad_rows": True}
    loaded = store(text, "customer", CUSTOMERS, cast.administrator, **options)
    assert (loaded.created, [e.line for e in loaded.errors]) == (2, [3])


def test_a_file_from_a_closed_period_is_refused_and_the_period_named(cast):
    close_through(dt.date(2026, 1, 31))
    with pytest.raises(CommandError, match=r"Nothing was stored\. 37 rows: Closed through 2026-01-31\."):
        pipeline(SMALL / "pipeline_dmy.csv", cast.administrator, create_missing_customers=True)
    assert (Opportunity.objects.count(), Customer.objects.count(), Batch.objects.count()) == (0, 0, 0)


def test_the_future_is_refused(cast):
    with pytest.raises(ImportRefused) as no:
        store("id,name,made\n1,A,2026-03-19\n2,B,2026-03-18\n", "customer", CUSTOMERS, cast.administrator)
    assert [(e.line, e.code) for e in no.value.errors] == [(2, "future")]


def test_without_the_right_to_back_fill_the_window_holds(cast):
    text = "id,name,made\n1,A,2026-03-01\n2,B,2025-03-01\n"
    with pytest.raises(ImportRefused) as no:
        store(text, "customer", CUSTOMERS, cast.manager)
    assert [(e.line, e.code) for e in no.value.errors] == [(3, "window")]
    assert store(text, "customer", CUSTOMERS, cast.administrator).created == 2


def test_key_records_need_the_right_to_key_records(cast):
    key = make.customer(cast.owner, importance="key")
    text = f"name,customer,made\nCall,{key.number},2026-03-01\n"
    mapping = [("name", "summary"), ("customer", "customer"), ("made", "entered_at")]
    with pytest.raises(ImportRefused) as no:
        store(text, "followup", mapping, cast.manager)
    assert no.value.codes == ("right_new",)
    assert store(text, "followup", mapping, cast.senior).created == 1


@pytest.mark.parametrize("who", ["owner", "auditor", "outsider"])
def test_who_may_not_import_is_refused(cast, who):
    with pytest.raises(Refused) as no:
        store("name\nA\n", "customer", [("name", "name")], getattr(cast, who))
    assert no.value.codes == ("import_right",)


def test_parents_are_found_by_number_id_or_name(cast):
    by = cast.administrator
    store("id,name\n001q0Aab,Acme\n001q0AAB,Other\n", "customer", [("id", "external_id"), ("name", "name")], by)
    acme, other = Customer.objects.order_by("number")
    text = f"s,c\na,{acme.number}\nb,001q0AAB\nc,ACME\nd,001q0aab\ne,Nobody\nf,\n"
    with pytest.raises(ImportRefused) as no:
        store(text, "followup", [("s", "summary"), ("c", "customer")], by)
    assert [(e.line, e.code) for e in no.value.errors] == [(5, "no_parent"), (6, "no_parent"), (7, "needed")]
    store(text, "followup", [("s", "summary"), ("c", "customer")], by, skip_bad_rows=True)
    assert dict(FollowUp.objects.values_list("summary", "customer")) == {"a": acme.pk, "b": other.pk, "c": acme.pk}


def test_a_name_that_several_bear_is_not_guessed(cast):
    for _ in range(2):
        make.customer(cast.owner, name="Twin")
    with pytest.raises(ImportRefused) as no:
        store("s,c\na,twin\n", "followup", [("s", "summary"), ("c", "customer")], cast.administrator)
    assert no.value.errors[0].message == "Several are called “twin”. Give the number."


def test_a_childs_customer_is_its_opportunitys(cast):
    acme, other = make.customer(cast.owner), make.customer(cast.owner)
    deal = make.opportunity(cast.owner, acme, name="Deal")
    mapping = [("s", "name"), ("c", "customer"), ("o", "opportunity")]
    loaded = store(f"s,c,o\na,,{deal.number}\nb,{acme.number},Deal\n", "contract", mapping, cast.administrator)
    assert loaded.created == 2
    assert set(Contract.objects.values_list("customer", "opportunity")) == {(acme.pk, deal.pk)}
    with pytest.raises(ImportRefused) as no:
        store(f"s,c,o\na,{other.number},Deal\n", "contract", mapping, cast.administrator)
    assert no.value.codes == ("parent_mismatch",)


def test_fields_that_do_not_fit_together_are_errors_of_their_row(cast):
    acme = make.customer(cast.owner)
    mapping = [("s", "name"), ("c", "customer"), ("from", "starts_on"), ("to", "ends_on")]
    with pytest.raises(ImportRefused) as no:
        store(f"s,c,from,to\na,{acme.number},2026-02-01,2026-01-01\n", "contract", mapping, cast.administrator)
    assert "Ends before it starts" in no.value.errors[0].message


def test_owners_by_name_by_map_or_by_default(cast):
    mapping = [("name", "name"), ("who", "owner")]
    text = "name,who\nA,owner\nB,Ada Brook\nC,COLLEAGUE@redate.example\nD,\n"
    owners = {"ada brook": cast.stranger}
    store(text, "customer", mapping, cast.administrator, owners=owners, owner=cast.manager)
    found = dict(Customer.objects.values_list("name", "owner__username"))
    assert found == {"A": "owner", "B": "stranger", "C": "colleague", "D": "manager"}


@pytest.mark.parametrize(("who", "code"), [("Ghost", "no_owner"), ("auditor", "bad_owner"), ("gone", "no_owner")])
def test_who_owns_must_be_somebody_who_may(cast, who, code):
    with pytest.raises(ImportRefused) as no:
        mapping = [("name", "name"), ("who", "owner")]
        store(f"name,who\nA,{who}\n", "customer", mapping, cast.administrator, owners={"x": cast.owner})
    assert no.value.codes == (code,)


def test_formulas_stay_text(cast):
    store('name\n"=HYPERLINK(""http://x"")"\n@SUM(A1)\n', "customer", [("name", "name")], cast.administrator)
    assert set(Customer.objects.values_list("name", flat=True)) == {'=HYPERLINK("http://x")', "@SUM(A1)"}


def test_what_was_imported_can_be_corrected_like_anything_else(cast):
    from records.services.entry_time import change_entry_time

    store("id,name,made\n1,A,2026-03-10\n", "customer", CUSTOMERS, cast.administrator)
    record = Customer.objects.get()
    change_entry_time(
        record=record,
        seen_version=1,
        entered_at=record.entered_at + days(1),
        reason="typing_error",
        note="",
        by=cast.administrator,
        channel="web",
        clock=clock,
    )
    versions = list(Customer.history.order_by("history_id").values_list("version", "entered_at"))
    assert versions == [(1, record.entered_at), (2, record.entered_at + days(1))]


def test_rows_go_in_with_history_or_not_at_all(cast):
    record = Customer(
        name="A", owner=cast.owner, number="X-1", entered_at=NOW, original_entered_at=NOW, recorded_at=NOW
    )
    with pytest.raises(RuntimeError, match="no act is open"):
        insert_many([record])


@pytest.mark.django_db(transaction=True)
def test_no_rows_outside_a_transaction(cast):
    with pytest.raises(NotThroughTheDoor):
        insert_many([Customer(name="A", owner=cast.owner)])


# ---- the real exports ----


@large
def test_the_whole_maven_pipeline(cast, capsys):
    folder = LARGE / "maven-crm-sales"
    assert "85 customers and 85 history rows written" in accounts(folder / "accounts.csv", cast.administrator)
    started = time.monotonic()
    told = pipeline(folder / "sales_pipeline_dmy.csv", cast.administrator)
    seconds = time.monotonic() - started
    assert "1,425 rows without a customer: none." in told
    assert check_pipeline(truth_of(folder / "sales_pipeline_iso.csv")) == (8300, 500)
    months = Counter(o.entered_at.astimezone(LONDON).strftime("%Y-%m") for o in Opportunity.objects.all())
    assert (months["2016-10"], months["2017-07"], sum(months.values())) == (7, 1198, 8800)
    with capsys.disabled():
        print(f"\n8,800 rows imported with history in {seconds:.1f} s")


@large
def test_the_whole_maven_pipeline_in_the_wrong_format(cast):
    folder = LARGE / "maven-crm-sales"
    with pytest.raises(CommandError, match=r"values of “close_date” are not in the format m-d-Y.*Choose that one"):
        pipeline(folder / "sales_pipeline_dmy.csv", cast.administrator, date_format="m-d-Y")
    assert not Opportunity.objects.exists()


@large
def test_salesforce_dates_stay_in_utc_and_days_stay_days(cast):
    folder, by = LARGE / "salesforce-export", cast.administrator
    wide = {"zone": "UTC", "source": "salesforce", "date_format": "iso"}
    run(folder / "sf_account_data.csv", by, type="customer", map="id=external_id,name=name", **wide)
    assert Customer.objects.count() == 10
    columns = "id=external_id,name=name,created_date=entered_at,close_date=expected_close_on,amount=amount"
    file = folder / "sf_opportunity_data.csv"
    told = run(file, by, type="opportunity", map=columns, customer_blank="none", blank="refuse",
               leave_out="is_deleted=true", **wide)  # fmt: skip
    assert "10 rows left out." in told
    assert not Opportunity.objects.exists()
    run(file, by, type="opportunity", map=columns, customer_blank="none", blank="refuse", **wide)
    for row in truth_of(file):
        record = Opportunity.objects.get(external_source="salesforce", external_id=row["id"])
        assert record.entered_at == dt.datetime.fromisoformat(row["created_date"] + "+00:00")
        assert str(record.expected_close_on) == row["close_date"][:10]
