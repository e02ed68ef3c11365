"""What the worker does by the clock, each in its own time. One that stumbles keeps no other from its turn."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from typing import Any

from audit.seals import seal_if_due
from audit.verify import verify_if_due
from records.entry_checks.due import check_times_if_due
from records.services.exception_ends import tell_of_ends_if_due
from records.services.review_filling import fill_queue_if_due
from records.services.review_reminders import remind_if_due
from records.services.time_requests import expire_due

logger = logging.getLogger(__name__)
Clock = Callable[[], dt.datetime]

CHORES: tuple[Callable[[Clock], Any], ...] = (
    expire_due,
    fill_queue_if_due,
    remind_if_due,
    tell_of_ends_if_due,
    seal_if_due,
    verify_if_due,
    check_times_if_due,
)


def do_chores(clock: Clock) -> None:
    """Let each do what is due now; most mostly find nothing."""
    for chore in CHORES:
        try:
            chore(clock)
        except Exception:
            logger.exception("%s stumbled; it has its turn again.", chore.__name__)
