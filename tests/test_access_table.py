"""The table of rights: every URL x everybody x what the company shows to sales -> status. A URL without a row fails.

Rows name who may (tests/access_rows.py); the table is spelled out from them. Posts are sent all but empty, so that
"may" is the form coming back.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from records.models import CompanyRules
from records.services.records import archive_record
from tests import cast as make
from tests.access_rows import EVERYBODY, SEE, TABLE, Row
from tests.access_world import World, build

TABLES = "admin:"  # all for administrators alone, and none takes a post: each is opened in tests/crm/test_admin.py

pytestmark = pytest.mark.usefixtures("at_now")


@contextmanager
def taken_back() -> Iterator[None]:
    """A transaction of the test itself, inside which services may be durable; rolled back at its end."""
    atomic = transaction.atomic()
    atomic._from_testcase = True  # type: ignore[attr-defined]
    with atomic:
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def whole_world(django_db_setup: Any, django_db_blocker: Any) -> Iterator[World]:
    """Built once for all rows."""
    with django_db_blocker.unblock(), taken_back(), time_machine.travel(make.NOW, tick=False):
        yield build()


@pytest.fixture
def world(whole_world: World, db: Any) -> World:
    """As it was built, whatever the test before did to it: `db` takes back what happens inside."""
    return whole_world


@pytest.fixture(autouse=True)
def quick(settings: Any) -> Iterator[None]:
    """Sessions in memory; what is refused is not written to the log, a trace each."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.cache"
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


def every_name() -> set[str]:
    """The names of all URLs of the site."""

    def walk(patterns: Any, namespace: str = "") -> Any:
        for each in patterns:
            if isinstance(each, URLPattern):
                yield namespace + (each.name or str(each.pattern))
            else:
                yield from walk(each.url_patterns, namespace + (f"{each.namespace}:" if each.namespace else ""))

    return set(walk(get_resolver().url_patterns))


def test_every_url_has_a_row_and_every_row_a_url():
    assert {name for name in every_name() if not name.startswith(TABLES)} == set(TABLE)


def expected(row: Row, who: str, shown: str) -> int:
    """The status that the row means for somebody."""
    if who in ("anonymous", "inactive"):
        return row.status if row.public else 302
    if row.about and who not in SEE[shown]:
        return 404 if row.status != 405 else 405
    return row.status if who in row.may else row.other


def depends_on_what_is_shown(name: str, rows: list[Row]) -> bool:
    """Whether a page is about records; the others are looked at once per person."""
    return any(row.about for row in rows) or name.endswith(("_list", "_suggest", "home", "search"))


@pytest.mark.parametrize("shown", ["all", "own and team"])
@pytest.mark.parametrize("who", EVERYBODY)
def test_everybody_gets_what_the_table_says(world, who, shown):
    make.set_rule(CompanyRules.objects.get(), sales_see_all=shown == "all")
    client = Client()
    if who != "anonymous":
        client.force_login(world.people[who], backend="crm.backends.SignInOnly")
    wrong = {}
    for name, rows in TABLE.items():
        if name == "account_login" and who in ("anonymous", "inactive"):
            continue  # the sign-in page itself, tested in tests/crm
        for row in rows if shown == "all" or depends_on_what_is_shown(name, rows) else ():
            response = getattr(client, row.method)(world.address(name), dict(row.data))
            if response.status_code != expected(row, who, shown):
                wrong[row.method, name] = (response.status_code, expected(row, who, shown))
    assert not wrong


def test_archived_records_keep_their_pages(world, sign_in):
    call, owner = world.records["follow_up"], world.people["owner"]
    archive_record(
        record=call, seen_version=1, by=owner, reason="", note="Double", channel="web", clock=lambda: make.NOW
    )
    client = sign_in(world.people["auditor"])
    assert client.get(reverse("records:follow_up_history", args=[call.pk])).status_code == 200
    assert client.get(reverse("records:follow_up_update", args=[call.pk])).status_code == 200
    assert dt.datetime.now(dt.UTC) == make.NOW
