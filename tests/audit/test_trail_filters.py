"""Filters of the trail: in the address, all together, and refused with a sentence where they mean nothing."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import transaction

from audit.acts import act
from audit.browse.filters import Wanted
from audit.browse.page import rows_for
from audit.events import record_event
from records.models._entry_time_key import key
from tests import cast as make
from tests.audit import house
from tests.audit.test_trail_list import TRAIL, later, move, texts
from tests.cast import NOW, days

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


@pytest.fixture
def ask(cast, sign_in):
    """The rows of the list that a query of the address gives to the auditor."""
    client = sign_in(cast.auditor)

    def run(**query: Any) -> list[str]:
        response = client.get(TRAIL, query)
        assert response.status_code == 200, response.content.decode()
        return texts(response.content.decode())

    return run


@pytest.fixture
def moved(cast) -> dict[str, Any]:
    """Three records whose times three people moved for three reasons, and one that nobody touched."""
    records = {name: make.customer(cast.owner, name=f"{name} Works") for name in ("Alpha", "Beta", "Gamma", "Still")}
    move(records["Alpha"], cast.manager, back=2, reason="typing_error", note="Day of the call", at=later(1))
    move(records["Beta"], cast.senior, back=6, reason="other", note="Seen in the paper file", at=later(2))
    move(records["Gamma"], cast.administrator, back=20, reason="other", note="As agreed", at=later(3))
    return records


def titles(rows: list[str]) -> list[str]:
    """The first word of the records' names, in order."""
    return [row.split()[2] for row in rows]


def test_entry_time_only(ask, moved):
    assert titles(ask(field="time")) == ["Gamma", "Beta", "Alpha"]


def test_words_find_a_record_by_name_or_number_and_all_about_it(ask, moved, cast):
    make.grant(moved["Beta"], cast.colleague, cast.senior)
    record_event(kind="refused", by=cast.owner, at=NOW, record=moved["Beta"], what={"codes": ["window"]})
    house.request(moved["Beta"], asked_by=cast.colleague)
    for words in ("Beta", moved["Beta"].number):
        rows = ask(q=words)
        whole = " ".join(rows)
        assert set(titles(rows)) == {"Beta"}
        for said in ("Entry time", "Created", "Access granted", "Beyond the window", "Change asked for"):
            assert said in whole, said


def test_words_find_people_reasons_and_explanations(ask, moved, cast):
    assert titles(ask(q="senior", field="time")) == ["Beta"]
    assert titles(ask(q="typing", field="time")) == ["Alpha"]
    assert titles(ask(q="paper file")) == ["Beta"]
    assert ask(q="nothing like this") == []


def test_a_row_that_words_find_twice_stands_once(ask, moved, cast):
    both = make.customer(cast.owner, name="Senior Works")
    move(both, cast.senior, back=3, note="Said by senior", at=later(4))
    assert titles(ask(q="senior", field="time")) == ["Senior", "Beta"]


def test_operator_reason_and_channel(ask, moved, cast):
    assert titles(ask(by=cast.manager.pk, field="time")) == ["Alpha"]
    assert titles(ask(by=[cast.manager.pk, cast.senior.pk], field="time")) == ["Beta", "Alpha"]
    assert titles(ask(why="other")) == ["Gamma", "Beta"]
    assert titles(ask(why=["other", "typing_error"])) == ["Gamma", "Beta", "Alpha"]
    assert titles(ask(why="other", by=cast.senior.pk)) == ["Beta"]
    assert ask(why="other", by=cast.owner.pk) == []
    assert len(ask(via="web", field="time")) == 3
    assert ask(via="import") == []


