"""200 rows changed, and taken back, by a process killed at each of its statements: all or nothing, then once."""

from __future__ import annotations

import pytest

from records.models import Batch, FollowUp, Notice
from records.services.batches import undo_batch
from tests import cast as make
from tests.cast import NOW, clock, days
from tests.records.doing import assert_chain
from tests.records.killing import killed_at, killed_everywhere
from tests.records.many import change, many_calls, moved

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
ROWS, DAY = 200, days(-1)
HISTORY = FollowUp.history.model


def state():
    """Everything that may stand or fall: times, versions, history, batches, notices."""
    rows = set(FollowUp.objects.values_list("entered_at", "version"))
    batches = list(Batch.objects.order_by("pk").values_list("kind", "count", "job"))
    return rows, HISTORY.objects.count(), batches, Notice.objects.count()


def once(act, after):
    """Kill it everywhere; then it is done, once, also when it is killed before it could tell, and sent again."""
    assert 15 < killed_everywhere(act, state) < 60
    assert state() == after
    assert killed_at(-1, act)
    act()
    assert state() == after
    for record in FollowUp.objects.all()[::50]:
        assert_chain(record)


@pytest.fixture
def moves(cast):
    return moved(many_calls(cast, make.customer(cast.owner), ROWS), DAY)


def test_a_change_of_many(cast, moves):
    after = ({(NOW + DAY, 2)}, 2 * ROWS, [("bulk", ROWS, 7)], 1)
    once(lambda: change(moves, cast.manager, job=7), after)


def test_an_undo_of_many(cast, moves):
    batch = change(moves, cast.manager, job=7).batch
    after = ({(NOW, 3)}, 3 * ROWS, [("bulk", ROWS, 7), ("undo", ROWS, 8)], 2)
    once(lambda: undo_batch(batch=batch, by=cast.manager, clock=clock, note="Wrong", job=8), after)
