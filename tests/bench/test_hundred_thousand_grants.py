"""Rights questions with 10 and with 100,000 grants: statements and milliseconds."""

from __future__ import annotations

import time

import pytest
from django.db import connection

from tests.records.many_grants import give_thousands
from tests.records.test_grant_cost import questions, statements, world  # noqa: F401 a fixture

pytestmark = [pytest.mark.bench, pytest.mark.usefixtures("at_now"), pytest.mark.timeout(900)]


def figures(asked):
    """Of each question its statements and the quickest of five answers in milliseconds."""
    found = {}
    for name, ask in asked.items():
        times = []
        for _ in range(5):
            begun = time.perf_counter()
            ask()
            times.append((time.perf_counter() - begun) * 1000)
        found[name] = (len(statements(ask)), min(times))
    return found


def test_it_costs_the_same(cast, sign_in, world):  # noqa: F811 the fixture
    asked = questions(cast, sign_in, world)
    few = figures(asked)
    give_thousands(world, 100_000, cast.senior, also=cast.colleague)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    many = figures(asked)
    print()
    for name, (number, before) in few.items():
        print(f"{name}: {number} statements, {before:.1f} ms with 10, {many[name][1]:.1f} ms ({connection.vendor})")
    assert [number for number, _ms in many.values()] == [number for number, _ms in few.values()]
