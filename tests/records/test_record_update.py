"""The edit page: the other fields, their history, what who sees, and what it costs."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from records.models import RECORDS, Customer, FollowUp
from tests import cast as make
from tests.cast import days

pytestmark = pytest.mark.usefixtures("at_now")
HISTORY = FollowUp.history.model


@pytest.fixture
def call(cast):
    return make.follow_up(cast.owner, make.customer(cast.owner), summary="First call")


def page(record):
    return reverse(record.page("update"), args=[record.pk])


def save(client, call, **data):
    return client.post(page(call), {"version": "1", "kind": "call", "summary": "First call"} | data)


def text(response):
    return response.content.decode()


def one_of_each(owner):
    customer = make.customer(owner)
    opportunity = make.opportunity(owner, customer)
    return [
        customer,
        opportunity,
        make.follow_up(owner, customer, opportunity=opportunity),
        make.contract(owner, customer, opportunity=opportunity),
    ]


def test_saving_writes_the_changed_fields_and_one_row(cast, call, sign_in):
    client = sign_in(cast.owner)
    assert save(client, call, summary="Second call", kind="visit").status_code == 302
    stored = FollowUp.objects.get()
    assert (stored.summary, stored.kind, stored.version) == ("Second call", "visit", 2)
    assert stored.entered_at == call.entered_at
    shown = text(client.get(page(call)))
    assert "Saved." in shown
    assert "Summary" in shown
    assert "First call" in shown
    assert HISTORY.objects.count() == 2


def test_saving_nothing_new_writes_nothing(cast, call, sign_in):
    client = sign_in(cast.owner)
    save(client, call)
    assert "Nothing was changed." in text(client.get(page(call)))
    assert HISTORY.objects.count() == 1


def test_a_moved_entry_time_is_no_conflict_for_another_field(cast, call, sign_in):
    from tests.records.test_door import change

    change(call, cast.manager, call.entered_at - days(1))
    assert save(sign_in(cast.owner), call, summary="Second call").status_code == 302
    stored = FollowUp.objects.get()
    assert (stored.summary, stored.entered_at) == ("Second call", call.entered_at - days(1))


def test_the_same_field_changed_by_two_shows_both_values(cast, call, sign_in):
    save(sign_in(cast.owner), call, summary="Second call")
    response = save(sign_in(cast.manager), call, summary="Third call")
    assert response.status_code == 409
    assert "Nothing was saved." in text(response)
    for value in ("First call", "Second call", "Third call"):
        assert value in text(response)
    assert FollowUp.objects.get().summary == "Second call"


def test_a_missing_field_is_said_at_the_field_and_typed_values_stay(cast, call, sign_in):
    response = save(sign_in(cast.owner), call, summary="", outcome="They will call back")
    assert response.status_code == 422
    assert "This cannot stay empty." in text(response)
    assert "They will call back" in text(response)
    assert HISTORY.objects.count() == 1


def test_extra_posted_fields_change_nothing(cast, call, sign_in):
    extra = {"entered_at": "2020-01-01 00:00", "owner": cast.colleague.pk, "recorded_at": "2020-01-01", "number": "X"}
    save(sign_in(cast.owner), call, summary="Second call", **extra)
    stored = FollowUp.objects.get()
    assert (stored.entered_at, stored.owner, stored.number) == (call.entered_at, cast.owner, call.number)


def test_who_may_look_but_not_change_gets_facts_and_a_403(cast, call, sign_in):
    client = sign_in(cast.colleague)
    shown = text(client.get(page(call)))
    assert "You may see this record, but not change it." in shown
    assert 'name="summary"' not in shown
    assert save(client, call, summary="Mine").status_code == 403
    assert FollowUp.objects.get().summary == "First call"


@pytest.mark.parametrize("name", ["auditor", "colleague"])
def test_history_is_for_everybody_who_sees_the_record(cast, call, sign_in, name):
    client = sign_in(getattr(cast, name))
    assert "Follow-up created" in text(client.get(page(call)))
    assert "Follow-up created" in text(client.get(reverse("records:follow_up_history", args=[call.pk])))


def test_the_history_can_show_the_entry_time_alone(cast, call, sign_in):
    client = sign_in(cast.owner)
    save(client, call, summary="Second call")
    shown = text(client.get(page(call) + "?history=time")).split('class="timeline"')[1]
    assert "Follow-up created" in shown
    assert "Second call" not in shown.split("</ol>")[0]


def test_history_pages_by_key_and_shows_each_row_once(cast, call, sign_in):
    client = sign_in(cast.owner)
    for number in range(1, 60):
        save(client, call, version=str(number), summary=f"Call number {number:03}.")
    first = reverse("records:follow_up_history", args=[call.pk])
    one = text(client.get(first))
    before = one.split("before=")[1].split('"')[0]
    two = text(client.get(f"{first}?before={before}"))
    seen = [n for n in range(1, 60) for part in (one, two) if f'"to">Call number {n:03}.' in part.replace("\n", "")]
    assert len(seen) == 59
    assert len(set(seen)) == 59
    assert client.get(f"{first}?before=garbage").status_code == 200


def test_what_it_hangs_on_is_named_but_linked_only_for_who_may_see_it(cast, sign_in):
    make.set_rule(make.CompanyRules.objects.get(), sales_see_all=False)
    call = make.follow_up(cast.colleague, make.customer(cast.colleague, name="Hidden Ltd"))
    from tests.records.test_entry_time_page import Terms, clock, grant

    terms = Terms(until=make.NOW + days(3), days_back=7)
    grant(record=call, to=cast.stranger, terms=terms, why="Helps out", by=cast.manager, channel="web", clock=clock)
    shown = text(sign_in(cast.stranger).get(page(call)))
    assert "Hidden Ltd" in shown
    assert f'href="{call.customer.get_absolute_url()}"' not in shown
    assert sign_in(cast.stranger).get(call.customer.get_absolute_url()).status_code == 404


def count(client, url):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len([q for q in queries if not q["sql"].startswith(("BEGIN", "SAVEPOINT", "RELEASE", "COMMIT"))])


@pytest.mark.parametrize("name", ["owner", "colleague", "manager", "auditor"])
def test_the_page_costs_at_most_twelve_queries_whatever_the_rows(cast, sign_in, name):
    records, client = one_of_each(cast.owner), sign_in(getattr(cast, name))
    for record in records:
        client.get(page(record))  # ids of permissions are remembered per process
    costs = [count(client, page(record)) for record in records]
    for _ in range(25):
        make.follow_up(cast.owner, records[0])
    for number in range(1, 6):
        sign_in(cast.owner).post(
            page(records[0]), {"version": number, "name": f"N{number}", "kind": "company", "status": "active"}
        )
    assert Customer.history.count() == 6
    assert [count(client, page(record)) for record in records] == costs
    most = 12
    assert max(costs) <= most, dict(zip(RECORDS, costs, strict=True))
