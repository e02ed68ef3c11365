"""`manage.py backup`: the whole database into one file, while everybody works on."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import times
from crm.backups import BackupError, back_up


class Command(BaseCommand):
    """Make a backup."""

    help = "Backs the database up into one file, while others write."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to, and how many stay."""
        parser.add_argument("--to", metavar="DIR", help="the folder (default: BACKUP_DIR)")
        parser.add_argument(
            "--keep", type=int, metavar="N", help="remove all but the newest N of this installation there"
        )

    def handle(self, *args: Any, to: str | None, keep: int | None, **options: Any) -> None:
        """Prints the file's path."""
        if keep is not None and keep < 1:
            raise CommandError("--keep takes 1 or more: the backup just made stays.")
        try:
            made = back_up(to=to, by=None, clock=times.now, keep=keep)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{made.path}")
        if options["verbosity"] > 1:
            self.stdout.write(f"{made.records} records, {made.history} rows of the trail, {made.size:,} bytes")
