"""A process that is killed at one of its SQL statements: forked from the test, with a connection of its own."""

from __future__ import annotations

import faulthandler
import os
import signal
import traceback
from collections.abc import Callable
from itertools import count
from tempfile import TemporaryFile
from typing import IO, Any

from django.db import connection, connections

from tests.sessions import left_behind

HANGS = 60  # seconds; nothing here takes so long unless it hangs
_INHERITED: list[Any] = []


def killed_at(number: int, act: Callable[[], Any]) -> bool:
    """Run `act` in a process that is killed (SIGKILL) before its statement of that number; False where it got through.

    With number -1 it is killed as soon as `act` has returned, before anybody is told.
    """
    connections.close_all()  # neither side may use what the other has open
    with TemporaryFile("w+") as told:
        pid = os.fork()
        if pid == 0:
            _child(number, act, told)
        _, status = os.waitpid(pid, 0)
        told.seek(0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        assert killed or status == 0, f"statement {number}: it failed by itself ({status})\n{told.read()}"
    assert not left_behind(connection, HANGS)  # the server has noticed, and rolled back
    return killed


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


def _child(number: int, act: Callable[[], Any], told: IO[str]) -> None:
    seen = 0

    def stop(execute: Any, *args: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*args)

    faulthandler.dump_traceback_later(HANGS, exit=True, file=told)
    _forget_connections()
    code = 1
    try:
        with connection.execute_wrapper(stop):
            act()
        if number == -1:
            os.kill(os.getpid(), signal.SIGKILL)
        code = 0
    except BaseException:
        traceback.print_exc(file=told)
    finally:
        told.flush()
        os._exit(code)


def _forget_connections() -> None:
    """Open none but our own from here on.

    Beside a running event loop, a browser's, Django keeps connections apart from those made before it ran. The loop
    does not run here, so those older ones are found; the test holds them too: no death of ours would end their work.
    """
    for each in connections.all(initialized_only=True):
        _INHERITED.append(each)  # kept: thrown away it would be closed for the test too
        del connections[each.alias]
