"""What happens beside the server: long work, chores by the clock, mails of notices. One worker or several."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import close_old_connections

from audit import times
from audit.jobs import run_next
from crm.chores import do_chores
from crm.notice_mails import compose, message_id, told_until, zone_for
from records.models import CompanyRules
from records.models.rules import company
from records.services import outbox

logger = logging.getLogger(__name__)
Clock = Callable[[], dt.datetime]
CHORES_EVERY = 20  # seconds


class Worker:
    """Does what is due, again and again, until it is stopped. A mail under way is finished first."""

    def __init__(self, clock: Clock = times.now) -> None:
        self.clock = clock
        self._stop = threading.Event()
        self._chores_at = float("-inf")

    def stop(self, *signal: Any) -> None:
        """Stop after what is under way; fit for a signal handler."""
        self._stop.set()

    def run(self, every: float, alive: Callable[[], bool] = lambda: True) -> None:
        """Until it is stopped, or `alive` says no: what is due, then a pause of `every` seconds."""
        while not self._stop.is_set() and alive():
            close_old_connections()
            try:
                self.once()
            except Exception:
                logger.exception("The worker stumbled; it tries again.")
            self._stop.wait(every)

    def once(self) -> int:
        """What is due now. Gives the number of mails that went out."""
        self._work()
        if time.monotonic() - self._chores_at >= CHORES_EVERY:
            self._chores_at = time.monotonic()
            do_chores(self.clock)
            self._work()  # some chores ask for it
        self._give_up()
        rules = company()
        return sum(self._mails_of(person, rules) for person in outbox.people_waiting())

    def _work(self) -> None:
        while not self._stop.is_set() and run_next(self.clock):
            pass

    def _give_up(self) -> None:
        """Say loudly what could not be mailed for a week; the notices stay on their page."""
        old = outbox.waiting().filter(at__lt=self.clock() - outbox.GIVE_UP_AFTER)
        if number := outbox.leave_out(old):
            logger.error("Notices that could not be mailed for a week and will not be: %s", number)

    def _mails_of(self, person: Any, rules: CompanyRules) -> int:
        if not person.is_active or person.mail == "none":
            outbox.leave_out(outbox.waiting().filter(user=person.pk))
            return 0
        zone, number = zone_for(person, rules), 0
        while not self._stop.is_set():
            now = self.clock()
            mail = outbox.claim(person, told_until(person, zone, now), now)
            if not mail or not self._send(person, zone, mail):
                break
            number += 1
        return number

    def _send(self, person: Any, zone: dt.tzinfo, notices: list[Any]) -> bool:
        """Send one claimed mail. One that does not go out is tried again later, as the same mail; others go on."""
        try:
            message = compose(person, zone, notices, self.clock())
            if message is not None:
                message.send()
        except Exception:
            logger.exception("Mail %s was not sent; it is tried again.", message_id(notices[0]))
            return False
        outbox.sent(notices, self.clock())
        return True