def test_type_of_tables_and_of_events(ask, moved, cast):
    record_event(kind="signed_in", by=cast.owner, at=NOW)
    record_event(kind="role_given", by=cast.root, at=NOW, record=cast.owner, what={"role": "sales"})
    record_event(kind="never_told", by=cast.root, at=NOW)
    make.contract(cast.owner, moved["Still"], name="Frame")
    assert titles(ask(type="contract")) == ["Frame"]
    assert "Signed in" in ask(type="event-sign-in")[0]
    given = ask(type="event-people")
    assert len(given) == 1
    assert "Role given Sales" in given[0]
    assert "Never told" in " ".join(ask(type="event-other"))
    assert len(ask(type=["contract", "event-sign-in"])) == 2


def test_moved_by_more_than(ask, moved):
    assert titles(ask(days=5)) == ["Gamma", "Beta"]
    assert titles(ask(days=6)) == ["Gamma"]
    assert titles(ask(days=0)) == ["Gamma", "Beta", "Alpha"]


def test_later_times_are_moved_too(ask, cast):
    customer = make.customer(cast.owner, name="Later Ltd")
    move(customer, cast.administrator, back=20, at=later(1))
    move(customer, cast.administrator, back=1, at=later(2))
    assert len(ask(days=18)) == 2


def test_days_are_those_of_the_reader(ask, moved, cast):
    make.customer(cast.owner, name="Yesterday", clock=lambda: NOW - days(1))
    assert titles(ask(**{"from": "2026-03-17", "to": "2026-03-17", "type": "customer"})) == ["Yesterday"]
    early = dt.datetime(2026, 3, 16, 16, 30, tzinfo=dt.UTC)  # 00:30 of the 17th in Shanghai, the 16th in London
    make.customer(cast.owner, name="Midnight", clock=lambda: early)
    assert "Midnight" in titles(ask(**{"from": "2026-03-17", "to": "2026-03-17", "type": "customer"}))
    cast.auditor.zone = "Europe/London"
    cast.auditor.save(update_fields=["zone"])
    assert "Midnight" in titles(ask(**{"from": "2026-03-16", "to": "2026-03-16", "type": "customer"}))


def test_into_and_out_of_a_month_of_the_company(ask, moved, cast):
    assert titles(ask(into="2026-02")) == ["Gamma"]
    assert titles(ask(out="2026-03")) == ["Gamma"]
    assert ask(into="2026-03") == []
    assert ask(out="2026-02") == []
    assert titles(ask(into="2026-02", out="2026-03")) == ["Gamma"]


def test_a_batch(ask, cast):
    customer = make.customer(cast.owner, name="Batched")
    with transaction.atomic(), act(by=cast.owner, reason="", note="", channel="bulk", at=NOW, batch=77), key():
        customer.note = "x"
        customer.save(update_fields=["note"])
    assert titles(ask(batch=77)) == ["Batched"]
    assert ask(batch=78) == []
    assert len(ask(via="bulk")) == 1


def test_a_record_by_type_and_id(ask, moved, cast):
    rows = ask(record=f"customer:{moved['Alpha'].pk}")
    assert len(rows) == 2
    make.follow_up(cast.owner, moved["Alpha"])
    assert len(ask(record=f"customer:{moved['Alpha'].pk}")) == 2


def test_all_at_once(ask, moved, cast):
    found = ask(
        q="beta",
        field="time",
        type="customer",
        by=cast.senior.pk,
        why="other",
        via="web",
        days=5,
        record=f"customer:{moved['Beta'].pk}",
        **{"from": "2026-03-18", "to": "2026-03-18"},
    )
    assert titles(found) == ["Beta"]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("from", "yesterday", "“yesterday” is not a day."),
        ("into", "2026-13", "“2026-13” is not a month."),
        ("days", "many", "Write a whole number."),
        ("days", "-1", "greater than or equal to 0"),
        ("batch", "x", "Write a whole number."),
        ("type", "nonsense", "“nonsense” is not offered here."),
        ("by", "999999", "“999999” is not offered here."),
        ("why", "boredom", "“boredom” is not offered here."),
        ("via", "pigeon", "“pigeon” is not offered here."),
        ("record", "customer:999999", "There is no record “customer:999999” that you may see."),
        ("record", "event:1", "There is no record"),
        ("field", "colour", "“colour” is no choice here."),
    ],
)
def test_what_means_nothing_is_refused_and_nothing_is_lost(cast, sign_in, name, value, sentence):
    response = sign_in(cast.auditor).get(TRAIL, {"q": "Alpha", name: value})
    html = response.content.decode()
    assert response.status_code == 422
    assert sentence in html.replace("&#x27;", "'")
    assert 'value="Alpha"' in html
    assert texts(html) == []
    assert f'value="{value}"' in html or name == "field"


