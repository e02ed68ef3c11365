"""Every case of tests/data/edge-cases/cases.csv that is about importing or editing, as one test."""

from __future__ import annotations

import csv

import pytest

from .edges import entries, files, formats, rows, zones  # noqa: F401 they say which cases they are
from .edges.world import CASES, FILES, World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
OF_REPORTS = {"E94", "E95"}  # they count records by month: there is no report yet that they could be read from

with (FILES / "cases.csv").open(encoding="utf-8", newline="") as stream:
    TABLE = {row["id"]: row for row in csv.DictReader(stream)}
IDS = [f"{number}: {row['input']}" for number, row in TABLE.items() if number not in OF_REPORTS]


def test_no_case_is_forgotten():
    assert set(TABLE) - set(CASES) == OF_REPORTS
    assert set(CASES) <= set(TABLE)
    assert {TABLE[number]["group"] for number in OF_REPORTS} == {"report"}


@pytest.mark.parametrize("case", [each for each in TABLE if each not in OF_REPORTS], ids=IDS)
def test_case(case, cast, sign_in, at_now):
    CASES[case](World(cast, sign_in, at_now))
