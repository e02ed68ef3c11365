"""The page of the rules: who sees it, what each clause shows before it is saved, and what each refusal says."""

from __future__ import annotations

import datetime as dt

import pytest
from django import forms
from django.db import connection
from django.urls import reverse

from audit.models import Event
from crm.models import Role
from records.clauses import COMPANY_CLAUSES, TYPE_CLAUSES
from records.models import CompanyRules, FollowUp, Reason, TypeRule, Window
from records.services.entry_time import change_entry_time
from records.services.rules import change_rule
from tests import cast as make
from tests.cast import clock, days

pytestmark = pytest.mark.usefixtures("at_now")
WHY = "Agreed with the board"
RULES = "/rules/"


@pytest.fixture
def client(cast, sign_in):
    return sign_in(cast.administrator)


@pytest.fixture
def rows():
    """How many rows the trail of each model gained, and how many refusals were kept."""
    models = (CompanyRules, TypeRule, Window, Reason)
    before = {model: model.history.count() for model in models}

    def gained():
        found = {m.__name__: m.history.count() - before[m] for m in models if m.history.count() != before[m]}
        refused = Event.objects.filter(kind="refused").count()
        return found | ({"refused": refused} if refused else {})

    return gained


def text(response):
    return " ".join(response.content.decode().split())


def url(clause, record_type="followup"):
    return reverse("records:rule_clause", args=[record_type, clause])


def row_of(record_type):
    return CompanyRules.objects.get() if record_type == "company" else TypeRule.objects.get(record_type=record_type)


def shown_values(client, clause, record_type="followup"):
    """What the form of a clause would send as it stands."""
    form = client.get(url(clause, record_type)).context["form"]
    found = {}
    for name in form.fields:
        value, box = form[name].value(), isinstance(form.fields[name], forms.BooleanField)
        if value not in (None, "") and not (box and not value):
            found[name] = str(value)
    return found


def post(client, clause, record_type="followup", preview=False, note=WHY, **changed):
    values = shown_values(client, clause, record_type) | {"note": note} | changed
    values = {name: value for name, value in values.items() if value is not None}
    return client.post(url(clause, record_type), values | ({"preview": "yes"} if preview else {}))


def window_name(role, part, customer_class="ordinary"):
    return f"w{Role.objects.get(key=role).pk}-{customer_class}-{part}"


# ---- who ----


@pytest.mark.parametrize("who", ["owner", "manager", "senior", "auditor", "outsider"])
def test_others_are_told_who_may(cast, sign_in, who, rows):
    client = sign_in(getattr(cast, who))
    addresses = [RULES, url("owners"), url("zone", "company"), reverse("records:reason_new")]
    addresses.append(reverse("records:reason_change", args=[Reason.objects.first().pk]))
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 403
        assert "The rules are set by administrators." in text(response)
        assert "Administrator (Administrator)" in text(response)
        assert 'href="/rules/"' not in text(response)
    for address in addresses[1:]:
        assert client.post(address, {"note": "Mine"}).status_code == 403
    assert rows() == {"refused": len(addresses) - 1}


def test_the_page_says_what_each_rule_means(cast, client):
    make.close_through(dt.date(2026, 2, 28), "contract")
    make.set_rule(row_of("contract"), closed_hard_through=dt.date(2026, 2, 28), requests_allowed=False, approval_days=3)
    shown = text(client.get(RULES))
    for words in (
        "Owners may move their own ordinary records.",
        "How far back: Sales 7 days, Sales manager 30 days, Senior sales manager 90 days (key ones too), "
        "Administrator without limit (key ones too).",
        "Further back becomes a <b>request</b>.",
        "Owners may not move their own.",
        "Further back is <b>refused</b>.",
        "A move of more than 3 days needs a <b>second person</b>.",
        "moves, and that is final.",
        "Everyone says why.",
        "Asia/Shanghai",
        "Typing error",
        "日期填错",
    ):
        assert words in shown, words
    assert 'aria-current="page"' in shown
    assert RULES in text(client.get("/"))


def test_the_page_costs_a_fixed_number_of_queries(cast, client, django_assert_max_num_queries):
    client.get(RULES)
    with django_assert_max_num_queries(18):
        client.get(RULES)


# ---- clauses: look, then change ----

