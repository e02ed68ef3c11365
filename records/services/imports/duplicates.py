"""Rows that look like a record that stands, or like a row before: shown, and refused only where that is chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from records.access import Checker
from records.importing.errors import RowError
from records.importing.plan import Planned, Spec
from records.models import Contact, Customer
from records.search import sort_key, squeezed
from records.services.matching import parts

WHAT = {
    "key": lambda: _("values"),
    "name": lambda: _("name"),
    "phone": lambda: _("phone"),
    "email": lambda: _("e-mail"),
}
Told = tuple[str, str]  # number and title


def find_duplicates(rows: Sequence[Planned], spec: Spec, checker: Checker) -> list[RowError]:
    """What of the new rows looks like another: of customers by name, phone or e-mail, of others by `spec.key`."""
    if not spec.duplicates:
        return []
    if spec.key:
        return _in_file(rows, {"key": lambda row: _key(row, spec.key)})
    if spec.record_type != "customer":
        return []
    found = _in_file(rows, {"name": _name, "phone": _phone, "email": _email})
    lines = {error.line for error in found}
    return [*found, *(e for e in _standing([row for row in rows if row.line not in lines], checker))]


def _in_file(rows: Sequence[Planned], keys: dict[str, Any]) -> list[RowError]:
    first: dict[tuple[str, Any], int] = {}
    found = []
    for row in rows:
        for what, key in keys.items():
            value = key(row)
            if not value:
                continue
            line = first.setdefault((what, value), row.line)
            if line != row.line:
                found.append(RowError(row.line, "duplicate_line", "", {"first": line, "what": WHAT[what]()}))
                break
    return found


def _standing(rows: Sequence[Planned], checker: Checker) -> Iterator[RowError]:
    """Customers that the person may see and that are called the same, or have a contact with that phone or e-mail."""
    seen = Customer.objects.visible_to(checker.user, checker.at).live()
    for some in parts(list(rows)):
        names = _told(seen.filter(name_key__in={_name(row) for row in some}), "name_key")
        contacts = Contact.objects.filter(Exists(seen.filter(pk=OuterRef("customer"))), archived_at=None)
        phones = {row.contact["phone"] for row in some if row.contact and row.contact.get("phone")}
        mails = {_email(row) for row in some} - {""}
        by_phone = _of_contacts(contacts.filter(~Q(phone=""), phone__in=phones), "phone") if phones else {}
        by_mail = _of_contacts(contacts.filter(~Q(email=""), email__in=mails), "email") if mails else {}
        for row in some:
            held = row.contact or {}
            places = (("name", names, _name(row)), ("phone", by_phone, held.get("phone", "")))
            for what, told, value in (*places, ("email", by_mail, _email(row))):
                if value and value in told:
                    number, title = told[value]
                    params = {"number": number, "title": title, "what": WHAT[what]()}
                    yield RowError(row.line, "duplicate", "", params)
                    break


def _told(rows: Any, column: str) -> dict[str, Told]:
    return {key: (number, name) for key, number, name in rows.values_list(column, "number", "name")}


def _of_contacts(rows: Any, column: str) -> dict[str, Told]:
    values = rows.values_list(column, "customer__number", "customer__name")
    return {key: (number, name) for key, number, name in values}


def _key(row: Planned, names: Sequence[str]) -> tuple[Any, ...]:
    places: dict[str, Any] = {**row.values, "entered_at": row.entered_at, "customer": row.customer}
    return tuple(places.get(name) for name in names)


def _name(row: Planned) -> str:
    return sort_key(str(row.values.get("name", "")))


def _phone(row: Planned) -> str:
    return squeezed(str((row.contact or {}).get("phone", "")))


def _email(row: Planned) -> str:
    return str((row.contact or {}).get("email", "")).casefold()
