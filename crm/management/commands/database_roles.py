"""`manage.py database_roles`: prints, applies or checks the rights of the role the application runs as."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection

from crm.database_roles import compare, give, statements
from crm.database_roles.statements import creation

SQLITE = """\
SQLite has no roles: whoever may write the file may write everything in it, the trail too.
What to do instead:
  - run server and worker as a user of their own, and let nobody else read or write the folder of the database;
  - set SEAL_KEY, and send the heads of seals elsewhere (SEAL_HEADS on another machine, SEAL_MAIL);
  - run `manage.py verify --heads FILE` with those heads: it names what was altered;
  - where that is not enough, take PostgreSQL and run this command there."""


class Command(BaseCommand):
    """The least the application needs; run as the owner of the database, after every migrate."""

    help = "Prints the SQL that gives the application's role the least it needs; --apply runs it, --check compares."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which role, and what to do."""
        parser.add_argument("--role", default="redate_app", help="the role that server and worker use")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--apply", action="store_true", help="run the statements")
        what.add_argument("--check", action="store_true", help="say what differs; exit code 1 if anything does")

    def handle(self, *args: Any, role: str, apply: bool, check: bool, **options: Any) -> None:
        """On SQLite nothing can be applied or checked."""
        if connection.vendor != "postgresql":
            if apply or check:
                raise CommandError(SQLITE)
            self.stdout.write(SQLITE)
        elif check:
            self._check(role)
        elif apply:
            self._apply(role)
        else:
            lines = [f"{each};" for each in [*creation(connection, role), *statements(connection, role)]]
            self.stdout.write("\n".join(["BEGIN;", *lines, "COMMIT;"]))

    def _apply(self, role: str) -> None:
        try:
            made = creation(connection, role)
            with connection.cursor() as cursor:
                for each in made:
                    cursor.execute(each)
            give(connection, role)
        except DatabaseError as error:
            raise CommandError(f"{str(error).strip()}. Run this as the owner of the database.") from error
        self.stdout.write(f"{role} may do what the application needs, and nothing else.")
        if made:
            self.stdout.write(f"It has no password yet: \\password {role} in psql sets one.")

    def _check(self, role: str) -> None:
        wrong = compare(connection, role)
        if wrong:
            raise CommandError("\n".join([*wrong, f"Run `manage.py database_roles --role {role} --apply`."]))
        self.stdout.write(f"{role} may do what the application needs, and nothing else.")
