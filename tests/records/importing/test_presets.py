"""Exports of other systems by their headings: what they are, and what their columns become."""

from __future__ import annotations

import csv

import pytest

from records.importing.columns import NotAValue, importable, match_columns, reader_of
from records.importing.opening import open_table
from records.importing.presets import recognise
from records.importing.presets.recognising import SHAPES
from records.models import Customer

from .edges.world import DATA, FILES

with (DATA / "exports.tsv").open(encoding="utf-8", newline="") as stream:
    EXPORTS = {
        (row["system"], row["type"], row["variant"]): (row["headings"], row["entry time"])
        for row in csv.DictReader(stream, delimiter="\t")
    }


@pytest.mark.parametrize("what", EXPORTS, ids=" ".join)
def test_exports_are_known_by_their_headings(what):
    headings, entered = EXPORTS[what]
    found = recognise(headings.split(","))
    assert (found.system, found.record_type, found.entered_at) == (what[0], what[1], entered)
    table = open_table((headings + "\n" + "," * headings.count(",")).encode() + b"x", header_row=1)
    assert match_columns(table, found.record_type, found.mapping, {}, partly=True)
    assert len(found.said) >= 3
    if entered:
        assert f"“{entered}” becomes the entry time." in found.said


def test_hints_beside_the_columns():
    salesforce = recognise(EXPORTS["salesforce", "customer", ""][0].split(","))
    assert (salesforce.zone, salesforce.leave_out) == ("UTC", {"IsDeleted": "true"})
    assert dict(salesforce.mapping)["BillingCity"] == "address+"
    assert recognise(EXPORTS["xiaoshouyi", "customer", "api"][0].split(",")).date_formats == {"createdAt": "epoch-ms"}
    assert recognise(EXPORTS["chinese", "customer", ""][0].split(",")).zone == "Asia/Shanghai"
    assert (
        "This looks like an export of 纷享销客: customers."
        in recognise(EXPORTS["fxiaoke", "customer", ""][0].split(",")).said
    )


def test_a_type_that_is_given_is_kept_to():
    headings = ["客户名称", "联系人姓名", "手机"]
    assert recognise(headings, "customer").record_type == "customer"
    assert recognise(headings, "contact").record_type == "contact"
    assert recognise(["x", "y"]) is None


def test_the_same_heading_twice_is_named_by_its_place():
    assert ("#1", "name") in recognise(["Company", "Phone", "Company"]).mapping


def test_every_shape_fills_fields_that_are():
    for shape in SHAPES:
        fields = importable(shape.record_type)
        assert {name.removesuffix("+") for name in shape.columns.values()} <= set(fields), shape
        for name, values in shape.values.items():
            if name not in fields:
                continue  # lists that the shapes of a system share
            read = reader_of(fields[name], values=dict(values))
            for text in values:
                assert read(text) in {value for value, _label in fields[name].flatchoices}


def test_every_heading_of_a_chinese_export_is_known_or_left_out_on_purpose():
    with (DATA / "crm-headers" / "headers.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    left_out = {"", "updated at (not entry time)", "last follow-up at", "last follow-up text", "next contact at"}
    left_out |= {"follow-up status", "owner id", "owner department", "created by (id)", "created by", "pipeline"}
    left_out |= {"won/lost"}
    for kind in dict.fromkeys(row["object"] for row in rows):
        part = [row for row in rows if row["object"] == kind]
        found = recognise([row["header"] for row in part])
        assert found.record_type == kind.removesuffix("_import")
        mapped = {heading for heading, _name in found.mapping}
        lost = [row["header"] for row in part if row["meaning"] not in left_out and row["header"] not in mapped]
        assert lost == []
        assert not {"更新时间", "最后跟进时间", "下次联系时间"} & mapped


def test_the_words_of_a_chinese_crm_have_a_meaning():
    with (DATA / "crm-headers" / "vocabulary.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    found = recognise(["客户名称", "所属行业", "客户来源", "客户等级"])
    for listed, name in (("industry", "industry"), ("source", "source"), ("level", "importance")):
        read = reader_of(Customer._meta.get_field(name), values=found.values[name])
        words = [row["label"] for row in rows if row["list"] == f"crm_customer_{listed}"]
        assert len(words) > 2
        for word in words:
            read(word)
    with pytest.raises(NotAValue):
        reader_of(Customer._meta.get_field("industry"), values=found.values["industry"])("火星")


@pytest.mark.parametrize(
    ("name", "system", "record_type"),
    [
        ("sf_opportunity_data.csv", "salesforce", "opportunity"),
        ("sf_account_data.csv", "salesforce", "customer"),
        ("import_accounts.csv", "dynamics", "customer"),
    ],
)
def test_real_exports(name, system, record_type):
    found = recognise([column.name for column in open_table((FILES / name).read_bytes()).columns])
    assert (found.system, found.record_type) == (system, record_type)
