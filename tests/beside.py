"""Work beside the test, in a thread with a database connection of its own."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable
from typing import Any

from django.db import connections

from tests.cast import NOW

LONG = 60  # seconds; nothing waits so long unless it hangs


class Beside:
    """A function that runs beside the test from now on."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function, self._answer = function, None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._answer = self._function()
        except Exception as error:
            self._answer = error
        finally:
            connections.close_all()

    def runs(self) -> bool:
        """Whether it is still under way after a moment: it waits for a lock."""
        self._thread.join(0.3)
        return self._thread.is_alive()

    def answer(self) -> Any:
        """What it gave back, or raised, once it is done."""
        self._thread.join(LONG)
        assert not self._thread.is_alive(), "it hangs"
        return self._answer


def together(*functions: Callable[[], Any]) -> list[Any]:
    """The answers of functions that start at the same moment."""
    gate = threading.Barrier(len(functions))

    def wait_and(function: Callable[[], Any]) -> Any:
        gate.wait(LONG)
        return function()

    running = [Beside(lambda function=function: wait_and(function)) for function in functions]
    return [each.answer() for each in running]


class Pause:
    """A clock that stops a service in the middle of its transaction, after its locks, until it may go on."""

    def __init__(self) -> None:
        self._reached, self._go_on = threading.Event(), threading.Event()

    def clock(self) -> dt.datetime:
        """Called by the service after its locks."""
        self._reached.set()
        assert self._go_on.wait(LONG)
        return NOW

    def reached(self) -> None:
        """Wait until the service holds its locks."""
        assert self._reached.wait(LONG), "the service never took its locks"

    def go_on(self) -> None:
        """Let it go on."""
        self._go_on.set()
