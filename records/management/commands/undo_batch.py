"""`manage.py undo_batch N --by USER`: what taking back a batch would do; with --apply it is done."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from audit.times import now
from records.management.told import back_up, counts, person, table
from records.models import Batch
from records.models.rules import company
from records.refusals import WARNINGS, Refused
from records.services.batches import Undone, foresee_undo, undo_batch

CHANNEL = "command"


class Command(BaseCommand):
    """Prints what would be taken back, kept and refused; does it with --apply."""

    help = "Take back a batch: a bulk change, an import or an undo."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which batch, who, why, and whether to do it."""
        add = parser.add_argument
        add("batch", type=int)
        add("--by", required=True, help="sign-in name of the person who does it, whose rights and rules hold")
        add("--note", default="", help="what happened, in words")
        add("--acknowledge", action="store_true", help="an odd order of times is meant")
        add("--no-backup", action="store_true", help="take no backup first")
        add("--apply", action="store_true", help="do it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, tell, and do it where asked."""
        batch, by = Batch.objects.filter(pk=options["batch"]).first(), person(options["by"])
        if batch is None:
            raise CommandError(f"There is no batch {options['batch']}.")
        said = {"note": options["note"], "acknowledged": WARNINGS if options["acknowledge"] else ()}
        try:
            with timezone.override(company().shown_zone):
                self._tell(foresee_undo(batch, by, now(), **said))
                if options["apply"]:
                    if not options["no_backup"]:
                        back_up(self)
                    self._tell(undo_batch(batch=batch, by=by, clock=now, channel=CHANNEL, **said))
        except Refused as no:
            raise CommandError("Nothing was taken back. " + " ".join(no.messages())) from no
        if not options["apply"]:
            self.stdout.write("Nothing was taken back. --apply does it.")

    def _tell(self, undone: Undone) -> None:
        zone = company().shown_zone
        for line in table([*undone.kept, *undone.refused], zone):  # type: ignore[list-item]
            self.stdout.write(line)
        made = f" Batch {undone.batch.pk}." if undone.batch else ""
        self.stdout.write(f"{counts(row.outcome for row in undone.rows)}.{made}")
