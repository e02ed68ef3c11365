"""`manage.py demo`: fill an empty database with a made-up company to look at."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.models import Event
from audit.times import now
from crm.demo.make import SIZES, make_demo
from crm.demo_people import PASSWORD, USERNAMES
from crm.models import User
from records.models import RECORDS


class Command(BaseCommand):
    """Deterministic and bilingual; written through the services, so that every row has its history."""

    help = "Fill an empty database with demo data. Works with DEBUG=1 only."

    def add_arguments(self, parser: CommandParser) -> None:
        """Size, and whether a filled database is an error."""
        parser.add_argument("--size", choices=sorted(SIZES), default="full", help="how much of it")
        parser.add_argument("--if-empty", action="store_true", help="leave a database that holds records as it is")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the data and print the sign-ins."""
        if not settings.DEBUG:
            raise CommandError("Demo data has a known password. It is written with DEBUG=1 only.")
        if _holds_something():
            if not options["if_empty"] or _interrupted():
                raise CommandError(_why_not())
            if options["verbosity"]:
                self.stdout.write("The database holds records already: no demo data written.")
            return
        started = time.monotonic()
        closed = make_demo(now(), SIZES[options["size"]])
        if options["verbosity"]:
            self._tell(closed, time.monotonic() - started)

    def _tell(self, closed: Any, seconds: float) -> None:
        counts = ", ".join(f"{m.objects.count()} {m._meta.verbose_name_plural}" for m in RECORDS.values())
        self.stdout.write(f"{counts} in {seconds:.1f} s. Closed through {closed:%Y-%m-%d}.")
        self.stdout.write(f"Sign in with the password {PASSWORD} as:")
        for user in User.objects.filter(username__in=USERNAMES).prefetch_related("groups__role"):
            roles = [group.role.name_en for group in user.groups.all() if hasattr(group, "role")]
            self.stdout.write(f"  {user.username:<8} {user.display_name}, {', '.join(roles)}")


def _holds_something() -> bool:
    known = User.objects.filter(username__in=USERNAMES)
    return _interrupted() or known.exists() or any(model.objects.exists() for model in RECORDS.values())


def _interrupted() -> bool:
    kinds = set(Event.objects.filter(kind__startswith="demo_").values_list("kind", flat=True))
    return kinds == {"demo_started"}


def _why_not() -> str:
    if _interrupted():
        return "Writing the demo data was interrupted. Remove the database and run `manage.py demo` again."
    return "The database holds people or records already. Demo data is written to an empty one only."
