"""Contacts that a file brings to customers that stand: who is known by name there, who is new, and the writing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from audit.set_rows import SetRow
from records.access import Checker
from records.importing.errors import RowError
from records.models import Contact, Customer
from records.models.access import CHANGE
from records.search import sort_key
from records.services.bulk import insert_many, set_many
from records.services.many_rows import chunks
from records.services.searching import derived

from .comparing import same

FIELDS = ("name", "title", "phone", "phone2", "email", "wechat", "is_main")


@dataclass(frozen=True, slots=True)
class Wish:
    """A line's contact of a customer: `values` are the fields that the file says."""

    line: int
    customer: int
    values: dict[str, Any]


@dataclass
class Found:
    """What comes of the wishes: contacts to add and to change, lines of those that stand as they are."""

    new: list[tuple[Wish, Contact]] = field(default_factory=list)
    changed: list[tuple[Wish, Contact]] = field(default_factory=list)
    standing: list[tuple[int, bool]] = field(default_factory=list)  # line, whether the file says otherwise
    errors: list[RowError] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many are written."""
        return len(self.new) + len(self.changed)


def judge_contacts(wishes: Sequence[Wish], checker: Checker, existing: str) -> Found:
    """A contact is known by its name at its customer. Adding and changing needs the right to change the customer."""
    found = Found()
    for some in chunks(list(wishes)):
        ids = {wish.customer for wish in some}
        customers = {c.pk: c for c in Customer.objects.filter(pk__in=ids).defer("search_text")}
        checker.prefetch_perms(customers.values())
        known = _known(ids)
        for wish in some:
            _judge(wish, customers[wish.customer], known, found, checker, existing)
        checker.forget()
    return found


def _known(customers: Iterable[int]) -> dict[tuple[int, str], Contact]:
    rows = Contact.objects.filter(customer__in=list(customers), archived_at=None).order_by("-pk")
    return {(row.customer_id, sort_key(row.name)): row for row in rows}


def _judge(
    wish: Wish, customer: Customer, known: dict[Any, Any], found: Found, checker: Checker, existing: str
) -> None:
    key = (wish.customer, sort_key(wish.values["name"]))
    contact = known.get(key)
    differs = contact is None or any(not same(getattr(contact, n), v) for n, v in wish.values.items() if v != "")
    if contact is not None and (existing != "update" or not differs):
        found.standing.append((wish.line, differs))
        if existing == "refuse":
            found.errors.append(RowError(wish.line, "exists", "", {"number": contact.name}))
        return
    if customer.archived_at is not None or not checker.has_perm(CHANGE.format("customer"), customer):
        code = "archived" if customer.archived_at is not None else "change_right"
        found.errors.append(RowError(wish.line, code, "customer"))
    elif contact is None:
        known[key] = Contact(customer=customer, **wish.values)
        found.new.append((wish, known[key]))
    else:
        found.changed.append((wish, contact))


def write_contacts(found: Found) -> None:
    """Write them inside the open act, each with its history row; customers are found by them afterwards."""
    _one_main(found)
    changes = [
        SetRow(row.pk, row.version, tuple(_told(wish, row, name) for name in FIELDS)) for wish, row in found.changed
    ]
    if changes:
        set_many(Contact, changes, columns=FIELDS)
    for some in chunks([contact for _wish, contact in found.new]):
        insert_many(some)
    for pk in {wish.customer for wish, _row in (*found.new, *found.changed)}:
        customer = Customer.objects.get(pk=pk)
        Customer.objects.filter(pk=pk).update(search_text=derived(customer)["search_text"])


def _told(wish: Wish, contact: Contact, name: str) -> Any:
    value = wish.values.get(name, "")
    return getattr(contact, name) if value == "" else value


def _one_main(found: Found) -> None:
    """The first that the file calls the main contact of a customer takes the place of the one that was."""
    mains: dict[int, Any] = {}
    for wish, contact in (*found.changed, *found.new):
        if wish.values.get("is_main"):
            first = mains.setdefault(wish.customer, contact) is contact
            wish.values["is_main"] = first
            contact.is_main = first if contact.pk is None else contact.is_main
    keep = {contact.pk for contact in mains.values() if contact.pk is not None}
    rows = Contact.objects.filter(customer__in=list(mains), is_main=True, archived_at=None).exclude(pk__in=keep)
    set_many(Contact, [SetRow(row.pk, row.version, (False,)) for row in rows], columns=["is_main"])
    moved = {row.pk for row in rows}
    for _wish, contact in found.changed:
        if contact.pk in moved:  # written a moment ago
            contact.is_main, contact.version = False, contact.version + 1
