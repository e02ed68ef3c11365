"""Today: own next steps by the person's day, and entry times that moved on one's records or by oneself."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.models import CompanyRules, Customer, FollowUp
from records.services.undo import undo_change
from tests import cast as people
from tests.cast import NOW, clock, days
from tests.records.lists import archive, move

MOST_QUERIES = 12


@pytest.fixture(autouse=True)
def wednesday() -> Any:
    """It is Wednesday 18 March 2026, 14:32 in Shanghai."""
    with time_machine.travel(NOW, tick=False):
        yield


def today(client: Any) -> tuple[str, int]:
    """The page and how many statements it took."""
    with CaptureQueriesContext(connection) as captured:
        response = client.get("/")
    assert response.status_code == 200
    return response.content.decode(), len(captured)


def band(text: str, title: str) -> list[str]:
    """The steps under a title."""
    part = re.search(rf'<h3 class="band[^"]*">{title}.*?</ul>', text, re.DOTALL)
    return re.findall(r'<div class="what"><a href="[^"]*"[^>]*>([^<]*)', part[0]) if part else []


def panel(text: str, key: str) -> str:
    """A panel beside the steps."""
    return text.split(f'aria-labelledby="{key}"')[1].split("</section>")[0]


@pytest.fixture
def steps(cast: Any) -> dict[str, FollowUp]:
    """Next steps from two days ago until next Monday."""
    customer = people.customer(cast.owner, name="杭州云帆")
    offers = {"two": -2, "one": -1, "now": 0, "fri": 2, "sun": 4, "mon": 5}
    return {
        name: people.follow_up(
            cast.owner, customer, next_step=f"Step {name}", next_step_on=dt.date(2026, 3, 18) + days(offset)
        )
        for name, offset in offers.items()
    }


def test_steps_by_day(cast: Any, steps: Any, sign_in: Any) -> None:
    text, cost = today(sign_in(cast.owner))
    assert band(text, "Overdue") == ["Step two", "Step one"]
    assert band(text, "Today") == ["Step now"]
    assert band(text, "This week") == ["Step fri", "Step sun"]
    assert "2 days overdue" in text
    assert "1 day overdue" in text
    assert "Step mon" not in text
    assert cost <= MOST_QUERIES
    assert steps["now"].get_absolute_url() in text


def test_the_day_is_that_of_the_person(cast: Any, steps: Any, sign_in: Any) -> None:
    """At 20:00 UTC it is the 19th in Shanghai and still the 18th in New York."""
    with time_machine.travel(dt.datetime(2026, 3, 18, 20, tzinfo=dt.UTC), tick=False):
        assert band(today(sign_in(cast.owner))[0], "Today") == []
        cast.owner.zone = "America/New_York"
        cast.owner.save()
        assert band(today(sign_in(cast.owner))[0], "Today") == ["Step now"]


def test_only_own_open_live_steps(cast: Any, steps: Any, sign_in: Any) -> None:
    client = sign_in(cast.owner)
    archive(steps["one"], cast.manager)
    response = client.post(f"/follow-ups/{steps['two'].pk}/done/", {"version": steps["two"].version})
    assert response.status_code == 302
    text, _ = today(client)
    assert "Done: Step two" in text
    assert band(text, "Overdue") == []
    for name in ("colleague", "manager", "auditor", "outsider"):
        assert "Nothing due this week" in today(sign_in(getattr(cast, name)))[0]


def test_fifty_steps_and_no_more(cast: Any, sign_in: Any) -> None:
    customer = people.customer(cast.owner)
    for _ in range(52):
        people.follow_up(cast.owner, customer, next_step_on=dt.date(2026, 3, 18))
    text, _ = today(sign_in(cast.owner))
    assert len(band(text, "Today")) == 50
    assert "Only the 50 that are due first stand here." in text


def test_moves_by_others_on_mine_and_by_me(cast: Any, sign_in: Any) -> None:
    mine, theirs = people.customer(cast.owner, name="Mine"), people.customer(cast.colleague, name="Theirs")
    call = people.follow_up(cast.owner, mine, summary="My call")
    move(mine, cast.manager, NOW - days(1), reason="back_fill")
    move(call, cast.owner, NOW - days(2))
    move(theirs, cast.manager, NOW - days(3))
    text, cost = today(sign_in(cast.owner))
    others, own = panel(text, "h-changed"), panel(text, "h-own")
    assert ("Mine" in others, "My call" in others, "Theirs" in others) == (True, False, False)
    assert "Back-fill · Manager" in others
    assert "1 day earlier" in others
    assert ("My call" in own, "Mine" in own) == (True, False)
    assert "2 days earlier" in own
    assert cost <= MOST_QUERIES
    text, _ = today(sign_in(cast.manager))
    assert "Nobody else has changed" in panel(text, "h-changed")
    assert "Mine" in panel(text, "h-own")
    assert "Theirs" in panel(text, "h-own")


def test_moves_on_records_one_may_no_longer_see_are_not_told(cast: Any, sign_in: Any) -> None:
    mine = people.customer(cast.owner, name="Mine")
    move(mine, cast.owner, NOW - days(1))
    people.set_rule(CompanyRules.objects.get(), sales_see_all=False)
    from records.services.assign import change_owner

    record = Customer.objects.get(pk=mine.pk)
    about = {"record": record, "seen_version": record.version, "owner": cast.stranger, "reason": "", "note": "x"}
    change_owner(**about, by=cast.manager, channel="web", clock=clock)
    cast.owner.team = None
    cast.owner.save()
    text, _ = today(sign_in(cast.owner))
    assert "Mine" not in text
    assert "Mine" in panel(today(sign_in(cast.stranger))[0], "h-changed")


def test_an_undo_and_raw_sql_are_told(cast: Any, sign_in: Any) -> None:
    mine = people.customer(cast.owner, name="Mine")
    move(mine, cast.manager, NOW - days(1))
    last = mine.history.order_by("-history_id").first()
    undo_change(record=mine, history_id=last.pk, by=cast.manager, channel="web", clock=clock)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE records_customer SET entered_at = %s", [dt.datetime(2026, 3, 1)])
    others = panel(today(sign_in(cast.owner))[0], "h-changed")
    assert "Taken back · Manager" in others
    assert "Database user" in others
    assert others.count("<li>") == 3


def test_five_moves_newest_first_at_the_same_cost(cast: Any, sign_in: Any) -> None:
    client = sign_in(cast.owner)
    costs = []
    for number in (1, 14):
        for n in range(number):
            at = NOW + dt.timedelta(minutes=n)
            customer = people.customer(cast.owner, clock=lambda at=at: at)
            with time_machine.travel(at):
                move(customer, cast.manager, NOW - days(1), clock=lambda at=at: at)
        text, cost = today(client)
        costs.append(cost)
    assert panel(text, "h-changed").count("<li>") == 5
    assert costs[0] == costs[1] <= MOST_QUERIES


def test_new_follow_up_for_those_who_may(cast: Any, sign_in: Any) -> None:
    assert "/follow-ups/new/" in today(sign_in(cast.owner))[0]
    assert "/follow-ups/new/" not in today(sign_in(cast.auditor))[0]


def test_sign_in_first(cast: Any, client: Any, sign_in: Any) -> None:
    assert client.get("/").status_code == 302
    assert sign_in(cast.gone).get("/").status_code == 302
