"""Fixtures of every test: a clock that stands still, the cast, a client signed in as one of them."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from . import cast as people

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright runs an event loop beside the ORM

NOW = dt.datetime(2026, 3, 18, 6, 32, tzinfo=dt.UTC)  # Wednesday 14:32 in Shanghai


@pytest.fixture(autouse=True)
def fresh_permission_ids() -> Iterator[None]:
    """Ids of permissions may differ after a flush."""
    from records.models.access import forget_permission_ids

    forget_permission_ids()
    yield
    forget_permission_ids()


@pytest.fixture
def clock() -> Callable[[], dt.datetime]:
    """Always NOW."""
    return lambda: NOW


@pytest.fixture
def cast(db: Any) -> people.Cast:
    """The people with known rights, on a company in Shanghai whose owner rule is on but for contracts."""
    return people.make()


@pytest.fixture
def sign_in() -> Callable[[Any], Client]:
    """A client signed in as the person given."""

    def run(person: Any) -> Client:
        client = Client()
        client.force_login(person, backend="crm.backends.SignInOnly")
        return client

    return run
