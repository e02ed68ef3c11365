"""`manage.py triggers install|check|sql`: a migration that crashes leaves no triggers; this puts them back."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from audit.triggers import compare, expected, functions, install


class Command(BaseCommand):
    """Install, compare or print the triggers that keep the trail."""

    help = "Installs, checks or prints the triggers that keep the trail."

    def add_arguments(self, parser: CommandParser) -> None:
        """One word: what to do."""
        parser.add_argument("what", choices=("install", "check", "sql"))
        parser.add_argument("--database", default="default")

    def handle(self, *args: Any, what: str, database: str, **options: Any) -> None:
        """Exit code 1 where `check` finds a difference."""
        if what == "sql":
            connection = connections[database]
            for text in functions(connection):
                self.stdout.write(f"{text};")
            for (_table, name), text in expected(connection).items():
                self.stdout.write(f'CREATE TRIGGER "{name}" {text};')
            return
        if what == "install":
            install(database)
        wrong = compare(database)
        if wrong:
            raise CommandError("\n".join([*wrong, "Run `manage.py triggers install`."]))
        self.stdout.write(f"{len(expected(connections[database]))} triggers stand as they should.")