def test_the_last_day_before_the_first(cast, sign_in):
    response = sign_in(cast.auditor).get(TRAIL, {"from": "2026-03-18", "to": "2026-03-17"})
    assert response.status_code == 422
    assert "The last day lies before the first one." in response.content.decode()


def test_a_key_that_nobody_gave_begins_at_the_start(ask, moved):
    assert titles(ask(field="time", after="2026-01-01~customer~1:forged")) == ["Gamma", "Beta", "Alpha"]


def test_pages_keep_the_filter(cast, sign_in, moved):
    for number in range(60):
        make.customer(cast.owner, name=f"Many {number}", clock=later(-number))
    client = sign_in(cast.auditor)
    first = client.get(TRAIL, {"type": "customer", "via": "web"}).content.decode()
    assert "50 of 67" in first
    address = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = client.get(TRAIL + address).content.decode()
    assert len(texts(second)) == 17
    back = second.split('rel="prev"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert texts(client.get(TRAIL + back).content.decode()) == texts(first)


def test_the_printed_page_says_what_it_holds(cast, sign_in, moved):
    html = sign_in(cast.auditor).get(TRAIL, {"why": "other", "by": cast.senior.pk}).content.decode()
    printed = html.split('class="print-only sm">')[1].split("</p>")[0]
    assert "Operator: Senior; Why the entry time moved: Other" in " ".join(printed.split())
    assert "by Auditor" in printed
    assert "Asia/Shanghai" in printed
    assert "Nothing is sealed yet." in printed


def test_records_hidden_from_the_reader_are_not_found_by_words(cast, sign_in):
    from tests.audit.test_trail_list import narrow_auditor

    hidden = make.customer(cast.stranger, name="Hidden Ltd")
    reader = narrow_auditor(cast)
    assert texts(sign_in(reader).get(TRAIL, {"q": "Hidden"}).content.decode()) == []
    response = sign_in(reader).get(TRAIL, {"record": f"customer:{hidden.pk}"})
    assert response.status_code == 422
    assert "Hidden Ltd" not in response.content.decode()


def test_all_rows_of_a_filter_one_after_the_other(cast, moved):
    found = list(rows_for(Wanted(only_times=True), cast.auditor, chunk=2))
    assert [line.title for line in found] == ["Gamma Works", "Beta Works", "Alpha Works"]


def test_the_filter_by_reason_says_that_it_means_changes_of_entry_times(cast, sign_in, moved):
    """Other rows bear reasons too; they are no answer, and the filter's name, its chip and the print say so."""
    from records.services.records import archive_record

    fresh = type(moved["Alpha"]).objects.get(pk=moved["Alpha"].pk)
    how = {"reason": "typing_error", "note": "Twice", "by": cast.owner, "channel": "web", "clock": later(9)}
    archive_record(record=fresh, seen_version=fresh.version, **how)
    response = sign_in(cast.auditor).get(TRAIL, {"why": "typing_error"})
    html = response.content.decode()
    assert titles(texts(html)) == ["Alpha"]
    assert "Archived" not in texts(html)[0]
    assert 'aria-label="Why the entry time moved"' in html
    assert "Why the entry time moved: Typing error" in html
    assert 'name="why" value="typing_error" checked' in html
