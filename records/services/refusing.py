"""Public services: one durable transaction; a refusal is kept as an event after the rollback, then raised again."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import OperationalError, transaction

from audit.events import record_event
from records.refusals import Refused, StaleRecord, refuse

F = TypeVar("F", bound=Callable[..., Any])


def service(action: str, about: str = "record") -> Callable[[F], F]:
    """Make a function a public service named `action`; `about` is the keyword holding what it concerns.

    The function needs keywords `by`, `channel` and `clock`. Raises Refused ("busy" where a lock was not to be had in
    time) and StaleRecord as the function does; nesting in another transaction raises RuntimeError.
    """

    def wrap(function: F) -> F:
        named = inspect.signature(function).parameters.values()
        defaults = {each.name: each.default for each in named if each.default is not each.empty}

        @functools.wraps(function)
        def run(**kwargs: Any) -> Any:
            try:
                with transaction.atomic(durable=True):
                    return function(**kwargs)
            except (Refused, StaleRecord) as no:
                _keep(no, action, kwargs.get(about), defaults | kwargs)
                raise
            except OperationalError as error:
                if not _is_lock(error):
                    raise
                raise refuse("busy") from error

        return run  # type: ignore[return-value]

    return wrap


def _is_lock(error: OperationalError) -> bool:
    state = getattr(error.__cause__, "sqlstate", None)  # PostgreSQL: lock_not_available, deadlock_detected
    return state in ("55P03", "40P01") or "database is locked" in str(error)


def _keep(no: Refused | StaleRecord, action: str, about: Any, kwargs: dict[str, Any]) -> None:
    codes = list(no.codes) if isinstance(no, Refused) else [no.code]
    what: dict[str, Any] = {"action": action, "codes": codes}
    if kwargs.get("entered_at"):
        what["entered_at"] = kwargs["entered_at"].isoformat()
    with transaction.atomic(durable=True):
        record_event(
            kind="refused",
            by=kwargs["by"],
            at=kwargs["clock"](),
            channel=kwargs["channel"],
            record=about if getattr(about, "pk", None) else None,
            remote_addr=kwargs.get("remote_addr"),
            what=what,
        )
