"""One row of the trail: whole, with who, why and what allowed it; and only to who may see it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.events import record_event
from audit.models import SealLeaf
from audit.seals import seal
from audit.triggers import MAINTENANCE, switched_on
from records.models import Customer, TypeRule
from records.services.behalf import change_on_behalf
from records.services.contacts import add_contact, update_contact
from records.services.entry_time import change_entry_time
from records.services.records import update_record
from records.services.request_answers import approve
from records.services.time_requests import Seen, ask
from tests import cast as make
from tests.audit import house
from tests.audit.test_trail_list import later, move, narrow_auditor
from tests.cast import NOW, clock, days

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


def facts(html: str) -> dict[str, str]:
    """The names and values beside each other on the page."""
    return {text(name): text(value) for name, value in re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", html, re.DOTALL)}


@pytest.fixture
def look(cast, sign_in):
    """The page of a row as the auditor reads it."""
    client = sign_in(cast.auditor)

    def run(kind: str, pk: int, **headers: Any) -> str:
        response = client.get(f"/trail/{kind}/{pk}/", headers=headers)
        assert response.status_code == 200
        return response.content.decode()

    return run


def last(record: Any) -> int:
    return record.history.latest("history_id").history_id


def test_a_moved_time_with_everything_about_it(cast, look):
    customer = make.customer(cast.owner, name="Yunfan", address="1 Long Street")
    customer.refresh_from_db()
    change_entry_time(
        record=customer,
        seen_version=1,
        entered_at=NOW - days(2),
        typed="2026-03-16 14:32",
        typed_zone="Asia/Shanghai",
        reason="typing_error",
        note="The call was on Monday.",
        by=cast.manager,
        channel="web",
        clock=later(5),
        remote_addr="10.4.8.21",
    )
    said = text(look("customer", last(customer)))
    for words in (
        "Entry time changed",
        "Yunfan · Customer · " + customer.number,
        "Before 2026-03-18 14:32 Wednesday",
        "2 days earlier",
        "After 2026-03-16 14:32 Monday",
        "Manager Sales manager",
        "Changed at 2026-03-18 14:37 Asia/Shanghai (UTC+8)",
        "Typing error · The call was on Monday.",
        "Allowed by Role: Sales manager",
        "Approval Not needed",
        "Channel Web, 10.4.8.21",
        "As typed 2026-03-16 14:32 Asia/Shanghai",
        "Not sealed yet",
        "Address 1 Long Street 1 Long Street",
        "Entry time changed 2026-03-18 14:32 2026-03-16 14:32",
    ):
        assert words in said, words


def test_a_drawer_for_the_list_and_a_page_for_a_link(cast, look):
    customer = make.customer(cast.owner)
    drawer = look("customer", last(customer), **{"HX-Request": "true"})
    assert drawer.lstrip().startswith('<dialog class="drawer" id="row" data-open')
    assert "<html" not in drawer
    assert "<h1>Created</h1>" in look("customer", last(customer))


def test_allowed_by_a_grant_as_it_then_stood(cast, look):
    customer = make.customer(cast.owner)
    make.grant(customer, cast.stranger, cast.manager, why="Cards of March", days_back=14)
    move(customer, cast.stranger, back=3)
    assert "Grant by Manager, 14 days back, until 2026-03-22 14:32: Cards of March" in look("customer", last(customer))


def test_allowed_by_a_covering_grant_on_the_customer(cast, look):
    customer = make.customer(cast.owner)
    make.grant(customer, cast.stranger, cast.manager, why="All of it", covers=True, days_back=9)
    call = make.follow_up(cast.owner, customer)
    move(call, cast.stranger, back=3)
    assert "Grant by Manager, 9 days back" in look("followup", last(call))


def test_allowed_by_the_owner_rule_and_an_exception(cast, look):
    customer = make.customer(cast.owner)
    move(customer, cast.owner, back=2)
    assert "Owner of the record, by the rule" in look("customer", last(customer))
    house.exception(to=cast.owner, by=cast.administrator, record_type="customer", why="Audit of March")
    make.close_through((NOW - days(2)).date(), "customer")
    move(customer, cast.owner, back=3)
    assert "Exception for a closed period, until 2026-03-27 14:32: Audit of March" in look("customer", last(customer))


def test_by_a_request_with_its_approver(cast, look):
    customer = make.customer(cast.owner)
    asked = ask(
        record=customer,
        seen_version=1,
        wanted=NOW - days(30),
        why_code="other",
        words="Paper card",
        by=cast.owner,
        channel="web",
        clock=clock,
    )
    approve(request=asked, seen=Seen.of(asked, customer), by=cast.administrator, clock=later(9))
    said = facts(look("customer", last(customer)))
    assert said["Approval"].endswith("Administrator")
    assert said["Asked by"].endswith("Owner")
    assert said["Request"] == f"R-{asked.pk:04d}"
    assert f'href="/requests/{asked.pk}/"' in look("customer", last(customer))


def test_on_behalf_with_its_proof(cast, look):
    customer = make.customer(cast.owner)
    change_on_behalf(
        record=customer,
        seen_version=1,
        entered_at=NOW - days(1),
        reason="other",
        note="By phone",
        asker=cast.owner,
        how="phone",
        proof="Call of 18 March, 10:00",
        by=cast.administrator,
        channel="behalf",
        clock=clock,
    )
    said = facts(look("customer", last(customer)))
    assert said["Asked by"].endswith("Owner By phone: Call of 18 March, 10:00")
    assert said["Channel"] == "On behalf"


def test_warnings_that_were_answered(cast, look):
    make.set_rule(TypeRule.objects.get(record_type="followup"), warn_order=True)
    customer = make.customer(cast.owner)
    call = make.follow_up(cast.owner, customer)
    change_entry_time(
        record=call,
        seen_version=1,
        entered_at=NOW - days(2),
        reason="other",
        note="",
        acknowledged=["before_customer"],
        by=cast.manager,
        channel="web",
        clock=clock,
    )
    assert "Warnings answered with yes Earlier than its customer was entered" in text(look("followup", last(call)))


def test_raw_sql_is_named_and_warned_of(cast, look):
    customer = make.customer(cast.owner)
    house.run("UPDATE records_customer SET name = 'Sneaky' WHERE id = %s", [customer.pk])
    said = text(look("customer", last(customer)))
    assert "Changed in the database, past Redate" in said
    assert "wrote this with a database tool" in said
    assert "Name changed" in said


def test_sealed_where_and_whether_the_leaf_leads_to_the_root(cast, look):
    customer = make.customer(cast.owner)
    made = seal(clock)
    leaf = SealLeaf.objects.get(kind="audit.historicalcustomer", row_id=last(customer))
    said = text(look("customer", last(customer)))
    assert f"Sealed in #{made.number}" in said
    assert f"sha256 {bytes(leaf.leaf).hex()}" in said
    assert f"row {leaf.position + 1:,} of {made.count} · head {made.head}" in said
    assert "The stored leaf leads to the root of its seal." in said
    with switched_on(MAINTENANCE):
        SealLeaf.objects.filter(pk=leaf.pk).update(leaf=b"x" * 32)
    assert "does not lead to the root of its seal" in text(look("customer", last(customer)))


def test_as_it_was_shows_every_field_of_that_row(cast, sign_in):
    customer = make.customer(cast.owner, name="Old name", note="First")
    first = last(customer)
    update_record(
        record=customer,
        seen_version=1,
        values={"name": "New name", "note": "Second"},
        by=cast.owner,
        channel="web",
        clock=later(1),
    )
    html = sign_in(cast.auditor).get(f"/trail/customer/{first}/as-it-was/").content.decode()
    assert "Old name" in html
    assert "First" in html
    assert "Second" not in html
    assert "<form method" not in html.split('id="main"')[1]


def test_an_event_says_what_it_was(cast, look, sign_in):
    event = record_event(
        kind="person_changed",
        by=cast.administrator,
        at=NOW,
        record=cast.owner,
        remote_addr="10.0.0.9",
        what={"email": ["old@redate.example", "new@redate.example"], "note": "Married"},
    )
    said = text(look("event", event.pk))
    for words in (
        "Person changed",
        "Owner · People and roles",
        "Administrator",
        "old@redate.example",
        "Married",
        "10.0.0.9",
    ):
        assert words in said, words
    assert sign_in(cast.auditor).get(f"/trail/event/{event.pk}/as-it-was/").status_code == 404


@pytest.mark.parametrize("address", ["customer/999999", "nonsense/1", "event/99999", "customer/99999999999999999999"])
def test_what_is_not_there(cast, sign_in, address):
    assert sign_in(cast.auditor).get(f"/trail/{address}/").status_code == 404


def test_personal_details_only_where_the_customer_is_visible(cast, sign_in):
    reader = narrow_auditor(cast)
    pages = {}
    for customer in (make.customer(cast.owner), make.customer(cast.stranger)):
        contact = add_contact(
            customer=customer, values={"name": "Li", "phone": "1"}, by=customer.owner, channel="web", clock=clock
        )
        update_contact(
            contact=contact, seen_version=1, values={"phone": "139 0000"}, by=customer.owner, channel="web", clock=clock
        )
        pages[customer.owner] = f"/trail/contact/{last(contact)}/"
    client = sign_in(reader)
    assert "139 0000" in client.get(pages[cast.owner]).content.decode()
    assert client.get(pages[cast.stranger]).status_code == 404
    assert client.get(pages[cast.stranger] + "as-it-was/").status_code == 404
    assert "139 0000" in sign_in(cast.auditor).get(pages[cast.stranger]).content.decode()


def test_names_of_records_one_may_not_see_are_not_told(cast, sign_in):
    reader = narrow_auditor(cast)
    secret = make.customer(cast.stranger, name="Secret Parent")
    call = make.follow_up(cast.owner, secret, by=cast.administrator)
    html = sign_in(reader).get(f"/trail/followup/{last(call)}/").content.decode()
    assert "Secret Parent" not in html
    assert "a record you may not see" in html


def test_a_row_costs_few_queries(cast, sign_in):
    customer = make.customer(cast.owner)
    make.grant(customer, cast.stranger, cast.manager)
    move(customer, cast.stranger)
    client = sign_in(cast.auditor)
    client.get(f"/trail/customer/{last(customer)}/")
    with CaptureQueriesContext(connection) as captured:
        client.get(f"/trail/customer/{last(customer)}/")
    assert len(captured) <= 20, "\n".join(query["sql"][:120] for query in captured)
    assert Customer.objects.count() == 1
