"""Giving a record to another owner."""

from __future__ import annotations

import pytest
import time_machine

from records.models import CompanyRules, FollowUp
from records.services.records import update_record
from tests import cast as make
from tests.cast import NOW, clock, set_rule

HISTORY = FollowUp.history.model


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def call(cast):
    return make.follow_up(cast.owner, make.customer(cast.owner))


def send(client, record, **values):
    return client.post(
        f"/follow-ups/{record.pk}/assign/", {"version": record.version, "why": "Leaves the team"} | values
    )


def test_a_manager_gives_it_to_a_colleague_with_a_reason(cast, sign_in, call):
    client = sign_in(cast.manager)
    text = client.get(f"/follow-ups/{call.pk}/assign/").content.decode()
    assert "Owner now" in text
    response = send(client, call, owner=cast.colleague.pk)
    assert response["Location"] == f"/follow-ups/{call.pk}/"
    row = HISTORY.objects.latest("history_id")
    call.refresh_from_db()
    assert (call.owner, call.version, HISTORY.objects.count()) == (cast.colleague, 2, 2)
    assert (row.owner_id, row.history_change_reason, row.history_user) == (
        cast.colleague.pk,
        "Leaves the team",
        cast.manager,
    )


@pytest.mark.parametrize("url", ["customers", "opportunities", "contracts"])
def test_all_types_have_the_page(cast, sign_in, url):
    company = make.customer(cast.owner)
    made = {
        "customers": lambda: company,
        "opportunities": lambda: make.opportunity(cast.owner, company),
        "contracts": lambda: make.contract(cast.owner, company),
    }[url]()
    sent = {"version": made.version, "why": "x", "owner": cast.colleague.pk}
    assert sign_in(cast.manager).post(f"/{url}/{made.pk}/assign/", sent).status_code == 302
    made.refresh_from_db()
    assert made.owner == cast.colleague


def test_only_active_people_who_may_own_are_offered_or_taken(cast, sign_in, call):
    client = sign_in(cast.manager)
    for person in (cast.auditor, cast.gone, cast.outsider, cast.owner):
        response = send(client, call, owner=person.pk)
        assert response.status_code == 422
        assert "Choose one of the list." in response.content.decode()
    assert HISTORY.objects.count() == 1


@pytest.mark.parametrize(
    ("values", "sentence"), [({"why": " "}, "Write why."), ({"owner": ""}, "Choose one of the list.")]
)
def test_refusals_keep_what_was_typed(cast, sign_in, call, values, sentence):
    response = send(sign_in(cast.manager), call, **{"owner": cast.colleague.pk} | values)
    assert response.status_code == 422
    assert sentence in response.content.decode()


def test_a_stale_page_shows_both_owners_and_writes_nothing(cast, sign_in, call):
    client = sign_in(cast.manager)
    send(client, call, owner=cast.colleague.pk)
    response = send(client, call, owner=cast.stranger.pk)
    text = response.content.decode()
    assert response.status_code == 409
    assert "Somebody changed this meanwhile." in text
    for name in ("Owner", "Colleague"):
        assert name in text
    assert 'name="version" value="2"' in text
    call.refresh_from_db()
    assert call.owner == cast.colleague
    assert (
        client.post(f"/follow-ups/{call.pk}/assign/", {"version": 2, "why": "x", "owner": cast.stranger.pk}).status_code
        == 302
    )


def test_another_fields_edit_is_no_conflict(cast, sign_in, call):
    values = {"summary": "Other"}
    update_record(record=call, seen_version=1, values=values, by=cast.owner, channel="web", clock=clock)
    assert send(sign_in(cast.manager), call, owner=cast.colleague.pk).status_code == 302


@pytest.mark.parametrize("version", ["", "x", "9" * 30])
def test_an_unreadable_version_is_refused_with_a_sentence(cast, sign_in, call, version):
    response = send(sign_in(cast.manager), call, owner=cast.colleague.pk, version=version)
    assert response.status_code == 422
    assert "This page is too old to save from." in response.content.decode()


def test_who_may_not_is_told_and_who_may_not_know_sees_nothing(cast, sign_in, call):
    for response in (sign_in(cast.owner).get(f"/follow-ups/{call.pk}/assign/"), send(sign_in(cast.auditor), call)):
        assert response.status_code == 403
        assert "You may not change the owner or what this record hangs on." in response.content.decode()
    set_rule(CompanyRules.objects.get(), sales_see_all=False)
    for person in (cast.stranger, cast.outsider):
        assert send(sign_in(person), call).status_code == 404


def test_archived_records_keep_their_owner(cast, sign_in, call):
    set_rule(call, archived_at=NOW)
    call.refresh_from_db()
    client = sign_in(cast.manager)
    assert "This record is archived." in client.get(f"/follow-ups/{call.pk}/assign/").content.decode()
    assert send(client, call, owner=cast.colleague.pk).status_code == 422
