"""What an import looks up among very many rows, it looks up by an index, some hundred texts at a time."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from records.models import Customer, Opportunity
from tests.records.importing.doing import store

pytestmark = pytest.mark.django_db
CUSTOMERS = "id,name,phone,mail,parent\nA1,Huarui,13800000001,a@x.example,\nA2,Huarui East,13800000002,b@x.example,A1\n"
CUSTOMERS_TO = "id=external_id,name=name,phone=contact_phone,mail=contact_email,parent=parent"
DEALS, DEALS_TO = "id,name,customer\nD1,Deal,A1\nD2,Deal too,Huarui\n", "id=external_id,name=name,customer=customer"
WHOLE = re.compile(
    r"(?:SCAN|Seq Scan on) (?:records_customer|records_contact|records_opportunity)\b(?!.*USING COVERING)"
)


def asked(act: Callable[[], Any]) -> list[tuple[str, Any]]:
    """The questions that name several texts, with their values."""
    found = []

    def keep(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("SELECT") and (" IN (" in sql or "ANY(" in sql) and "records_" in sql:
            found.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep):
        act()
    return found


def plan(sql: str, params: Any) -> str:
    """How the database answers it."""
    how = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # few rows stand here: it would read them all
        cursor.execute(f"{how} {sql}", params)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def test_no_question_of_an_import_reads_a_whole_table(cast):
    by = cast.administrator
    store(CUSTOMERS.replace("A", "Z").replace("Huarui", "Old Huarui"), "customer", CUSTOMERS_TO, by)
    made = asked(lambda: store(CUSTOMERS, "customer", CUSTOMERS_TO, by, file="again.csv", said={"source": "new"}))
    made += asked(lambda: store(DEALS, "opportunity", DEALS_TO, by, file="deals.csv", said={"source": "new"}))
    assert (Customer.objects.count(), Opportunity.objects.count()) == (4, 2)
    told = {sql: plan(sql, params) for sql, params in made}
    for part in ("external_id", "name_key", "phone", "email"):
        assert any(f'"{part}"' in sql.split(" WHERE ", 1)[-1] for sql in told), part
    assert not {sql: how for sql, how in told.items() if WHOLE.search(how)}
