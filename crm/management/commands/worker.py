"""`manage.py worker`: sends mails of notices and ends requests that expired, beside the server."""

from __future__ import annotations

import os
import signal
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from crm.worker import Worker


class Command(BaseCommand):
    """Run until SIGTERM or Ctrl+C. Several at once do no harm: each mail is claimed by one of them."""

    help = "Send mails of notices, and end time requests that expired."

    def add_arguments(self, parser: CommandParser) -> None:
        """Once or for good, and how often."""
        parser.add_argument("--once", action="store_true", help="do what is due and end")
        parser.add_argument("--every", type=float, default=2, help="seconds between two looks (default: 2)")
        parser.add_argument("--with-parent", action="store_true", help="end when the process that started it ends")

    def handle(self, *args: Any, once: bool, every: float, with_parent: bool, **options: Any) -> None:
        """Ends with 0; a mail under way is finished first."""
        worker = Worker()
        if once:
            self.stdout.write(f"Mails sent: {worker.once()}")
            return
        signal.signal(signal.SIGTERM, worker.stop)
        signal.signal(signal.SIGINT, worker.stop)
        parent = os.getppid()
        worker.run(every, alive=lambda: not with_parent or os.getppid() == parent)
