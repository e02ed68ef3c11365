"""Real Chromium beside a live server: pages, at a desk or on a phone. Every fault of a page fails its test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests import cast as make
from tests import machine
from tests.cast import NOW

DESK = {"viewport": {"width": 1360, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
VIEWS = {"desk": DESK, "phone": PHONE}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
WAIT = 5_000  # milliseconds

expect.set_options(timeout=WAIT)


class Faults:
    """What no page may do: write an error to the console (a breach of the policy is one), throw, leave the host."""

    def __init__(self, host: str) -> None:
        self.host, self.found, self.meant = host, list[str](), set[int]()

    def mean(self, *statuses: int) -> None:
        """Answers that the test provokes; Chromium writes a line for each."""
        self.meant |= set(statuses)

    def watch(self, context: BrowserContext) -> None:
        """From now on, on all of its pages."""
        context.on("console", self._console)
        context.on("weberror", lambda error: self.found.append(f"script: {error.error}"))
        context.on("request", lambda request: self._request(request.url))

    def _console(self, message: ConsoleMessage) -> None:
        meant = any(f"status of {status} " in message.text for status in self.meant)
        if message.type in ("error", "warning") and not meant:
            self.found.append(f"console: {message.text} ({message.location.get('url')})")

    def _request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self.host:
            self.found.append(f"left the host: {url}")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=machine.chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def going_clock() -> Iterator[Any]:
    """The server's clock starts at NOW and goes on, as a browser's does."""
    with time_machine.travel(NOW, tick=True) as traveller:
        yield traveller


@pytest.fixture
def faults(live_server: Any) -> Faults:
    """What the pages of this test did wrong; read at its end."""
    return Faults(urlsplit(live_server.url).netloc)


@pytest.fixture
def window(chromium: Browser, live_server: Any, faults: Faults) -> Iterator[Callable[..., Page]]:
    """`window("phone", as_=person)`: a page of a browser of its own, signed in."""
    contexts: list[BrowserContext] = []

    def run(view: str = "desk", *, as_: Any = None, **options: Any) -> Page:
        given = {"locale": "en-GB", "timezone_id": "Asia/Shanghai", "base_url": live_server.url}
        context = chromium.new_context(**VIEWS[view] | given | options)
        context.set_default_timeout(WAIT)
        faults.watch(context)
        contexts.append(context)
        if as_ is not None:
            context.add_cookies([session_of(as_) | {"url": live_server.url}])
        return context.new_page()

    yield run
    for context in contexts:
        context.close()
    assert faults.found == []


def session_of(person: Any) -> dict[str, str]:
    """The cookie of somebody who has signed in."""
    client = Client()
    client.force_login(person, backend="crm.backends.SignInOnly")
    return {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}


@pytest.fixture(params=sorted(VIEWS))
def view(request: pytest.FixtureRequest) -> str:
    """At a desk and on a phone."""
    return request.param


@pytest.fixture
def call(cast: make.Cast) -> Any:
    """A follow-up of the owner, entered now: Wednesday 2026-03-18 14:32."""
    return make.follow_up(cast.owner, make.customer(cast.owner, name="Huarui Logistics"), summary="Talk about tariffs")
