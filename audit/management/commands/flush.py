"""Django's flush, which empties append-only tables too: tests call it by name between transactions."""

from typing import Any

from django.core.management.commands.flush import Command as Flush

from audit.triggers import APP_DELETE, MAINTENANCE, switched_on


class Command(Flush):
    """As Django's, with both switches on."""

    def handle(self, **options: Any) -> None:
        """Empty every table."""
        with switched_on(MAINTENANCE, APP_DELETE, using=options["database"]):
            super().handle(**options)
