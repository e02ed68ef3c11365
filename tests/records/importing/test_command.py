"""`manage.py import_records` for Excel files, recognised exports, our own, contacts and an old history."""

from __future__ import annotations

import csv

import pytest
from django.core.management import CommandError, call_command

from records.importing import own_format
from records.models import Contact, Customer, Opportunity
from records.services.matching import owner_texts
from tests import cast as make

from .doing import SHANGHAI
from .edges.world import FILES
from .packing import book

pytestmark = pytest.mark.django_db


def run(capsys, file, cast, *more, record_type="customer"):
    call_command("import_records", str(file), f"--type={record_type}", "--by=administrator", *more)
    return capsys.readouterr().out


def test_an_excel_file_whose_headings_are_known(cast, capsys, tmp_path):
    file = tmp_path / "客户.xlsx"
    rows = [
        ["客户名称", "负责人", "联系人", "手机", "录入日期"],
        ["云帆", "Owner", "林悦", "138 0013 8000", "2024/3/7 14:05"],
    ]
    file.write_bytes(book([["导出"], [], *rows], title="一"))
    told = run(capsys, file, cast, "--sheet=一")
    assert "5 of 5 columns are recognised" in told
    assert "1 rows, 5 columns, sheet 一, headings in line 3." in told
    assert "No rows of the table: lines 1." in told
    record = Customer.objects.get()
    assert (record.name, record.owner, record.contacts.get().phone) == ("云帆", cast.owner, "138 0013 8000")
    assert record.entered_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") == "2024-03-07 14:05"


def test_our_own_export_is_an_update(cast, capsys, tmp_path):
    make.customer(cast.owner, name="Acme")
    file, outcome = tmp_path / "own.csv", tmp_path / "outcome.csv"
    data = b"".join(own_format.csv_file("customer", Customer.objects.all(), SHANGHAI, owner_texts()))
    file.write_bytes(data)
    assert "1 rows say what stands already." in run(capsys, file, cast)
    file.write_bytes(data.replace(b"Acme", b"Acme Ltd"))
    told = run(capsys, file, cast, f"--outcome={outcome}")
    assert "1 records changed, 0 entry times of them." in told
    rows = list(csv.reader(outcome.read_text("utf-8-sig").splitlines()))
    assert rows[1][:2] == ["2", "updated"]
    assert Customer.objects.get().name == "Acme Ltd"


def test_contacts_and_an_old_history(cast, capsys, tmp_path):
    make.customer(cast.owner, name="Acme")
    file = tmp_path / "people.csv"
    file.write_text("Company,Full name,Phone\nAcme,Ann,1\n")
    assert "1 contacts and 1 history rows" in run(capsys, file, cast, "--zone=UTC", record_type="contact")
    assert Contact.objects.get().name == "Ann"
    deals = FILES / "sf_opportunity_data.csv"
    mapping = "--map=id=external_id,name=name,created_date=entered_at"
    more = (mapping, "--zone=UTC", "--source=salesforce", "--customer-blank=none")
    run(capsys, deals, cast, *more, record_type="opportunity")
    history = FILES / "sf_opportunity_history_data.csv"
    more = ("--map=id=record,_fivetran_start=when", "--zone=UTC", "--source=salesforce", "--history")
    assert "10 changes and 10 history rows written" in run(capsys, history, cast, *more, record_type="opportunity")
    assert Opportunity.history.filter(brought_in_at__isnull=False).count() == 10
    assert "10 rows are stored already" in run(capsys, history, cast, *more, record_type="opportunity")


@pytest.mark.parametrize(
    ("text", "more", "said"),
    [
        ("a,b\n1,2\n", [], "These headings are not known"),
        ("Company\nA\n", [], "Say in which --zone"),
        ("Company\nA\n", ["--zone=Mars/Base"], "is not a time zone"),
        ("Company,Entered on\nA,bad\n", ["--zone=UTC", "--date-format=iso"], "Nothing was stored"),
    ],
)
def test_what_it_cannot_know_it_asks_for(cast, capsys, tmp_path, text, more, said):
    file = tmp_path / "x.csv"
    file.write_text(text)
    with pytest.raises(CommandError, match=said):
        run(capsys, file, cast, *more)
    assert not Customer.objects.exists()