CHANGES = {
    "owners": {"owners_may": None},
    "requests": {"requests_allowed": "False", "request_days": "5"},
    "reason": {"reason_required": "False", "note_length": "12"},
    "future": {"allow_future": "on"},
    "approval": {"approval_days": "10", "approval_on_key": "on", "reported_through": "2026-01-31"},
    "closed": {"closed_through": "2026-02-28", "grace_days": "20"},
    "hard": {"closed_hard_through": "2026-01-31"},
    "order": {"warn_order": "on"},
    "locks": {"lock_signed": "on", "lock_opportunity": "on"},
    "name": {"name": "Yunqiao & Co"},
    "zone": {"zone": "Europe/Berlin"},
    "sight": {"sales_see_all": "False"},
    "display": {"time_format": "dmy"},
    "entry": {"new_entry_time": "ask"},
    "password": {"password_again": "on"},
}
ON = {clause.key: "contract" if clause.key == "locks" else "followup" for clause in TYPE_CLAUSES}
ON |= {clause.key: "company" for clause in COMPANY_CLAUSES}


def test_every_clause_has_a_test():
    assert set(CHANGES) | {"windows"} == set(ON)


@pytest.mark.parametrize("clause", CHANGES)
def test_a_clause_is_looked_at_then_changed_with_one_row(cast, client, clause, rows):
    on, changed = ON[clause], CHANGES[clause]
    looked = post(client, clause, on, preview=True, note="", **changed)
    assert looked.status_code == 200
    assert len(looked.context["lines"]) == len(changed)
    assert "is-time" not in text(looked).split('id="review"')[1].split("</dl>")[0]
    assert rows() == {}
    saved = post(client, clause, on, **changed)
    assert saved.status_code == 302
    assert saved["Location"].startswith(RULES)
    row = row_of(on)
    assert rows() == {type(row).__name__: 1}
    assert row.history.first().history_change_reason == WHY
    page = client.get(saved["Location"])
    assert "changed." in next(str(message) for message in page.context["messages"])
    assert not post(client, clause, on, preview=True).context["lines"]


def test_windows_of_several_roles_at_once(cast, client, rows):
    changed = {
        window_name("sales", "back"): "3",
        window_name("sales", "forward"): "1",
        window_name("sales_manager", "back"): "",
        window_name("sales_manager", "forward"): "",
        window_name("sales", "all", "key"): "on",
    }
    looked = post(client, "windows", preview=True, **changed)
    lines = [(line.label, line.before, line.after) for line in looked.context["lines"]]
    assert lines == [
        ("Sales, Ordinary", "7 back, 0 forward", "3 back, 1 forward"),
        ("Sales, Key", "may not", "no limit back, 0 forward"),
        ("Sales manager, Ordinary", "30 back, 0 forward", "may not"),
    ]
    assert rows() == {}
    assert post(client, "windows", **changed).status_code == 302
    assert rows() == {"Window": 3}
    shown = text(client.get(RULES))
    assert "Sales 3 days (key ones without limit), Senior sales manager" in shown


def test_a_look_says_what_it_would_have_changed(cast, client):
    call = make.follow_up(cast.owner, make.customer(cast.owner, name="Kestrel"), summary="Fair talk")
    change_entry_time(
        record=call,
        seen_version=1,
        entered_at=make.NOW - days(6),
        reason="other",
        note="",
        by=cast.owner,
        channel="web",
        clock=clock,
    )
    looked = post(client, "windows", preview=True, **{window_name("sales", "back"): "3"})
    shown = text(looked)
    assert "Of 1 change in the last 30 days it would have refused <b>0</b> and turned <b>1</b> into a request." in shown
    assert "Fair talk" in shown
    assert "More than 3 days back." in shown
    none = post(client, "windows", preview=True, **{window_name("sales", "back"): "6"})
    assert "Of 1 change in the last 30 days it would have stopped none." in text(none)
    again = post(client, "approval", preview=True, approval_days="5", note="")
    assert "turned <b>1</b> into a request" in text(again)


# ---- what is refused ----

