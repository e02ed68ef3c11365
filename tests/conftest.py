"""Fixtures of every test: a clock that stands still, the cast, a client signed in as one of them."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.utils import translation

from . import cast as people
from . import machine

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright runs an event loop beside the ORM

NOW = dt.datetime(2026, 3, 18, 6, 32, tzinfo=dt.UTC)  # Wednesday 14:32 in Shanghai


def pytest_sessionstart(session: pytest.Session) -> None:
    """Compiled catalogues are not in the repository; workers start after this."""
    if not hasattr(session.config, "workerinput"):
        call_command("catalogues", verbosity=0)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked `browser` need one; those marked `bench` or `soak` run where they are asked for."""
    for mark in ("bench", "soak"):
        if mark not in (config.option.markexpr or ""):
            items[:] = [item for item in items if not item.get_closest_marker(mark)]
    if machine.chromium() is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=machine.LACKS + "chromium"))


def _lacking(config: pytest.Config) -> list[str]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    return machine.lacking(reporter.stats.get("skipped", [])) if reporter else []


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a test left out for want of a program is a failure."""
    if machine.IN_CI and session.exitstatus == pytest.ExitCode.OK and _lacking(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say loudly what did not run."""
    for name in _lacking(config):
        terminalreporter.write_sep("!", f"tests were LEFT OUT: this machine lacks {name}", red=True, bold=True)


@pytest.fixture(autouse=True)
def fresh_permission_ids() -> Iterator[None]:
    """Ids of permissions may differ after a flush."""
    from records.models.access import forget_permission_ids

    forget_permission_ids()
    yield
    forget_permission_ids()


@pytest.fixture(autouse=True)
def language_of_the_settings() -> None:
    """A request leaves its language behind in the thread."""
    translation.deactivate()


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


@pytest.fixture
def at_now() -> Iterator[Any]:
    """The pages' own clock stands at NOW; `at_now.move_to(…)` moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller
