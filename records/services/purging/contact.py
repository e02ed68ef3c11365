"""One contact's personal details, asked for by law: overwritten where they stand, and taken out of what was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from records.models import RECORDS, Contact, Customer, ImportFile, Notice
from records.services.contacts import refresh_search
from records.services.locks import locked, rules_lock
from records.services.records import Clock, write
from records.services.refusing import service

from .taking import administrator, take_out

REMOVED = "—"  # the name of somebody whose details were taken out
DETAILS = ("name", "phone", "phone2", "email", "wechat")
TEXTS = {
    "customer": ("name", "short_name", "note", "address"),
    "opportunity": ("name", "note"),
    "followup": ("summary", "content", "outcome", "next_step"),
    "contract": ("name", "note"),
}


@dataclass(frozen=True)
class ContactPlan:
    """What a purge takes out (`rows` of history, texts of `notices`), and what it does not reach.

    `mentions` are the numbers of the customer's records whose own texts name the person; `files` kept uploads.
    """

    rows: int
    notices: int
    mentions: list[str] = field(default_factory=list)
    files: int = 0


@service("purge_contact", about="contact")
def purge_contact(*, contact: Contact, why: str, by: Any, channel: str, clock: Clock) -> int:
    """Overwrite the contact's fields, take all earlier rows of its history out, and what notices said of it.

    The row that stays says why. Gives the number of rows taken out. Raises Refused (purge_right, purge_reason).
    """
    customer = locked(Customer, contact.customer_id)
    rules_lock(exclusive=False)
    checker = administrator(by, clock(), why)
    row = locked(Contact, contact.pk)
    notices_of(row).update(words="", title=REMOVED)
    values = dict.fromkeys((*DETAILS, "title"), "") | {"name": REMOVED, "is_main": False}
    write(row, values | {"archived_at": row.archived_at or checker.at}, checker, reason="", note=why, channel=channel)
    refresh_search(customer)
    return take_out(_earlier(row), checker, why=why, channel=channel, about=row)


def contact_plan(contact: Contact) -> ContactPlan:
    """What the purge would do, and what is left to people."""
    return ContactPlan(
        rows=Contact.history.model.objects.filter(id=contact.pk).count() - (contact.name == REMOVED),
        notices=notices_of(contact).count(),
        mentions=_mentions(contact),
        files=ImportFile.objects.count(),
    )


def _earlier(contact: Contact) -> QuerySet:
    history: Any = Contact.history.model
    last = history.objects.filter(id=contact.pk).order_by("-history_id").values_list("history_id", flat=True)[0]
    return history.objects.filter(id=contact.pk, history_id__lt=last)


def _details(contact: Contact) -> set[str]:
    """Everything the person was ever called and reached by, one letter alone left out."""
    rows = Contact.history.model.objects.filter(id=contact.pk).values_list(*DETAILS)
    return {text for row in rows for text in row if len(text) > 1}


def _holding(fields: Iterable[str], details: set[str]) -> Q:
    found = Q(pk__in=[])
    for name in fields:
        for text in details:
            found |= Q(**{f"{name}__icontains": text})
    return found


def _records(contact: Contact) -> dict[str, QuerySet]:
    """The customer, and all that hangs on it."""
    return {
        name: model._default_manager.filter(**{"pk" if name == "customer" else "customer": contact.customer_id})
        for name, model in RECORDS.items()
    }


def notices_of(contact: Contact) -> QuerySet:
    """Notices about the customer's records whose text names the person."""
    about = Q(pk__in=[])
    for name, records in _records(contact).items():
        about |= Q(record_type=name, record_id__in=records.values("pk"))
    return Notice.objects.filter(about).filter(_holding(("words", "title"), _details(contact)))


def _mentions(contact: Contact) -> list[str]:
    details = _details(contact)
    found: list[str] = []
    for name, records in _records(contact).items():
        found += records.filter(_holding(TEXTS[name], details)).order_by("pk").values_list("number", flat=True)
    return found
