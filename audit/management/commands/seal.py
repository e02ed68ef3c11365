"""`manage.py seal`: puts every row of the trail that no seal holds into a seal, and sends its head out."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError

from audit import heads, times
from audit.keys import NoKey
from audit.seals import last_seal, seal_all


class Command(BaseCommand):
    """Seal what is not sealed."""

    help = "Seals the rows of the trail that no seal holds yet, and sends the new head out."

    def add_arguments(self, parser: CommandParser) -> None:
        """What is printed, and how far back is looked."""
        parser.add_argument("--print", action="store_true", help="print heads as lines of JSON, to be kept elsewhere")
        parser.add_argument("--whole", action="store_true", help="look at all rows, as the first seal of a day does")

    def handle(self, *args: Any, whole: bool, **options: Any) -> None:
        """With --print the standard output holds heads alone: those made now, or the newest where there was none."""
        try:
            made = seal_all(times.now, whole=whole or None)
        except NoKey as error:
            raise CommandError(str(error)) from None
        except OperationalError as error:
            raise CommandError(f"Another process seals, or the database is busy; try again. ({error})") from None
        if options["print"]:
            for each in made or [last for last in [last_seal()] if last]:
                self.stdout.write(heads.line_of(each))
        elif made:
            rows = sum(each.count for each in made)
            self.stdout.write(f"{rows} rows sealed. Seal {made[-1]}: {made[-1].head}")
        else:
            self.stdout.write("Every row is sealed.")
