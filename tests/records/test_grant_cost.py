"""Rights questions cost the same with ten grants and with thousands: statements counted, plans looked at."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crm.models import User
from records.access import Checker
from records.all_grants import Wanted, listed
from records.models import CompanyRules, Customer
from records.models.access import REDATE
from tests import cast as make
from tests.cast import NOW
from tests.records.many_grants import give_thousands

pytestmark = pytest.mark.usefixtures("at_now")
CONTROL = ("BEGIN", "SAVEPOINT", "RELEASE", "ROLLBACK", "COMMIT")
PERMISSION = REDATE.format("customer")


def statements(ask):
    with CaptureQueriesContext(connection) as captured:
        ask()
    return [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(CONTROL)]


@pytest.fixture
def world(cast):
    """Sixty key customers, some granted on, in a company where sales see what they own or are granted."""
    make.set_rule(CompanyRules.objects.get(), sales_see_all=False)
    customers = [make.customer(cast.owner, importance="key") for _ in range(60)]
    for customer in customers[:10]:
        make.grant(customer, cast.colleague, cast.senior, covers=True)
    make.grant(customers[0], cast.west.group, cast.senior)
    return customers


def questions(cast, sign_in, customers):
    """Every question that grants answer, by name."""
    page = list(Customer.objects.order_by("pk")[:50])
    senior, colleague = sign_in(cast.senior), sign_in(cast.colleague)
    call = make.follow_up(cast.owner, customers[0])

    def fresh():
        return User.objects.get(pk=cast.colleague.pk)

    def prefetch():
        checker = Checker(fresh(), NOW)
        checker.prefetch_perms(page)
        return [checker.has_perm(PERMISSION, record) for record in page]

    return {
        "has_perm": lambda: Checker(fresh(), NOW).has_perm(PERMISSION, customers[0]),
        "has_perm below": lambda: Checker(fresh(), NOW).has_perm(REDATE.format("followup"), call),
        "prefetch": prefetch,
        "redatable": lambda: list(Customer.objects.redatable_by(fresh(), NOW)[:50]),
        "list page": lambda: colleague.get(reverse("records:customer_list")),
        "access of a record": lambda: senior.get(reverse("records:customer_access", args=[customers[0].pk])),
        "edit page": lambda: colleague.get(reverse("records:customer_update", args=[customers[0].pk])),
        "profile": lambda: colleague.get(reverse("profile")),
        "all access": lambda: senior.get(reverse("records:all_access")),
        "ending soon": lambda: senior.get(reverse("records:all_access"), {"show": "soon"}),
        "ended": lambda: senior.get(reverse("records:all_access"), {"show": "ended"}),
        "quick": lambda: senior.get(reverse("records:all_access"), {"show": "quick"}),
        "by person": lambda: senior.get(reverse("records:access_person"), {"person": cast.colleague.pk}),
        "check": lambda: senior.get(
            reverse("records:access_check"), {"person": cast.colleague.pk, "record": f"customer:{customers[0].pk}"}
        ),
    }


def test_every_question_takes_as_many_statements_with_thousands_of_grants(cast, sign_in, world):
    asked = questions(cast, sign_in, world)
    for ask in asked.values():
        ask()  # what is remembered between requests
    few = {name: len(statements(ask)) for name, ask in asked.items()}
    give_thousands(world, 5_000, cast.senior, also=cast.colleague)
    many = {name: len(statements(ask)) for name, ask in asked.items()}
    assert many == few
    assert (few["has_perm"], few["prefetch"], few["redatable"]) == (3, 3, 3)  # the person, what they hold, the grants
    assert few["all access"] <= 10


def test_a_page_is_annotated_by_scalar_subqueries(cast, world):
    sql = str(Customer.objects.redatable_by(User.objects.get(pk=cast.colleague.pk), NOW)[:50].query)
    assert "JOIN" not in sql
    assert sql.count("(SELECT U0") >= 2


@pytest.mark.skipif(connection.vendor != "postgresql", reason="plans of PostgreSQL")
def test_postgresql_never_reads_all_grants(cast, sign_in, world):
    give_thousands(world, 20_000, cast.senior)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        for name, ask in questions(cast, sign_in, world).items():
            for sql in (sql for sql in statements(ask) if "records_customerusergrant" in sql):
                cursor.execute(f"EXPLAIN {sql}")
                plan = "\n".join(row[0] for row in cursor.fetchall())
                assert "Seq Scan on records_customerusergrant" not in plan, f"{name}\n{plan}"


def test_the_first_pages_of_thousands_are_right(cast, world):
    give_thousands(world, 1_000, cast.senior)
    page = listed(Wanted(), cast.senior, NOW)
    assert len(page.rows) == 50
    assert [row.until for row in page.rows] == sorted(row.until for row in page.rows)
    behind = listed(Wanted(), cast.senior, NOW, after=page.after).rows
    assert not {row.row_id for row in page.rows} & {row.row_id for row in behind}