REFUSED = [
    ("owners", {"owners_may": None, "note": ""}, 422, "Write why."),
    ("requests", {"request_days": "0"}, 422, "Write a whole number from 1 to 365."),
    ("requests", {"requests_allowed": "perhaps"}, 422, "Choose one."),
    ("reason", {"note_length": "many"}, 422, "Write a whole number from 0 to 500."),
    ("approval", {"approval_days": "-1"}, 422, "Write a whole number from 0 to 36500."),
    ("closed", {"closed_through": "2026-02-31"}, 422, "There is no such day."),
    ("closed", {"closed_through": "2026-03-18"}, 422, "Only days that are over can be closed."),
    ("closed", {"closed_through": "2025-12-30"}, 422, "Closed for good through 2025-12-31."),
    ("hard", {"closed_hard_through": "2025-12-30"}, 422, "Closed for good through 2025-12-31."),
    ("hard", {"closed_hard_through": ""}, 422, "Closed for good through 2025-12-31."),
    ("owners", {"owners_may": None, "version": "1000"}, 409, "Somebody changed this rule meanwhile."),
    ("owners", {"owners_may": None, "version": "x"}, 422, "This page is too old to save from."),
]


@pytest.mark.parametrize(("clause", "changed", "status", "words"), REFUSED)
def test_what_is_refused_is_said_at_the_form_and_writes_nothing(cast, client, clause, changed, status, words):
    row = row_of("followup")
    december = dt.date(2025, 12, 31)
    make.set_rule(row, closed_hard_through=december, closed_through=december)
    before = TypeRule.history.count()
    response = post(client, clause, **changed)
    assert response.status_code == status
    assert words in text(response)
    for name, value in changed.items():
        if name not in ("version", "note") and value:
            assert value in text(response) or value == "perhaps"
    assert TypeRule.history.count() == before


@pytest.mark.parametrize(
    ("part", "value", "words"),
    [
        ("back", "-1", "Write whole days from 0 to 36,500."),
        ("back", "99999", "Write whole days from 0 to 36,500."),
        ("forward", "x", "Write whole days from 0 to 36,500."),
        ("back", "", "Write the days back too, or no limit."),
    ],
)
def test_days_that_are_none(cast, client, part, value, words, rows):
    response = post(client, "windows", **{window_name("sales", "forward"): "1", window_name("sales", part): value})
    assert response.status_code == 422
    assert f"Sales, Ordinary: {words}" in text(response)
    assert rows() == {}


@pytest.mark.parametrize(
    "address", ["/rules/task/clauses/owners/", "/rules/followup/clauses/locks/", "/rules/x/clauses/y/"]
)
def test_clauses_that_are_none(client, address):
    assert client.get(address).status_code == 404


def test_another_zone_under_a_hard_close(cast, client):
    make.set_rule(row_of("contract"), closed_through=dt.date(2026, 1, 31), closed_hard_through=dt.date(2026, 1, 31))
    response = post(client, "zone", "company", zone="Pacific/Auckland")
    assert response.status_code == 422
    assert "would end earlier" in text(response)


# ---- somebody else was quicker ----


@pytest.mark.parametrize("preview", [True, False])
def test_a_stale_clause_shows_both_values_and_can_be_sent_again(cast, client, preview, rows):
    seen = shown_values(client, "reason")
    values = {"rule": row_of("followup"), "seen_version": row_of("followup").version, "values": {"note_length": 30}}
    change_rule(**values, by=cast.root, note="Quicker", channel="web", clock=clock)
    typed = seen | {"note_length": "9", "note": WHY} | ({"preview": "yes"} if preview else {})
    response = client.post(url("reason"), typed)
    assert response.status_code == 409
    assert [(line.before, line.after) for line in response.context["stale"]] == [("0", "30")]
    assert [(line.before, line.after) for line in response.context["lines"]] == [("30", "9")]
    assert row_of("followup").note_length == 30
    again = {
        name: str(response.context["form"][name].value()) for name in ("version", "note_length", "reason_required")
    }
    assert client.post(url("reason"), again | {"note": WHY}).status_code == 302
    assert row_of("followup").note_length == 9
    assert rows()["TypeRule"] == 2


def test_a_stale_window_shows_both_values(cast, client):
    seen = shown_values(client, "windows")
    assert post(client, "windows", **{window_name("sales", "back"): "5"}).status_code == 302
    response = client.post(url("windows"), seen | {window_name("sales", "back"): "9", "note": WHY})
    assert response.status_code == 409
    stale = [(line.label, line.before, line.after) for line in response.context["stale"]]
    assert stale == [("Sales, Ordinary", "7 back, 0 forward", "5 back, 0 forward")]
    assert Window.objects.get(role__key="sales", record_type="followup").days_back == 5


