"""Reviewers hear of changes that wait too long: once a day, on working days."""

from __future__ import annotations

import datetime as dt

import pytest

from audit.models import ReviewItem
from records.models import Notice
from records.services.review_reminders import OVERDUE_DAYS, remind_if_due
from tests import cast as make
from tests.cast import NOW, days
from tests.records.reviewing import moved, queued, text

SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def item(cast):
    call = make.follow_up(cast.owner, make.customer(cast.owner))
    moved(call, cast.manager)
    return queued(call)


def at(moment):
    return lambda: moment


def told():
    return sorted(Notice.objects.filter(kind="review_due").values_list("user__username", flat=True))


def test_once_a_day_to_each_active_reviewer(cast, item, sign_in, at_now):
    make.person("retired", "auditor", is_active=False)
    due = NOW + days(OVERDUE_DAYS)
    assert remind_if_due(at(due)) == 0
    assert remind_if_due(at(due + SECOND)) == 1
    assert remind_if_due(at(due + SECOND * 2)) == 0
    assert told() == ["auditor"]
    make.person("inspector", "auditor")
    assert remind_if_due(at(due + SECOND * 3)) == 1
    assert remind_if_due(at(due + days(1))) == 2
    at_now.move_to(due + days(1))
    html = text(sign_in(cast.auditor).get("/notices/"))
    assert "Changes wait too long for a review" in html
    assert 'href="/review/"' in html


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (days(8), 1),
        (days(8) - dt.timedelta(hours=8), 0),  # 06:32 in Shanghai
        (days(10), 0),  # Saturday
        (days(12), 1),
    ],
)
def test_in_working_hours_only(cast, item, after, told):
    assert remind_if_due(at(NOW + after)) == told


@pytest.mark.parametrize("state", ["ok", "back"])
def test_not_of_what_was_looked_at(cast, item, state):
    ReviewItem.objects.update(state=state)
    assert remind_if_due(at(NOW + days(30))) == 0
