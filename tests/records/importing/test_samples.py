"""The sets of exports beside the repository: each loads, or is refused for what its note says is wrong with it."""

from __future__ import annotations

import csv
import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings

from records.importing.changes import ChangeSpec, plan_changes
from records.importing.opening import look_into, open_table
from records.importing.plan import Spec, make_plan
from records.importing.presets import recognise
from records.models import Contact, Customer, FollowUp, Opportunity
from records.services.imports import ImportRefused, load_changes, load_contacts
from tests.cast import clock

from .doing import lines, store
from .edges.world import FILES

SETS = settings.BASE_DIR.parent / "shared" / "data"  # real exports, larger than a repository should hold
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not SETS.is_dir(), reason=f"THE FULL EXPORTS ARE NOT TESTED: {SETS} is not there."),
]
LONDON, NEW_YORK = ZoneInfo("Europe/London"), ZoneInfo("America/New_York")


def read(name):
    return (SETS / name).read_bytes()


def truth(name):
    with (SETS / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def seen(name, record_type=None):
    """The mapping that the headings give."""
    return recognise([column.name for column in open_table(read(name)).columns], record_type)


def test_maven(cast):
    folder = "maven-crm-sales/"
    accounts = seen(folder + "accounts.csv")
    said = {"values": {"industry": {"technolgy": "software", "marketing": "other", "entertainment": "other",
                                    "employment": "other", "services": "other"}}}  # fmt: skip
    said["values"]["industry"] |= accounts.values["industry"]
    loaded = store(read(folder + "accounts.csv"), "customer", accounts.mapping, cast.administrator, said=said)
    assert (loaded.created, Customer.objects.filter(parent=None).count()) == (85, 70)
    assert Customer.objects.get(name="Bluth Company").parent.name == "Acme Corporation"
    found = seen(folder + "sales_pipeline_dmy.csv")
    values = {"stage": found.values["stage"] | {"Engaging": "qualified"}}
    said = {"zone": LONDON, "no_customer": "none", "values": values}
    loaded = store(read(folder + "sales_pipeline_dmy.csv"), "opportunity", found.mapping, cast.administrator, said=said,
                   owner=cast.owner)  # fmt: skip
    assert loaded.created == 8800
    stored = dict(Opportunity.objects.values_list("external_id", "entered_at"))
    for row in truth(folder + "sales_pipeline_iso.csv"):
        if row["engage_date"]:
            assert stored[row["opportunity_id"]].astimezone(LONDON).date().isoformat() == row["engage_date"]


def test_salesforce(cast):
    folder, by = "salesforce-export/", cast.administrator
    found = seen(folder + "sf_account_data.csv")
    said = {"zone": ZoneInfo("UTC"), "source": "salesforce", "values": found.values}
    mapping = [pair for pair in found.mapping if pair[1] in ("external_id", "name")]
    assert store(read(folder + "sf_account_data.csv"), "customer", mapping, by, said=said).created == 10
    deals = seen(folder + "sf_opportunity_data.csv")
    said |= {"no_customer": "none", "values": deals.values}
    with pytest.raises(ImportRefused) as no:  # its stages are hashed, its accounts and owners are not here
        store(read(folder + "sf_opportunity_data.csv"), "opportunity", deals.mapping, by, said=said, owners={"x": by})
    assert {code for _line, code in lines(no)} >= {"choice", "value"}
    wanted = ("external_id", "name", "entered_at", "expected_close_on", "amount")
    mapping = [pair for pair in deals.mapping if pair[1] in wanted]
    assert store(read(folder + "sf_opportunity_data.csv"), "opportunity", mapping, by, said=said).created == 10
    spec = ChangeSpec("opportunity", {"record": "id", "when": "_fivetran_start"}, ZoneInfo("UTC"), "salesforce",
                      ("stage_name", "amount", "close_date"))  # fmt: skip
    plan = plan_changes(open_table(read(folder + "sf_opportunity_history_data.csv")), spec)
    how = {"file": "history.csv", "digest": "x", "by": by, "channel": "import", "clock": clock}
    assert load_changes(plan=plan, **how).created == 10
    record = Opportunity.objects.get(name="$1m deal")
    row = record.history.order_by("-history_id").first()
    assert (row.history_date, record.version) == (dt.datetime(2019, 10, 17, 21, 10, 19, tzinfo=dt.UTC), 2)
    assert "amount: – → 24120000" in row.history_change_reason


@pytest.mark.parametrize("name", ["sf_task_data.csv", "sf_event_data.csv"])
def test_salesforce_activities_need_their_accounts(cast, name):
    found = seen("salesforce-export/" + name)
    said = {"zone": ZoneInfo("UTC"), "values": found.values, "leave_out": found.leave_out}
    mapping = [pair for pair in found.mapping if pair[1] in ("external_id", "summary", "entered_at", "customer")]
    with pytest.raises(ImportRefused) as no:
        store(read("salesforce-export/" + name), "followup", mapping, cast.administrator, said=said)
    assert {code for _line, code in lines(no)} <= {"no_parent", "needed"}
    how = {"said": said, "create_missing_customers": True, "skip_bad_rows": True}
    loaded = store(read("salesforce-export/" + name), "followup", mapping, cast.administrator, **how)
    assert loaded.created + len(loaded.errors) == 10


@pytest.mark.parametrize(
    "name", ["sf_lead_data.csv", "sf_opportunity_line_item_data.csv", "sf_account_history_data.csv"]
)
def test_very_wide_tables_are_read(name):
    table = open_table(read("salesforce-export/" + name))
    assert (len(table.columns) > 30, len(table.rows) in (1, 10), table.errors) == (True, True, [])


def test_dynamics(cast):
    found = seen("dynamics-import-accounts/import_accounts.csv")
    assert (
        store(
            read("dynamics-import-accounts/import_accounts.csv"), "customer", found.mapping, cast.administrator
        ).created
        == 5
    )


def test_atomic_contacts(cast):
    name = "atomic-crm-contacts/contacts.csv"
    companies = {row["company"] for row in truth(name) if row["company"]}
    store("name\n" + "".join(f'"{c}"\n' for c in sorted(companies)), "customer", "name=name", cast.administrator)
    found = seen(name)
    plan = make_plan(open_table(read(name)), Spec("contact", found.mapping, ZoneInfo("UTC"), existing="skip"))
    how = {"file": "contacts.csv", "digest": "x", "by": cast.administrator, "channel": "import", "clock": clock}
    loaded = load_contacts(plan=plan, skip_bad_rows=True, **how)
    assert loaded.created + loaded.existing + len({e.line for e in loaded.errors}) == 500
    assert {e.code for e in loaded.errors} <= {"needed"}
    assert Contact.objects.filter(name="Shelley Kerluke", customer__name="Gottlieb and Sons").exists()


def test_retail(cast):
    mapping = "Description=summary,CustomerID=customer,InvoiceDate=entered_at"
    how = {"said": {"zone": LONDON}, "create_missing_customers": True, "skip_bad_rows": True}
    blank = 0
    for day in ("2010-12-01", "2010-12-02", "2010-12-03", "2011-03-27", "2011-10-30"):
        loaded = store(read(f"uci-online-retail-days/{day}.csv"), "followup", mapping, cast.administrator, **how)
        blank += len({e.line for e in loaded.errors if e.column == "CustomerID"})
    assert blank == 2291
    assert FollowUp.objects.count() + blank == 11063
    assert not Customer.objects.filter(name__endswith=".0").exists()


@pytest.mark.parametrize(
    ("name", "rows"), [("boston311-100.csv", 100), ("boston311-100-notime.csv", 100), ("NYC311-5.csv", 5)]
)
def test_service_requests(cast, name, rows):
    found = seen("service-requests-311/" + name)
    mapping = [pair for pair in found.mapping if pair[1] in ("external_id", "summary", "entered_at", "next_step_on")]
    mapping += [("neighborhood" if "boston" in name else "Borough", "customer")]
    said = {"zone": NEW_YORK}
    how = {"said": said, "create_missing_customers": True, "skip_bad_rows": True}
    loaded = store(read("service-requests-311/" + name), "followup", mapping, cast.administrator, **how)
    assert loaded.created + len({e.line for e in loaded.errors}) == rows
    assert {(e.code, e.column) for e in loaded.errors} <= {("needed", "neighborhood")}


def test_sheets_of_the_samples_are_read_or_said_to_be_wrong():
    for file in sorted((SETS / "xlsx-samples").glob("*.xlsx")):
        for sheet in look_into(file.read_bytes(), file.name).sheets:
            if sheet.rows:
                assert open_table(file.read_bytes(), sheet=sheet.name).rows
    table = open_table((FILES / "new_line_errors.xlsx").read_bytes())
    assert table.rows[0][1][0].split("\n")[:2] == ["first line of text ", "second line of text "]
    table = open_table((FILES / "merge_cells.xlsx").read_bytes())
    assert [column.label for column in table.columns] == ["Row Merge", "#2", "Not Merged"]
    table = open_table((FILES / "whitespace-xlsx.xlsx").read_bytes())
    assert table.columns[0].name == "<-space, space->"
