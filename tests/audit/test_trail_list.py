"""The trail: every table merged, newest first, by key."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.browse.filters import Wanted
from audit.browse.page import page, rows_for
from audit.browse.sources import EVENT, sources
from audit.displays import display_of
from audit.events import record_event
from audit.kept import tracked_models
from audit.models import Seal, SealLeaf
from records.models import CompanyRules
from records.services.entry_time import change_entry_time
from records.services.grants import revoke
from records.services.records import update_record
from tests import cast as make
from tests.audit import house
from tests.cast import NOW, clock, days

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
TRAIL = "/trail/"
UNTIL_NOW = {"to": "2026-03-18"}  # the rules stand in the trail since the database was made


def move(record: Any, by: Any, back: float = 2, reason: str = "typing_error", note: str = "", at: Any = clock) -> Any:
    record.refresh_from_db()
    return change_entry_time(
        record=record,
        seen_version=record.version,
        entered_at=NOW - days(back),
        reason=reason,
        note=note,
        by=by,
        channel="web",
        clock=at,
    )


def later(minutes: float) -> Any:
    return lambda: NOW + dt.timedelta(minutes=minutes)


def texts(html: str) -> list[str]:
    """The cells of the list, a string per row."""
    rows = re.findall(r"<tr role=\"row\"(?: class=\"is-time\")?>\s*<td.*?</tr>", html, re.DOTALL)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip() for row in rows]


def test_every_tracked_model_says_how_it_is_shown():
    for model, _history in tracked_models():
        display = display_of(model)
        assert str(display.group_name)
    assert EVENT in sources()


def test_everything_stands_in_one_list_newest_first(cast, sign_in):
    house.build(cast)
    customer = make.customer(cast.owner, name="Yunfan Technology")
    move(customer, cast.manager, at=later(1))
    record_event(kind="signed_in", by=cast.owner, at=NOW + dt.timedelta(minutes=2))
    html = sign_in(cast.auditor).get(TRAIL, UNTIL_NOW).content.decode()
    rows = texts(html)
    assert "Signed in" in rows[0]
    assert "Owner" in rows[0]
    assert rows[1].startswith("2026-03-18 14:33 Yunfan Technology Customer Entry time 2026-03-18 14:32")
    assert "2 days 1 min earlier" not in rows[1]
    assert "2 days earlier" in rows[1]
    assert "Manager Web" in rows[1]
    assert "Typing error" in rows[1]
    assert html.count('class="is-time"') == 1
    whole = " ".join(rows)
    for said in ("Access granted", "Exception made", "Change asked for", "Contact", "Created"):
        assert said in whole, said


def test_a_change_of_several_fields_shows_the_first_and_how_many_more(cast, sign_in):
    customer = make.customer(cast.owner)
    update_record(
        record=customer,
        seen_version=1,
        values={"status": "active", "note": "Big", "address": "1 Long Street"},
        by=cast.owner,
        channel="web",
        clock=later(1),
    )
    row = texts(sign_in(cast.auditor).get(TRAIL, UNTIL_NOW).content.decode())[0]
    assert "+2" in row


def test_pages_by_key_miss_nothing_and_repeat_nothing(cast):
    house.build(cast)
    for _ in range(3):
        make.customer(cast.owner)
    whole = [(line.slug, line.pk) for line in rows_for(Wanted(), cast.auditor, chunk=7)]
    assert len(whole) == len(set(whole))
    expected = sum(source.model._default_manager.count() for source in sources().values())
    assert len(whole) == expected
    walked, key = [], ""
    while True:
        found = page(Wanted(), cast.auditor, after=key, size=5)
        walked += [(line.slug, line.pk) for line in found.rows]
        if not found.older:
            break
        key = found.older
    assert walked == whole
    back = page(Wanted(), cast.auditor, before=found.newer, size=5)
    assert [(line.slug, line.pk) for line in back.rows] == walked[-5 - len(found.rows) : -len(found.rows)]
    oldest_first = [(line.slug, line.pk) for line in rows_for(Wanted(), cast.auditor, chunk=4, oldest_first=True)]
    assert oldest_first == whole[::-1]


def test_rows_of_one_moment_are_ordered_by_table_and_id(cast):
    house.build(cast)
    at_once = [line for line in rows_for(Wanted(), cast.auditor) if line.at == NOW]
    assert len(at_once) > 10
    assert [(line.slug, line.pk) for line in at_once] == sorted(((x.slug, x.pk) for x in at_once), reverse=True)


def test_the_seal_of_each_row_in_one_query(cast, sign_in):
    customer = make.customer(cast.owner)
    history = customer.history.get().history_id
    Seal.objects.create(number=7, at=NOW, root="0" * 64, count=1, columns={}, head="1" * 64, mac="2" * 64, key_name="k")
    SealLeaf.objects.create(seal=7, position=0, kind="audit.historicalcustomer", row_id=history, leaf=b"x" * 32)
    move(customer, cast.manager, at=later(1))
    rows = texts(sign_in(cast.auditor).get(TRAIL, {"record": f"customer:{customer.pk}"}).content.decode())
    assert "next seal" in rows[0]
    assert "#7" in rows[1]


def test_the_list_costs_few_queries_however_many_rows(cast, sign_in):
    house.build(cast)
    client = sign_in(cast.auditor)
    client.get(TRAIL)
    with CaptureQueriesContext(connection) as few:
        client.get(TRAIL)
    for number in range(12):
        customer = make.customer(cast.owner)
        move(customer, cast.manager, at=later(number))
        record_event(kind="role_given", by=cast.root, at=NOW, record=cast.owner, what={"role": "sales"})
    with CaptureQueriesContext(connection) as many:
        client.get(TRAIL)
    tables = len(sources())
    assert len(many) <= len(few) + 2  # the count of rows, the names of roles
    assert len(few) <= tables + 18, "\n".join(query["sql"][:150] for query in few)


def test_tables_that_the_filter_leaves_out_are_not_read(cast, sign_in):
    customer = make.customer(cast.owner)
    move(customer, cast.manager)
    client = sign_in(cast.auditor)
    with CaptureQueriesContext(connection) as captured:
        client.get(TRAIL, {"type": "customer", "field": "time"})
    read = {match for query in captured for match in re.findall(r'FROM "(audit_\w+)"', query["sql"])}
    assert read <= {"audit_historicalcustomer", "audit_sealleaf", "audit_seal", "audit_savedfilter"}


def test_a_row_typed_into_the_database_is_shown_with_its_user(cast, sign_in):
    customer = make.customer(cast.owner)
    house.run("UPDATE records_customer SET entered_at = %s WHERE id = %s", [house.typed(NOW - days(3)), customer.pk])
    row = texts(sign_in(cast.auditor).get(TRAIL, {"via": "sql"}).content.decode())
    assert len(row) == 1
    assert "Database user" in row[0]
    assert "Raw SQL" in row[0]
    assert "Entry time" in row[0]


def test_a_revoked_grant_still_tells_of_whom(cast, sign_in):
    customer = make.customer(cast.owner)
    given = make.grant(customer, cast.colleague, cast.manager)
    revoke(grant=given, why="Holiday is over", by=cast.manager, channel="web", clock=later(5))
    rows = texts(sign_in(cast.auditor).get(TRAIL, {"type": "grant"}).content.decode())
    assert "Access revoked Colleague" in rows[0]
    assert "Access granted Colleague" in rows[1]


# ---- who sees what ----


@pytest.mark.parametrize("who", ["owner", "manager", "senior", "outsider"])
def test_others_are_told_why_not(cast, sign_in, who):
    response = sign_in(getattr(cast, who)).get(TRAIL)
    assert response.status_code == 403
    assert "The history of a record stands on its page" in response.content.decode()
    assert "/trail/" not in sign_in(getattr(cast, who)).get("/").content.decode()


def narrow_auditor(cast: Any) -> Any:
    """Somebody of team East who may browse the trail, but sees only records of their own team."""
    from django.contrib.auth.models import Permission

    from crm.models import Role

    make.set_rule(CompanyRules.objects.get(), sales_see_all=False)
    group = Role.objects.get(key="sales").group
    group.permissions.add(Permission.objects.get(codename="view_trail"))
    return cast.colleague


def test_records_one_may_not_see_stay_hidden_in_every_table(cast, sign_in):
    reader = narrow_auditor(cast)
    seen, hidden = make.customer(cast.owner, name="Seen"), make.customer(cast.stranger, name="Hidden Ltd")
    for customer in (seen, hidden):
        make.grant(customer, cast.colleague if customer is hidden else cast.stranger, cast.manager, until=NOW + days(1))
        record_event(kind="refused", by=cast.owner, at=NOW, record=customer, what={"action": "x", "codes": ["window"]})
        house.add_contact(
            customer=customer, values={"name": f"Li of {customer.name}"}, by=customer.owner, channel="web", clock=clock
        )
        house.request(customer, asked_by=cast.outsider)
    from records.models import CustomerUserGrant

    gone = CustomerUserGrant.objects.get(content_object=hidden)
    revoke(grant=gone, why="Over", by=cast.manager, channel="web", clock=clock)  # else the grant lets them see it
    html = sign_in(reader).get(TRAIL).content.decode()
    assert "Hidden Ltd" not in html
    assert html.count("Seen") >= 5
    assert "Hidden Ltd" in sign_in(cast.auditor).get(TRAIL).content.decode()
    for source in sources().values():
        rows = source.visible_to(reader)
        for found in rows.values():
            about = found.get("content_object_id") or found.get("customer_id") or found.get("record_id")
            assert about != hidden.pk or source.slug not in ("customerusergrant", "contact", "timerequest", "event")


def test_an_empty_list_says_so(cast, sign_in):
    assert reverse("audit:trail") == TRAIL
    response = sign_in(cast.auditor).get(TRAIL, {"type": "contract"})
    assert response.status_code == 200
    assert "Nothing matches" in response.content.decode()