def test_another_clause_changed_meanwhile_is_said(cast, client):
    seen = shown_values(client, "reason")
    assert post(client, "future", allow_future="on").status_code == 302
    response = client.post(url("reason"), seen | {"note_length": "9", "note": WHY})
    assert response.status_code == 409
    assert "Another clause of this rule was changed." in text(response)


def test_a_rule_changed_between_look_and_confirm_refuses_at_the_door(cast, client, sign_in):
    call = make.follow_up(cast.owner, make.customer(cast.owner))
    owner = sign_in(cast.owner)
    address = reverse("records:follow_up_entry_time", args=[call.pk])
    typed = {"version": "1", "entered_at": "2026-03-16 09:12", "why": "other", "note": ""}
    assert "Change this entry time?" in text(owner.post(address, typed))
    assert post(client, "windows", **{window_name("sales", "back"): "1"}).status_code == 302
    response = owner.post(address, typed | {"confirmed": "yes"})
    assert response.status_code == 422
    assert "More than 1 day back." in text(response)
    assert post(client, "closed", closed_through="2026-03-17").status_code == 302
    assert "Closed through 2026-03-17" in text(owner.post(address, typed | {"confirmed": "yes"}))
    assert FollowUp.objects.get().entered_at == call.entered_at
    assert FollowUp.history.count() == 1


# ---- the password again ----


def test_with_the_password_asked_a_wrong_one_changes_nothing(cast, client, rows):
    make.set_rule(CompanyRules.objects.get(), password_again=True)
    before = rows()
    assert 'type="password"' in text(client.get(url("owners")))
    assert post(client, "owners", preview=True, owners_may=None, note="").status_code == 200
    for password, words in (("", "Write your password."), ("not mine", "This is not your password.")):
        response = post(client, "owners", owners_may=None, password=password)
        assert response.status_code == 422
        assert words in text(response)
        assert "not mine" not in text(response)
    assert rows() == before | {"refused": 1}
    assert post(client, "owners", owners_may=None, password=make.PASSWORD).status_code == 302
    for name, args, values in (
        ("reason_new", [], {"name_en": "Late", "name_zh": "晚"}),
        (
            "exception_new",
            [],
            {"to": f"user:{cast.senior.pk}", "record_type": "contract", "until": "2026-04-01", "why": "x"},
        ),
    ):
        address = reverse(f"records:{name}", args=args)
        assert client.post(address, values | {"note": WHY}).status_code == 422
        assert client.post(address, values | {"note": WHY, "password": make.PASSWORD}).status_code == 302


# ---- reasons ----


def test_a_reason_is_added_renamed_and_taken_from_the_list(cast, client, rows):
    values = {"name_en": "Card found late", "name_zh": "名片晚找到", "note": WHY}
    assert client.post(reverse("records:reason_new"), values).status_code == 302
    made = Reason.objects.get(name_zh="名片晚找到")
    address = reverse("records:reason_change", args=[made.pk])
    changed = values | {"name_en": "Found late", "order": "0", "version": "1"}
    assert client.post(address, changed).status_code == 302
    made.refresh_from_db()
    assert (made.code, made.name_en, made.active) == ("card_found_late", "Found late", False)
    assert "Not offered" in text(client.get(RULES))
    stale = client.post(address, changed | {"name_en": "Mine"})
    assert stale.status_code == 409
    assert "Found late" in text(stale)
    assert "Somebody changed this rule meanwhile." in text(stale)
    assert rows() == {"Reason": 2, "refused": 1}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name_en": ""}, "Write the reason in English."),
        ({"name_zh": " "}, "Write the reason in Chinese."),
        ({"name_en": "other"}, "There is a reason of this name already."),
        ({"note": ""}, "Write why."),
    ],
)
def test_a_reason_that_is_refused(cast, client, changed, words):
    values = {"name_en": "Card found late", "name_zh": "名片晚找到", "note": WHY} | changed
    response = client.post(reverse("records:reason_new"), values)
    assert response.status_code == 422
    assert words in text(response)
    assert Reason.objects.count() == 5


# ---- broken and missing rules ----


