"""`manage.py restore`: puts a backup in the place of the database; what stood there is kept beside it."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from audit import times
from crm.backups import BackupError, restore
from crm.backups.manifest import Manifest
from crm.backups.restoring import examine

FOUND = 3  # exit code: restored, and verify found something


class Command(BaseCommand):
    """Restore a backup. Exit code 0: restored and whole, 1: nothing was touched, 3: verify found something."""

    help = "Restores a backup beside the database, changes their places, keeps the old one, and verifies the trail."
    requires_system_checks: list[str] = []  # the database may be the thing that is broken

    def add_arguments(self, parser: CommandParser) -> None:
        """The file, and whether to ask."""
        parser.add_argument("file", help="a file that `manage.py backup` made")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, file: str, yes: bool, **options: Any) -> None:
        """Says what the file is, asks, restores, verifies."""
        try:
            manifest = examine(file)
            self.stdout.write(_described(manifest))
            if not yes:
                self._ask()
            done = restore(file, clock=times.now, tell=self.stdout.write)
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Restored.")
        if done.kept:
            self.stdout.write(f"What stood there is kept: {done.kept}")
        self._verify()

    def _ask(self) -> None:
        if not sys.stdin.isatty():
            raise CommandError("Nobody is there to ask. With --yes it is not asked.")
        name = connection.settings_dict["NAME"]
        if input(f"Put it in the place of {name}? Type yes: ").strip().lower() != "yes":
            raise CommandError("Nothing was touched.")

    def _verify(self) -> None:
        """A copy older than the newest head kept elsewhere is found here, to be explained on the Integrity page."""
        if "verify" not in get_commands():
            return
        try:
            call_command("verify", stdout=self.stdout, stderr=self.stderr)
        except SystemExit as ended:
            if ended.code:
                self.stdout.write("It is restored; what verify found is to be explained on the Integrity page.")
                sys.exit(FOUND)


def _described(manifest: Manifest) -> str:
    by = f" by {manifest.by}" if manifest.by else ""
    seal = f"seal {manifest.seal}, head {manifest.head[:16]}" if manifest.seal else "no seal yet"
    return (
        f"A backup of {manifest.moment:%Y-%m-%d %H:%M:%S} UTC{by}, Redate {manifest.redate}: "
        f"{manifest.records} records, {manifest.history} rows of the trail, {seal}."
    )
