"""Rows: who they hang on, who they are, what comes of them; and what tries to harm."""

from __future__ import annotations

import csv
import io

from openpyxl import load_workbook

from records.importing import own_format
from records.models import Batch, Customer, FollowUp, Opportunity
from records.services.matching import owner_texts
from tests.records.importing import doing

from .formats import PIPELINE, pipeline
from .world import DATA, LONDON, SHANGHAI, World, case, file


@case("E82")
def an_id_that_became_a_number_is_that_id(world: World) -> None:
    head = "InvoiceNo,StockCode,InvoiceDate,CustomerID\n"
    rows = "1,85123A,2010-12-01 08:26:00,17850.0\n2,71053,2010-12-01 08:26:00,17850.0\n3,X,2010-12-01 08:28:00,\n"
    mapping = "StockCode=summary,CustomerID=customer,InvoiceDate=entered_at"
    how = {"said": {"zone": LONDON}, "create_missing_customers": True}
    errors = world.refused(head + rows, "followup", mapping, **how)
    assert [(e.line, e.code, e.column) for e in errors] == [(4, "needed", "CustomerID")]
    loaded = world.store(head + rows, "followup", mapping, skip_bad_rows=True, **how)
    assert (loaded.created, loaded.customers, Customer.objects.get().name) == (2, 1, "17850")
    again = world.store(head + "4,Y,2010-12-02 08:26:00,17850\n", "followup", mapping, **how)
    assert (again.customers, FollowUp.objects.count(), Customer.objects.count()) == (0, 3, 1)


@case("E83")
def no_customer_by_choice(world: World) -> None:
    said = {"zone": LONDON, "date_formats": {"": "d-m-Y"}}
    data = (DATA / "pipeline_dmy.csv").read_bytes()
    errors = world.refused(data, "opportunity", PIPELINE, said=said, create_missing_customers=True)
    assert (len(errors), {e.code for e in errors}) == (9, {"needed"})
    pipeline(world, "d-m-Y", no_customer="none")
    assert Opportunity.objects.filter(customer=None).count() == 9
    assert doing.plan_of(data, "opportunity", PIPELINE, **said, no_customer="none").no_customer == 9


@case("E84")
def a_parent_named_before_it_exists(world: World) -> None:
    loaded = world.store(file("import_accounts.csv"), "customer", "src_name=name,src_parent=parent")
    assert loaded.created == 5
    assert Customer.objects.filter(name="Adventure Works").count() == 1
    assert dict(Customer.objects.values_list("name", "parent__name")) == {
        "A. Datum Corporation": "Adventure Works",
        "Adventure Works": None,
        "Blue Yonder Airlines": None,
        "City Power & Light": "A. Datum Corporation",
        "Fabrikam, Inc.": "Adventure Works",
    }


@case("E85")
def ids_are_case_sensitive_and_deleted_rows_can_be_left_out(world: World) -> None:
    mapping = "id=external_id,name=name"
    said = {"leave_out": {"is_deleted": "true"}}
    loaded = world.store(file("sf_account_data.csv"), "customer", mapping, said=said)
    with io.StringIO(file("sf_account_data.csv").decode()) as stream:
        rows = list(csv.DictReader(stream))
    gone = [row for row in rows if row["is_deleted"].lower() == "true"]
    assert (loaded.created, len(gone)) == (len(rows) - len(gone), 9)
    kept = next(row for row in rows if row not in gone)["id"]
    text = f"id,name\n{kept.swapcase()},Other\n{kept},Same\n"
    loaded = world.store(text, "customer", mapping)
    assert [(o.line, o.what) for o in loaded.outcome] == [(2, "created"), (3, "skipped")]
    whose = "id,name,owner_id\n9,A,0051G000005Mun4QAC\n"
    owned = mapping + ",owner_id=owner"
    told = world.refused(whose, "customer", owned, owners={"x": world.cast.owner})
    assert [(e.code, e.params["value"]) for e in told] == [("no_owner", "0051G000005Mun4QAC")]
    world.store(whose, "customer", owned, owner=world.cast.colleague)
    assert Customer.objects.get(external_id="9").owner == world.cast.colleague


@case("E86")
def identical_rows_are_told_and_the_same_file_is_loaded_once(world: World) -> None:
    mapping = "nsn=name,ship_date=entered_at,total_cost=amount,county=competitor"
    said = {"no_customer": "none", "key": ("name", "entered_at", "amount", "competitor"), "header_row": 1}
    loaded = world.store(file("ne_1033_data.xlsx"), "opportunity", mapping, said=said)
    assert loaded.created == 1036
    assert len(loaded.duplicates) > 500
    assert loaded.duplicates[0].code == "duplicate_line"
    again = world.store(file("ne_1033_data.xlsx"), "opportunity", mapping, said=said)
    assert (again.earlier, again.created, Opportunity.objects.count()) == (loaded.batch, 0, 1036)


@case("E87")
def one_bad_date_among_good_rows(world: World) -> None:
    data = "id,name,made\n1,A,2024-01-02\n2,B,2024-02-31\n3,C,2024-01-04\n"
    mapping, said = "id=external_id,name=name,made=entered_at", {"date_formats": {"": "iso"}}
    errors = world.refused(data, "customer", mapping, said=said)
    assert [(e.line, e.code, e.params["value"]) for e in errors] == [(3, "date", "2024-02-31")]
    assert (Customer.objects.count(), Batch.objects.count()) == (0, 0)
    loaded = world.store(data, "customer", mapping, said=said, skip_bad_rows=True)
    assert (loaded.created, [o.what for o in loaded.outcome]) == (2, ["created", "refused", "created"])


@case("E88")
def a_formula_stays_a_text(world: World) -> None:
    with io.StringIO(file("payloads.csv").decode()) as stream:
        payloads = [row["payload"] for row in csv.DictReader(stream)]
    assert len(payloads) == 6
    world.store(file("payloads.csv"), "customer", "payload=name,payload=note")
    assert sorted(Customer.objects.values_list("name", flat=True)) == sorted(payloads)
    rows = Customer.objects.order_by("pk")
    text = b"".join(own_format.csv_file("customer", rows, SHANGHAI, owner_texts()))
    cells = [cell for row in csv.reader(io.StringIO(text.decode("utf-8-sig"))) for cell in row]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]
    assert sum(cell[:2] in ("'=", "'@") for cell in cells) == 10
    book = b"".join(own_format.xlsx_file("customer", rows, SHANGHAI, owner_texts()))
    sheet = load_workbook(io.BytesIO(book)).active
    types = {cell.data_type for row in sheet.iter_rows() for cell in row}
    assert "f" not in types
    before = doing.history_rows()
    for data in (text, book):
        assert doing.own(data, world.by).unchanged == 6
    assert doing.history_rows() == before
    assert sorted(Customer.objects.values_list("note", flat=True)) == sorted(payloads)