def test_a_missing_rule_is_said_refuses_and_is_logged(cast, client, sign_in, caplog):
    call = make.follow_up(cast.owner, make.customer(cast.owner))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM records_typerule WHERE record_type = 'followup'")
    page = client.get(RULES)
    assert page.status_code == 200
    assert "There is no rule for these records, so nothing is allowed." in text(page)
    assert "How far back" in text(page)
    assert client.get(url("owners")).status_code == 404
    senior = sign_in(cast.senior)
    assert senior.get(call.get_absolute_url()).status_code == 200
    typed = {"version": "1", "entered_at": "2026-03-17 09:12", "why": "other", "note": "", "confirmed": "yes"}
    response = senior.post(reverse("records:follow_up_entry_time", args=[call.pk]), typed)
    assert response.status_code == 422
    assert "There is no rule for this record type" in text(response)
    assert "Roles that may" not in text(response)
    assert FollowUp.objects.get().entered_at == call.entered_at
    assert Event.objects.filter(kind="refused").first().what["codes"] == ["no_rule"]
    assert "No rule for followup" in caplog.text


def test_a_broken_zone_is_shown_and_refuses(cast, client, sign_in):
    call = make.follow_up(cast.owner, make.customer(cast.owner))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE records_companyrules SET zone = 'Mars/Base'")
    assert client.get(RULES).status_code == 200
    looked = post(client, "windows", preview=True, **{window_name("sales", "back"): "3"})
    assert looked.status_code == 200
    typed = {"version": "1", "entered_at": "2026-03-17 09:12", "why": "other", "note": "", "confirmed": "yes"}
    response = sign_in(cast.senior).post(reverse("records:follow_up_entry_time", args=[call.pk]), typed)
    assert response.status_code == 422
    assert FollowUp.objects.get().entered_at == call.entered_at
    assert post(client, "zone", "company", zone="UTC").status_code == 302


# ---- what the company chose for everybody ----


@pytest.mark.parametrize(
    ("style", "shown", "typed"),
    [
        ("dmy", "18/03/2026 14:32", "16/03/2026 09:12"),
        ("dmy_dots", "18.03.2026 14:32", "16.03.2026 09:12"),
        ("mdy", "03/18/2026 14:32", "03/16/2026 09:12"),
    ],
)
def test_times_are_shown_in_the_companys_format_and_read_in_it(cast, sign_in, style, shown, typed):
    make.set_rule(CompanyRules.objects.get(), time_format=style)
    call = make.follow_up(cast.owner, make.customer(cast.owner))
    client = sign_in(cast.owner)
    assert shown in text(client.get(call.get_absolute_url()))
    values = {"version": "1", "entered_at": typed, "why": "other", "note": "", "confirmed": "yes"}
    assert client.post(reverse("records:follow_up_entry_time", args=[call.pk]), values).status_code == 302
    assert FollowUp.objects.get().entered_at == dt.datetime(2026, 3, 16, 1, 12, tzinfo=dt.UTC)


def test_a_format_that_is_none_shows_the_first(cast, sign_in):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE records_companyrules SET time_format = 'star'")
    call = make.follow_up(cast.owner, make.customer(cast.owner))
    assert "2026-03-18 14:32" in text(sign_in(cast.owner).get(call.get_absolute_url()))


def test_a_new_record_may_ask_when_it_happened(cast, sign_in):
    customer = make.customer(cast.owner)
    client = sign_in(cast.owner)
    address = reverse("records:follow_up_new")
    chosen = '<input type="radio" name="entered-when" value="now" checked>'
    values = {"customer": customer.number, "kind": "call", "summary": "Pilot"}
    assert chosen in text(client.get(address))
    make.set_rule(CompanyRules.objects.get(), new_entry_time="ask")
    shown = text(client.get(address))
    assert chosen not in shown
    assert 'value="earlier" checked' not in shown
    assert 'value="now" required' in text(client.get(customer.get_absolute_url()))
    response = client.post(address, values)
    assert response.status_code == 422
    assert "Choose whether it happened now or earlier." in text(response)
    assert not FollowUp.objects.exists()
    assert chosen in text(client.post(address, values | {"entered-when": "now", "summary": ""}))
    assert client.post(address, values | {"entered-when": "now"}).status_code == 302
    assert FollowUp.objects.get().entered_at == make.NOW
