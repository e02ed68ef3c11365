"""The question: whose export is this, of what, and what do its columns become?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from records.importing import own_format
from records.importing.columns import model_of

from . import (
    chinese,
    dynamics,
    english,
    erpnext,
    espocrm,
    fxiaoke,
    hubspot,
    odoo,
    salesforce,
    suitecrm,
    vtiger,
    xiaoshouyi,
    zoho,
)
from .shapes import Shape, key

MODULES = (
    salesforce,
    dynamics,
    hubspot,
    suitecrm,
    odoo,
    espocrm,
    zoho,
    erpnext,
    vtiger,
    fxiaoke,
    xiaoshouyi,
    chinese,
    english,
)
SHAPES: tuple[Shape, ...] = tuple(shape for module in MODULES for shape in module.SHAPES)
PER_MARK = 3  # columns that a mark of a system counts for; one that any sheet may bear counts for one
TITLES = {"customer": "name", "opportunity": "name", "followup": "summary", "contract": "name", "contact": "name"}


@dataclass(frozen=True)
class Recognised:
    """What a table seems to be. `mapping` is as Spec takes it; `entered_at` the heading that becomes the entry time.

    `system` is "redate" for our own export, "chinese" or "english" for plain sheets (`name` is "" then). `zone` is ""
    where the system has none of its own; `date_formats`, `values` and `leave_out` are as Spec takes them.
    """

    system: str
    name: str
    record_type: str
    mapping: list[tuple[str, str]]
    columns: int
    entered_at: str = ""
    zone: str = ""
    date_formats: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    leave_out: dict[str, str] = field(default_factory=dict)

    @property
    def said(self) -> list[str]:
        """What was recognised, in sentences to show."""
        return [sentence for sentence in (self._who(), self._how_many(), self._when(), *self._more()) if sentence]

    def _who(self) -> str:
        what = model_of(self.record_type)._meta.verbose_name_plural
        if self.system == "redate":
            return _("This is an export of Redate: %(what)s.") % {"what": what}
        if self.name:
            return _("This looks like an export of %(system)s: %(what)s.") % {"system": self.name, "what": what}
        return _("This looks like a list of %(what)s.") % {"what": what}

    def _how_many(self) -> str:
        return ngettext(
            "%(known)s of %(count)s column is recognised.",
            "%(known)s of %(count)s columns are recognised; the others are left out.",
            self.columns,
        ) % {"known": len(self.mapping), "count": self.columns}

    def _when(self) -> str:
        if not self.entered_at:
            return _(
                "No column says when a record was entered: new records count as entered at the moment of the import."
            )
        return _("“%(column)s” becomes the entry time.") % {"column": self.entered_at}

    def _more(self) -> list[str]:
        found = [_("Its clocks are those of %(zone)s.") % {"zone": self.zone}] if self.zone else []
        for column, text in self.leave_out.items():
            found.append(_("Rows whose “%(column)s” is %(text)s are left out.") % {"column": column, "text": text})
        return found


def recognise(headings: Sequence[str], record_type: str | None = None) -> Recognised | None:
    """What a table with these headings is; of that type where one is given. None where nothing is recognised."""
    own = own_format.recognise(headings)
    if own is not None and record_type in (None, own.record_type):
        zone = getattr(own.zone, "key", "UTC")
        entered_at = next(heading for heading, name in own.mapping if name == "entered_at")
        return Recognised("redate", "Redate", own.record_type, own.mapping, len(headings), entered_at, zone)
    names = _names(headings)
    best, most = None, 0
    for shape in SHAPES:
        if record_type in (None, shape.record_type) and (score := _score(shape, names)) > most:
            best, most = shape, score
    return _recognised(best, names, len(headings)) if best else None


def _names(headings: Sequence[str]) -> dict[str, str]:
    """Key of a heading → how to name its column: by position where another is called the same."""
    times = Counter(key(heading) for heading in headings)
    names: dict[str, str] = {}
    for place, heading in enumerate(headings, start=1):
        if heading and heading.isprintable():
            names.setdefault(key(heading), heading if times[key(heading)] == 1 else f"#{place}")
    return names


def _score(shape: Shape, names: dict[str, str]) -> int:
    """How much speaks for the shape; 0 where none of its marks is there, or nothing that a record is called by."""
    marks = sum(1 for mark in shape.marks if key(mark) in names)
    fields = {field for heading, field in shape.columns.items() if key(heading) in names}
    if (shape.marks and not marks) or TITLES[shape.record_type] not in fields:
        return 0
    return len(fields) + (PER_MARK if shape.name else 1) * marks


def _recognised(shape: Shape, names: dict[str, str], columns: int) -> Recognised:
    mapping: list[tuple[str, str]] = []
    given: set[str] = set()
    used: set[str] = set()
    for heading, name in shape.columns.items():
        column, field_name = names.get(key(heading)), name.removesuffix("+")
        if column is None or column in used or (field_name in given and not name.endswith("+")):
            continue
        mapping.append((column, name if field_name in given else field_name))
        given.add(field_name)
        used.add(column)
    return Recognised(
        system=shape.system,
        name=shape.name,
        record_type=shape.record_type,
        mapping=mapping,
        columns=columns,
        entered_at=next((column for column, name in mapping if name == "entered_at"), ""),
        zone=shape.zone,
        date_formats={names[key(n)]: f for n, f in shape.formats.items() if key(n) in names},
        values={name: dict(values) for name, values in shape.values.items() if name in given},
        leave_out={names[key(n)]: text for n, text in shape.leave_out.items() if key(n) in names},
    )
