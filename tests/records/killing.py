"""A process that is killed at one of its SQL statements: forked from the test, with a connection of its own."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from itertools import count
from typing import Any

from django.db import connection, connections


def killed_at(number: int, act: Callable[[], Any]) -> bool:
    """Run `act` in a process that is killed (SIGKILL) before its statement of that number; False where it got through.

    With number -1 it is killed as soon as `act` has returned, before anybody is told.
    """
    connections.close_all()  # neither side may use what the other has open
    pid = os.fork()
    if pid == 0:
        _child(number, act)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "it failed by itself"
    return os.WIFSIGNALED(status)


def killed_everywhere(act: Callable[[], Any], state: Callable[[], Any]) -> int:
    """Kill `act` before its first statement, its second, …, until it gets through, which leaves it done.

    After each kill `state()` must be what it was. Gives the number of statements.
    """
    before = state()
    for number in count(1):
        if not killed_at(number, act):
            return number - 1
        assert state() == before, f"killed at statement {number}"
    raise AssertionError


def _child(number: int, act: Callable[[], Any]) -> None:
    seen = 0

    def stop(execute: Any, *args: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*args)

    code = 1
    try:
        with connection.execute_wrapper(stop):
            act()
        if number == -1:
            os.kill(os.getpid(), signal.SIGKILL)
        code = 0
    finally:
        os._exit(code)
