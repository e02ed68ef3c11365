"""`manage.py purge`: take rows out of the trail, explicitly. Without --apply it only says what it would do."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import override

from audit import times
from audit.kept import tracked_models
from records.models import Contact
from records.models.rules import company
from records.refusals import Refused
from records.services import purging


class Command(BaseCommand):
    """Old rows of a table, or one contact's details. Seals keep the leaves, an event what was taken out and why."""

    help = (
        "Takes rows out of the trail for good. Nothing is ever purged by itself; without --apply nothing is changed. "
        "Run it as the database's owner where the application's role may not delete history."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """What, who, why."""
        kinds = parser.add_subparsers(dest="what", required=True)
        rows = kinds.add_parser("rows", help="rows of a table's history before a day; the last of everything stays")
        rows.add_argument("--table", required=True, choices=sorted(_histories()), help="whose history")
        rows.add_argument("--before", required=True, metavar="DATE", help="a day in the company's time zone")
        contact = kinds.add_parser("contact", help="one contact's personal details, asked for by law")
        contact.add_argument("contact", type=int, metavar="ID", help="the id of the contact")
        for each in (rows, contact):
            each.add_argument("--by", required=True, metavar="USER", help="the administrator who orders it")
            each.add_argument("--reason", required=True, help="why; kept for ever, so name no personal details")
            each.add_argument("--apply", action="store_true", help="do it; otherwise only say what would be done")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what would be done; with --apply do it."""
        why = " ".join(options["reason"].split())
        with override("en"):
            try:
                {"rows": self._rows, "contact": self._contact}[options["what"]](_person(options["by"]), why, options)
            except Refused as no:
                raise CommandError(" ".join(no.messages())) from no
        if not options["apply"]:
            self.stdout.write("Nothing was changed. Say --apply to do it.")

    def _rows(self, by: Any, why: str, options: dict[str, Any]) -> None:
        history, before = _histories()[options["table"]], _day(options["before"])
        waiting = purging.waiting_rows(history, before).count()
        if waiting:
            self.stdout.write(f"{waiting:,} rows stay: their changes wait for a reviewer.")
        if not options["apply"]:
            self.stdout.write(f"{purging.old_rows(history, before).count():,} rows of {options['table']} would go.")
            return
        call = {"by": by, "why": why, "channel": "command", "clock": times.now}
        taken = purging.purge_rows(history=history, before=before, **call)
        self.stdout.write(f"{taken:,} rows of {options['table']} are gone.")

    def _contact(self, by: Any, why: str, options: dict[str, Any]) -> None:
        contact = Contact.objects.filter(pk=options["contact"]).first()
        if contact is None:
            raise CommandError(f"There is no contact {options['contact']}.")
        plan = purging.contact_plan(contact)
        if options["apply"]:
            taken = purging.purge_contact(contact=contact, by=by, why=why, channel="command", clock=times.now)
            self.stdout.write(f"Contact {contact.pk}: details overwritten, {taken:,} rows of its history are gone.")
        else:
            told = f"{plan.rows:,} rows of its history would go, and the text of {plan.notices:,} notices."
            self.stdout.write(f"Contact {contact.pk} of {contact.customer.number}: {told}")
        self._left(plan)

    def _left(self, plan: purging.ContactPlan) -> None:
        """What no purge reaches."""
        if plan.mentions:
            self.stdout.write(f"Named in the texts of: {', '.join(plan.mentions)}. Edit these by hand.")
        if plan.files:
            self.stdout.write(f"{plan.files:,} files of imports are kept; look whether the person stands in one.")
        self.stdout.write("Not reached: backups, exported files, and mails that went out.")


def _histories() -> dict[str, Any]:
    return {str(model._meta.model_name): history for model, history in tracked_models()}


def _person(name: str) -> Any:
    person = get_user_model()._default_manager.filter(username=name).first()
    if person is None:
        raise CommandError(f"There is nobody called {name}.")
    return person


def _day(text: str) -> dt.datetime:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError as error:
        raise CommandError("--before is a day like 2026-03-18.") from error
    zone = company().shown_zone
    if not times.FIRST.date() < day <= times.day_of(times.now(), zone):
        raise CommandError("--before is a day that is not ahead.")
    return times.start_of_day(day, zone)
