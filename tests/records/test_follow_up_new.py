"""Entering a follow-up: for now, for yesterday, and everything that is refused on the way."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlencode

import pytest
import time_machine
from django.urls import reverse

from records.models import Customer, FollowUp, Reason
from tests import cast as make
from tests.cast import NOW, days, set_rule

URL = "/follow-ups/new/"
HISTORY = FollowUp.history.model


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def yunfan(cast):
    return make.customer(cast.owner, name="杭州云帆科技有限公司")


def post(client, customer, url=URL, **values):
    data = {"customer": customer if isinstance(customer, str) else customer.number, "kind": "call", "summary": "Pilot"}
    return client.post(url, data | {name.replace("entered_", "entered-"): value for name, value in values.items()})


def earlier(at, **values):
    return {"entered_when": "earlier", "entered_at": at, "entered_reason": "back_fill", "entered_note": ""} | values


def test_a_call_of_yesterday_counts_as_yesterday_and_says_so(cast, sign_in, yunfan):
    client = sign_in(cast.owner)
    response = post(client, yunfan, **earlier("2026-03-17 15:30", entered_note="Was on the train."))
    record = FollowUp.objects.get()
    assert response.status_code == 302
    assert response["Location"] == reverse("records:follow_up_update", args=[record.pk])
    assert record.entered_at == record.original_entered_at == dt.datetime(2026, 3, 17, 7, 30, tzinfo=dt.UTC)
    assert record.recorded_at == NOW
    assert (record.owner, record.customer, record.version) == (cast.owner, yunfan, 1)
    row = HISTORY.objects.get()
    assert (row.reason, row.history_change_reason) == ("back_fill", "Was on the train.")
    assert (row.typed, row.typed_zone, row.history_user_id) == ("2026-03-17 15:30", "Asia/Shanghai", cast.owner.pk)
    told = [str(message) for message in client.get(f"/customers/{yunfan.pk}/").context["messages"]]
    assert told == [f"Follow-up {record.number} saved. Recorded 23 h 2 min later."]


def test_now_is_stamped_by_the_server_whatever_stands_in_the_time_field(cast, sign_in, yunfan):
    post(sign_in(cast.owner), yunfan, entered_when="now", entered_at="rubbish", entered_reason="nonsense")
    record = FollowUp.objects.get()
    assert record.entered_at == record.recorded_at == NOW
    assert HISTORY.objects.get().reason == ""


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (earlier(""), "Write a date and a time, like 2026-03-16 09:12."),
        (earlier("yesterday"), "Not a time. Write it like 2026-03-16 09:12."),
        (earlier("2026-03-19 10:00"), "Later than now."),
        (earlier("1969-12-31"), "Write a time from 1970-01-01 to 2099-12-31 (UTC)."),
        (earlier("2026-03-01 10:00"), "More than 7 days back."),
        (earlier("2026-03-17 15:30", entered_reason=""), "Choose a reason."),
        (earlier("2026-03-17 15:30", entered_reason="import"), "Choose a reason."),
        ({"summary": ""}, "This cannot stay empty."),
        ({"summary": "x" * 201}, "Write at most 200 characters. These are 201."),
        ({"kind": "smoke"}, "Choose one of the list."),
        ({"customer": ""}, "Write the name or number of a customer."),
        ({"customer": "Nobody Ltd"}, "No customer is called Nobody Ltd."),
        ({"next_step_on": "2026-02-30"}, "There is no such day. Write it like 2026-04-30."),
        ({"opportunity": "77"}, "Choose one of the list."),
    ],
)
def test_a_refusal_says_why_at_its_field_and_keeps_what_was_typed(cast, sign_in, yunfan, values, sentence):
    values = {"content": "They want a pilot.", "customer": yunfan.number} | values
    response = post(sign_in(cast.owner), **values)
    text = response.content.decode()
    assert response.status_code == 422
    assert sentence in text
    assert "They want a pilot." in text
    assert not FollowUp.objects.exists()


def test_all_that_is_wrong_shows_at_once(cast, sign_in, yunfan):
    text = post(
        sign_in(cast.owner), yunfan, summary="", **earlier("2026-03-01 10:00", entered_reason="")
    ).content.decode()
    for sentence in ("This cannot stay empty.", "More than 7 days back.", "Choose a reason."):
        assert sentence in text
    assert 'value="2026-03-01 10:00"' in text


def test_a_closed_period_is_refused_by_name(cast, sign_in, yunfan):
    make.close_through(dt.date(2026, 3, 16), "followup")
    response = post(sign_in(cast.owner), yunfan, **earlier("2026-03-16 10:00"))
    assert "Closed through 2026-03-16." in response.content.decode()


def test_a_double_hour_offers_both_moments_and_either_can_be_chosen(cast, sign_in, yunfan):
    cast.owner.zone = "Europe/Berlin"
    cast.owner.save(update_fields=["zone"])
    client = sign_in(cast.owner)
    with time_machine.travel(dt.datetime(2025, 10, 28, 9, tzinfo=dt.UTC), tick=False):
        response = post(client, yunfan, content="Night shift", **earlier("2025-10-26 02:30"))
        text = response.content.decode()
        assert response.status_code == 422
        assert "happened twice on that day" in text
        for shown in ("2025-10-26T02:30+02:00", "2025-10-26T02:30+01:00", "Night shift", 'value="2025-10-26 02:30"'):
            assert shown in text
        post(client, yunfan, **earlier("2025-10-26 02:30", entered_which="2025-10-26T02:30+01:00"))
    record = FollowUp.objects.get()
    assert record.entered_at == dt.datetime(2025, 10, 26, 1, 30, tzinfo=dt.UTC)
    assert HISTORY.objects.get().typed == "2025-10-26T02:30+01:00"


def test_an_hour_that_the_clock_jumped_over_is_refused(cast, sign_in, yunfan):
    cast.owner.zone = "Europe/Berlin"
    cast.owner.save(update_fields=["zone"])
    client = sign_in(cast.owner)
    with time_machine.travel(dt.datetime(2026, 3, 30, 9, tzinfo=dt.UTC), tick=False):
        response = post(client, yunfan, **earlier("2026-03-29 02:30"))
    assert "02:30 did not exist on that day in Berlin time" in response.content.decode()


def test_extra_fields_change_nothing(cast, sign_in, yunfan):
    extra = {
        "recorded_at": "2020-01-01 00:00",
        "original_entered_at": "2020-01-01 00:00",
        "number": "F-1",
        "version": "9",
        "owner": cast.colleague.pk,
        "history_user": cast.colleague.pk,
        "_change_reason": "x",
        "reason": "x",
        "archived_at": "2020-01-01",
        "id": "77",
    }
    client = sign_in(cast.owner)
    assert (
        client.post(
            URL, extra | {"customer": yunfan.number, "kind": "call", "summary": "Pilot", "done": "on"}
        ).status_code
        == 302
    )
    record = FollowUp.objects.get()
    assert (record.recorded_at, record.original_entered_at, record.version) == (NOW, NOW, 1)
    assert (record.number, record.owner, record.done) == ("F-2026-0001", cast.owner, False)
    assert (HISTORY.objects.get().history_user, HISTORY.objects.get().history_change_reason) == (cast.owner, "")


@pytest.mark.parametrize(
    ("nudge", "shown"),
    [
        ("-1440", "2026-03-16 15:30"),
        ("-60", "2026-03-17 14:30"),
        ("60", "2026-03-17 16:30"),
        ("yesterday", "2026-03-17 14:32"),
    ],
)
def test_a_nudge_moves_the_time_without_saving_or_scolding(cast, sign_in, yunfan, nudge, shown):
    response = post(sign_in(cast.owner), yunfan, summary="", nudge=nudge, **earlier("2026-03-17 15:30"))
    text = response.content.decode()
    assert response.status_code == 200
    assert f'name="entered-at" value="{shown}"' in text
    assert 'class="error"' not in text
    assert not FollowUp.objects.exists()


def test_the_card_tells_window_closed_day_and_marks(cast, sign_in, yunfan):
    make.close_through(dt.date(2026, 2, 28))
    make.follow_up(cast.owner, yunfan, summary="First call")
    text = sign_in(cast.owner).get(f"{URL}?customer={yunfan.pk}").content.decode()
    assert 'data-now="2026-03-18 14:32"' in text
    assert 'data-min="2026-03-11 00:00"' in text
    assert 'data-closed="2026-02-28 00:00"' in text
    assert "2026-03-18&quot;: &quot;Call, First call 14:32" in text
    assert "Up to 7 days back, with a reason" in text
    assert "Before this" in text


def test_who_may_not_give_an_earlier_time_is_told_so(cast, sign_in):
    key = make.customer(cast.owner, importance="key")
    client = sign_in(cast.owner)
    text = client.get(f"{URL}?customer={key.pk}").content.decode()
    assert "On a key account you may not give an earlier time." in text
    assert 'value="earlier"' not in text
    refused = post(client, key, **earlier("2026-03-17 15:30"))
    assert refused.status_code == 422
    assert "You may not give an earlier time here." in refused.content.decode()
    assert post(client, key).status_code == 302


def test_an_inactive_reason_is_not_offered(cast, sign_in, yunfan):
    set_rule(Reason.objects.get(code="back_fill"), active=False)
    client = sign_in(cast.owner)
    assert 'value="back_fill"' not in client.get(URL).content.decode()
    assert "Choose a reason." in post(client, yunfan, **earlier("2026-03-17 15:30")).content.decode()


@pytest.mark.parametrize("who", ["auditor", "outsider"])
def test_who_may_not_enter_follow_ups_gets_403_with_a_sentence(cast, sign_in, who):
    client = sign_in(getattr(cast, who))
    for response in (client.get(URL), client.post(URL, {})):
        assert response.status_code == 403
        assert "Your role does not include entering follow-ups." in response.content.decode()


class TestCustomers:
    def test_hidden_and_unknown_ones_are_404(self, cast, sign_in):
        company = make.customer(cast.owner)
        make.set_rule(make.CompanyRules.objects.get(), sales_see_all=False)
        client = sign_in(cast.stranger)
        for text in (company.pk, 999, "abc", "9" * 30, "-1"):
            assert client.get(f"{URL}?customer={text}").status_code == 404

    def test_a_hidden_one_is_as_unknown_as_one_that_is_not_there(self, cast, sign_in):
        company = make.customer(cast.owner, name="Kestrel Analytics")
        make.set_rule(make.CompanyRules.objects.get(), sales_see_all=False)
        client = sign_in(cast.stranger)
        for text in ("Kestrel Analytics", company.number):
            response = post(client, text)
            assert response.status_code == 422
            assert f"No customer is called {text}. Write the name or a number" in response.content.decode()
        assert client.get("/customers/suggest/?customer=Kestrel").content == b"\n"

    @pytest.mark.parametrize(
        "text",
        [
            "Kestrel Analytics",
            " kestrel analytics ",
            "ＫＥＳＴＲＥＬ　Analytics",
            "Kes",
            "{0}",
            "Kestrel Analytics ({0})",
        ],
    )
    def test_name_short_name_number_and_suggestion_all_work(self, cast, sign_in, text):
        company = make.customer(cast.owner, name="Kestrel Analytics", short_name="Kes")
        assert post(sign_in(cast.owner), text.format(company.number)).status_code == 302
        assert FollowUp.objects.get().customer == company

    def test_an_ambiguous_name_names_the_candidates(self, cast, sign_in):
        first, second = (make.customer(cast.owner, name="Kestrel") for _ in range(2))
        text = post(sign_in(cast.owner), "kestrel").content.decode()
        assert f"Write the number of the one you mean: {first.number} (Owner), {second.number} (Owner)." in text

    def test_close_names_are_offered(self, cast, sign_in):
        company = make.customer(cast.owner, name="Kestrel Analytics")
        text = post(sign_in(cast.owner), "Kestrel Analytic").content.decode()
        assert f"Close to it: Kestrel Analytics ({company.number})." in text

    def test_an_archived_one_is_refused_with_the_way_out(self, cast, sign_in, yunfan):
        make.set_rule(yunfan, archived_at=NOW)
        response = post(sign_in(cast.owner), yunfan)
        assert response.status_code == 422
        assert "Take it back from the archive first." in response.content.decode()

    def test_at_most_ten_suggestions(self, cast, sign_in):
        for number in range(12):
            make.customer(cast.owner, name=f"Kestrel {number:02}")
        make.customer(cast.owner, name="Other")
        text = sign_in(cast.owner).get("/customers/suggest/?customer=kestrel").content.decode()
        assert text.count("<option") == 10
        assert "Kestrel 00 (C-2026-0001)" in text


class TestOpportunities:
    def test_only_those_of_the_customer_that_one_may_see(self, cast, sign_in, yunfan):
        deal = make.opportunity(cast.owner, yunfan, name="Licence renewal")
        make.opportunity(cast.owner, make.customer(cast.owner), name="Elsewhere")
        client = sign_in(cast.owner)
        query = urlencode({"customer": yunfan.number})
        text = client.get(f"/opportunities/suggest/?{query}").content.decode()
        assert "Licence renewal" in text
        assert "Elsewhere" not in text
        page = client.get(f"{URL}?opportunity={deal.pk}").content.decode()
        assert f'<option value="{deal.pk}" selected>' in page
        assert f"{yunfan.name} ({yunfan.number})" in page
        post(client, yunfan, opportunity=deal.pk)
        assert FollowUp.objects.get().opportunity == deal

    def test_nobody_meant_offers_none(self, cast, sign_in):
        assert (
            "Choose the customer first."
            in sign_in(cast.owner).get("/opportunities/suggest/?customer=x").content.decode()
        )


def test_owner_and_assignment_belong_to_managers(cast, sign_in, yunfan):
    assert 'name="owner"' not in sign_in(cast.owner).get(URL).content.decode()
    client = sign_in(cast.manager)
    text = client.get(URL).content.decode()
    assert 'name="owner"' in text
    assert "Auditor" not in text.partition('name="owner"')[2].partition("</select>")[0]
    post(client, yunfan, owner=cast.colleague.pk)
    assert FollowUp.objects.get().owner == cast.colleague
    for person in (cast.auditor, cast.gone):
        assert "Choose one of the list." in post(client, yunfan, owner=person.pk).content.decode()


def test_queries_do_not_grow_with_the_rows(cast, sign_in, yunfan, django_assert_max_num_queries):
    for number in range(20):
        make.follow_up(cast.owner, yunfan, clock=lambda number=number: NOW - days(number / 10))
    client = sign_in(cast.owner)
    with django_assert_max_num_queries(14):
        client.get(f"{URL}?customer={yunfan.pk}")
    assert Customer.objects.count() == 1
