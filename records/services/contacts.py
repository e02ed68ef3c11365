"""Contacts of a customer: added, changed, archived by whoever may change the customer."""

from __future__ import annotations

from typing import Any

from audit.acts import act
from records.access import Checker
from records.models import Contact, Customer
from records.models._entry_time_key import key
from records.refusals import StaleRecord, refuse

from .locks import locked, rules_lock
from .records import Clock, Saved, actor, check_changeable, write
from .refusing import service
from .searching import derived


@service("add_contact", about="customer")
def add_contact(
    *, customer: Customer, values: dict[str, Any], by: Any, channel: str, clock: Clock, remote_addr: str | None = None
) -> Contact:
    """Add a contact; a new main one takes the place of the old. Raises Refused, ValidationError."""
    row, checker = _open(customer, by, clock)
    if values.get("is_main"):
        _no_other_main(row, None, checker, channel, remote_addr)
    contact = Contact(customer=row, **values)
    contact.full_clean(exclude=["version"], validate_unique=False, validate_constraints=False)
    with _act(checker, channel, remote_addr), key():
        contact.save(force_insert=True)
    refresh_search(row)
    return contact


@service("update_contact", about="contact")
def update_contact(
    *,
    contact: Contact,
    seen_version: int,
    values: dict[str, Any],
    by: Any,
    channel: str,
    clock: Clock,
    remote_addr: str | None = None,
) -> Saved:
    """Change a contact's details. Raises Refused, StaleRecord, ValidationError."""
    row, checker = _open(contact.customer, by, clock)
    found = locked(Contact, contact.pk)
    if found.archived_at is not None:
        raise refuse("archived")
    if found.version != seen_version:
        raise StaleRecord(found, {}, {"version": found.version})
    if values.get("is_main") and not found.is_main:
        _no_other_main(row, found.pk, checker, channel, remote_addr)
    saved = write(found, values, checker, reason="", note="", channel=channel, remote_addr=remote_addr)
    refresh_search(row)
    return saved


@service("archive_contact", about="contact")
def archive_contact(
    *, contact: Contact, seen_version: int, by: Any, channel: str, clock: Clock, remote_addr: str | None = None
) -> Saved:
    """Take a contact off the customer; its history stays. Raises Refused, StaleRecord."""
    row, checker = _open(contact.customer, by, clock)
    found = locked(Contact, contact.pk)
    if found.archived_at is not None:
        return Saved(found.version)
    if found.version != seen_version:
        raise StaleRecord(found, {}, {"version": found.version})
    saved = write(
        found, {"archived_at": checker.at}, checker, reason="", note="", channel=channel, remote_addr=remote_addr
    )
    refresh_search(row)
    return saved


def _open(customer: Customer, by: Any, clock: Clock) -> tuple[Customer, Checker]:
    row = locked(Customer, customer.pk)
    rules_lock(exclusive=False)
    checker = actor(by, clock())
    check_changeable(row, checker)
    return row, checker


def _no_other_main(
    customer: Customer, keep: int | None, checker: Checker, channel: str, remote_addr: str | None
) -> None:
    rows = Contact.objects.select_for_update(no_key=True).filter(customer=customer, is_main=True, archived_at=None)
    for other in rows.exclude(pk=keep or 0):
        write(other, {"is_main": False}, checker, reason="", note="", channel=channel, remote_addr=remote_addr)


def _act(checker: Checker, channel: str, remote_addr: str | None) -> Any:
    role = ",".join(checker.who.roles)
    return act(by=checker.user, reason="", note="", channel=channel, at=checker.at, role=role, remote_addr=remote_addr)


def refresh_search(customer: Customer) -> None:
    """Find the customer by its contacts as they now are."""
    Customer.objects.filter(pk=customer.pk).update(search_text=derived(customer)["search_text"])
