"""Search in pieces of words: the same answers on both databases, and an index that stays in step."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.utils import IntegrityError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from records import search, search_index
from records.models import Customer
from records.search import pieces, wanted
from tests import cast as people

sqlite_only = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="FTS5 is SQLite's")


def found(text: str) -> set[str]:
    """Names of the customers that match."""
    return set(Customer.objects.matching(text).values_list("name", flat=True))


def put(customer: Any, text: str) -> None:
    """Write search_text as the services do."""
    Customer.objects.filter(pk=customer.pk).update(search_text=pieces(text))


@pytest.fixture
def four(cast: Any) -> dict[str, Any]:
    """Customers whose names hold Han, Latin, digits and signs."""
    names = ("杭州云帆科技有限公司", "Northwind Instruments BV", "A1 3C Ch (Müller) 1e5", "𠀀𠀁 佐藤ロボティクス")
    return {name: people.customer(cast.manager, name=name) for name in names}


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("云帆", "杭州云帆科技"),
        ("帆", "杭州云帆科技"),
        ("司", "杭州云帆科技"),  # the last character of a word, which begins no piece of two
        ("云帆 杭州", "杭州云帆科技"),
        ("NORTH", "Northwind"),
        ("ｎｏｒｔｈ", "Northwind"),  # full width
        ("wind inst", "Northwind"),
        ("hwi", "Northwind"),
        ("orthwin", "Northwind"),
        ("bv", "Northwind"),
        ("a1", "A1"),
        ("3c", "A1"),
        ("ch", "A1"),
        ("1e5", "A1"),
        ("müller", "A1"),
        ("ü", "A1"),
        ("𠀁", "𠀀𠀁"),
        ("𠀀𠀁", "𠀀𠀁"),
        ("ロボ", "𠀀𠀁"),
    ],
)
def test_finds_one(four: dict[str, Any], typed: str, name: str) -> None:
    assert [each[: len(name)] for each in found(typed)] == [name]


@pytest.mark.parametrize(
    "typed", ["", " ", "!!!", "'", '"', "\\", "%", "_", "*", "云科技x", "mu", "zz", "\x00", "a & !b"]
)
def test_finds_nothing(four: dict[str, Any], typed: str) -> None:
    assert found(typed) == set()


@pytest.mark.parametrize("typed", ["' | 'a", '" OR "a', "a:*", "a*", "NOT a", "a NEAR b", "search_text:a", "a)(", "^a"])
def test_signs_are_no_language(four: dict[str, Any], typed: str) -> None:
    """They cut words and mean nothing else."""
    assert found(typed) == {name for name in four if set(wanted(typed)) <= {p[: len(p)] for p in _begins(name)}}


def _begins(name: str) -> set[str]:
    held = pieces(name).split()
    return {*held, *(piece[:1] for piece in held)}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=30), data=st.data())
def test_what_is_written_is_found_by_any_part_of_it(four: dict[str, Any], text: str, data: Any) -> None:
    customer = four["Northwind Instruments BV"]
    text = text.replace("\x00", "")
    put(customer, text)
    start = data.draw(st.integers(0, len(text)))
    part = text[start : data.draw(st.integers(start, len(text)))]
    matches = Customer.objects.filter(pk=customer.pk).matching(part)
    assert matches.exists() == bool(wanted(part))


def test_only_short_words_are_remembered() -> None:
    """Whoever writes long ones does not fill the memory of the server."""
    search._known.cache_clear()
    assert pieces("Ab " + "x" * 5_000 + "y").split() == ["ab", "b", "xx", "xy", "y", "xxxx", "xxxy"]
    assert search._known.cache_info().currsize == 1


def test_a_whole_number_is_that_record_only(cast: Any) -> None:
    one = people.customer(cast.manager, name="First")
    people.customer(cast.manager, name=f"Mentions {one.number}")
    assert found(f" {one.number.lower()} ") == {"First"}


def test_archived_and_foreign_rows_are_not_the_index_s_matter(cast: Any, four: dict[str, Any]) -> None:
    assert not Customer.objects.visible_to(cast.outsider).matching("云帆").exists()
    assert Customer.objects.visible_to(cast.owner).live().matching("云帆").count() == 1


def test_contacts_are_found_through_their_customer(cast: Any, four: dict[str, Any]) -> None:
    from records.services.contacts import add_contact

    customer = four["杭州云帆科技有限公司"]
    values = {"name": "周文博", "phone": "138 0013 8000"}
    add_contact(customer=customer, values=values, by=cast.manager, channel="web", clock=people.clock)
    assert found("周文博") == {customer.name}
    assert found("138 0013") == found("13800138000") == {customer.name}
    assert found("0013-8000") == found("00138") == {customer.name}
    assert found("139 0013") == found("8013") == found("13801") == set()


def test_raw_sql_and_a_rollback_keep_it_in_step(four: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE records_customer SET search_text = ' qq ' WHERE name LIKE 'Northwind%%'", [])
    assert found("qq") == {"Northwind Instruments BV"}
    assert found("north") == set()
    with transaction.atomic():
        put(four["Northwind Instruments BV"], "zzz")
        transaction.set_rollback(True)
    assert found("zzz") == set()
    _check()


def _check() -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for table in search_index.TABLES:
                cursor.execute(f"INSERT INTO {table}_search ({table}_search, rank) VALUES ('integrity-check', 1)")


@sqlite_only
def test_replace_is_still_refused_and_leaves_the_index_alone(four: dict[str, Any]) -> None:
    columns = [f.column for f in Customer._meta.concrete_fields]
    quoted = ", ".join(f'"{c}"' for c in columns)
    sql = f"INSERT OR REPLACE INTO records_customer ({quoted}) SELECT {quoted} FROM records_customer"
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert found("云帆") == {"杭州云帆科技有限公司"}
    _check()


@sqlite_only
def test_lost_triggers_are_put_back_and_what_they_missed_is_read_again(four: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER records_customer_search_update")
    put(four["Northwind Instruments BV"], "qq")
    assert found("qq") == set()
    search_index.ensure()
    assert found("qq") == {"Northwind Instruments BV"}
    _check()


@sqlite_only
def test_without_fts5_it_reads_every_row_and_says_so(four: dict[str, Any], monkeypatch: Any) -> None:
    from crm.checks import search_has_its_index

    assert search_has_its_index(None) == []
    monkeypatch.setattr(search_index, "has_fts5", lambda: False)
    monkeypatch.setattr("crm.checks.has_fts5", lambda: False)
    assert found("云帆 杭州") == {"杭州云帆科技有限公司"}
    assert found("帆") == {"杭州云帆科技有限公司"}
    assert found("zz") == set()
    assert [warning.id for warning in search_has_its_index(None)] == ["redate.W001"]


def test_the_index_is_used(four: dict[str, Any]) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Customer.objects.matching("云帆").explain()
    assert ("VIRTUAL TABLE INDEX" in plan) or ("records_customer_search" in plan), plan


@pytest.mark.django_db(transaction=True)
def test_flush_empties_it() -> None:
    cast = people.make()
    people.customer(cast.manager, name="杭州云帆")
    assert found("云帆")
    call_command("flush", interactive=False, verbosity=0)
    assert not found("云帆")
    _check()
