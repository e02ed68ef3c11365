"""The page of the review: what waits, the riskiest first, filters, figures, and who may look."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from audit.models import Event, ReviewItem
from tests import cast as make
from tests.cast import NOW, days
from tests.records.reviewing import PAGE, moved, page, queued, say, text

pytestmark = pytest.mark.usefixtures("at_now")


@pytest.fixture
def customers(cast):
    """Three changed customers: one by its owner, one far back, one with nothing unusual."""
    names = ("Kestrel", "Tannenberg", "Olive")
    found = [make.customer(cast.owner, name=name) for name in names]
    moved(found[0], cast.owner, NOW - days(1), note="Typing error.")
    moved(found[1], cast.manager, NOW - days(20))
    moved(found[2], cast.manager, NOW - days(1))
    return found


def titles(html):
    queue = re.search(r'<ul class="requests".*?</ul>', html, re.S)
    return re.findall(r"<a href=\"/customers/\d+/\">([^<]*)</a>", queue[0]) if queue else []


def figures(html):
    found = re.search(r'<dl class="card figures">.*?</dl>', html, re.S)[0]
    return [" ".join(each.split()) for each in re.findall(r"<dd>(.*?)</dd>", found, re.S)]


@pytest.mark.parametrize("who", ["owner", "manager", "senior", "administrator", "outsider", "root"])
def test_only_reviewers_look(cast, customers, sign_in, who):
    client, item = sign_in(getattr(cast, who)), queued(customers[0])
    for address in (PAGE, page(item)):
        response = client.get(address)
        assert response.status_code == 403
        assert "reviewed by auditors" in text(response)
        assert "Auditor" in text(response)
    assert client.post(page(item), {"outcome": "ok", "note": "x", "seen": "open.1.0"}).status_code == 403
    event = Event.objects.filter(kind="refused").latest("id")
    assert (event.what["codes"], event.actor_id) == (["review_right"], getattr(cast, who).pk)
    assert ReviewItem.objects.filter(state="open").count() == 3
    assert "/review/" not in text(client.get("/"))


def test_the_riskiest_first_with_all_that_is_asked(cast, customers, sign_in):
    html = text(sign_in(cast.auditor).get(PAGE))
    assert titles(html) == ["Kestrel", "Tannenberg", "Olive"]  # own record; large shift, a later item; nothing
    for words in ("Own record", "Large shift", "20 days earlier", "Typing error.", "2026-03-17 14:32", "Some", "Low"):
        assert words in html
    assert "Record of another" in html
    assert f"/customers/{customers[0].pk}/history/?show=time" in html
    assert 'href="/review/" aria-current="page"' in html


def test_the_page_fills_the_queue(cast, customers, sign_in):
    assert not ReviewItem.objects.exists()
    sign_in(cast.auditor).get(PAGE)
    assert ReviewItem.objects.count() == 3


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?flag=own", ["Kestrel"]),
        ("?flag=own&flag=shift", ["Kestrel", "Tannenberg"]),
        ("?flag=sql", []),
        ("?flag=nonsense", ["Kestrel", "Tannenberg", "Olive"]),
        ("?who={manager}", ["Tannenberg", "Olive"]),
        ("?who={manager}&flag=shift", ["Tannenberg"]),
        ("?who=0", []),
        ("?who=abc&state=nonsense", ["Kestrel", "Tannenberg", "Olive"]),
        ("?state=done", []),
    ],
)
def test_filters_stand_in_the_address(cast, customers, sign_in, query, found):
    query = query.format(manager=cast.manager.pk)
    html = text(sign_in(cast.auditor).get(PAGE + query))
    assert titles(html) == found
    if "flag=own" in query:
        assert 'name="flag" value="own" checked' in html


def test_pages_by_key(cast, sign_in, monkeypatch):
    monkeypatch.setattr("records.review_queue.SIZE", 2)
    for number in range(5):
        record = make.customer(cast.owner, name=f"C{number}")
        moved(record, cast.manager, NOW - days(1), at=NOW - dt.timedelta(minutes=9 - number))
    client, address, seen = sign_in(cast.auditor), PAGE, []
    while address:
        html = text(client.get(address))
        seen.append(titles(html))
        more = re.search(r'rel="next" href="([^"]*)"', html)
        address = more and PAGE + more[1].replace("&amp;", "&")
    assert seen == [["C0", "C1"], ["C2", "C3"], ["C4"]]
    assert "1 of 5" in html
    assert 'rel="prev"' in html


def test_figures(cast, customers, sign_in, at_now):
    client = sign_in(cast.auditor)
    item = queued(customers[2])
    say(client, item)
    assert figures(text(client.get(PAGE))) == ["2", "0", "1", "0 days"]
    ReviewItem.objects.filter(state="open").update(risk=6, at=NOW - days(15))
    html = text(client.get(PAGE))
    assert figures(html) == ["2", "2", "1", "15 days"]
    months = re.search(r'<table class="table">.*?</table>', html, re.S)[0]
    rows = [re.findall(r"\d[\d-]*", re.sub(r"<[^>]*>", " ", row)) for row in months.split("<tr>")[2:]]
    assert rows[0] == ["2026-03", "3", "1", "0", "2"]
    assert [row[0] for row in rows] == ["2026-03", "2026-02", "2026-01", "2025-12", "2025-11", "2025-10"]
    at_now.move_to(dt.datetime(2026, 3, 31, 16, 0, tzinfo=dt.UTC))  # midnight in Shanghai: April
    assert figures(text(client.get(PAGE)))[2] == "0"


def test_what_was_reviewed_stands_below_and_in_its_own_list(cast, customers, sign_in):
    client = sign_in(cast.auditor)
    say(client, queued(customers[0]), note="Gate pass of the 15th seen.")
    say(client, queued(customers[1]), "back", note="Words do not explain 20 days.")
    html = text(client.get(PAGE))
    assert titles(html) == ["Olive"]
    assert "Reviewed lately" in html
    assert html.index("Words do not explain") < html.index("Gate pass")
    assert titles(text(client.get(PAGE + "?state=done"))) == ["Kestrel"]
    assert titles(text(client.get(PAGE + "?state=back"))) == ["Tannenberg"]


def test_a_record_that_a_reviewer_may_not_see_is_hidden(cast, customers, sign_in):
    from django.contrib.auth.models import Group, Permission

    from crm.models import Role

    group = Group.objects.create(name="role:checkers")
    Role.objects.create(key="checkers", name_en="Checkers", name_zh="检查", group=group)
    group.permissions.add(Permission.objects.get(codename="review_changes"))
    checker = make.person("checker")
    checker.groups.add(group)
    item, client = queued(customers[0]), sign_in(checker)
    html = text(client.get(PAGE))
    assert "A change of a record you may not see" in html
    assert "Kestrel" not in html
    assert client.get(page(item)).status_code == 404
    assert client.post(page(item), {"outcome": "ok", "note": "x", "seen": "open.1.0"}).status_code == 404


def test_as_many_queries_for_many_as_for_few(cast, sign_in, django_assert_max_num_queries):
    for _ in range(20):
        moved(make.customer(cast.owner), cast.manager)
    client = sign_in(cast.auditor)
    client.get(PAGE)
    with django_assert_max_num_queries(24):
        client.get(PAGE)
