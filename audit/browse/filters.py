"""The filters of the trail: what stands in the address, checked, and what it asks for."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from audit.displays import above, called, display_of
from audit.form_fields import DayField, MonthField, next_month
from audit.ids import id_in
from audit.presenters import channels, system_reasons
from audit.times import start_of_day
from audit.words import in_a_row

from .sources import groups, sources

Span = tuple[dt.datetime, dt.datetime]
MENUS = ("type", "by", "why", "via")
FIELDS = [("", _("All fields")), ("time", _("Entry time"))]


@dataclass(frozen=True)
class Words:
    """What typed words may mean: records by model, people, reasons by code."""

    text: str = ""
    records: dict[type[models.Model], list[int]] = field(default_factory=dict)
    people: tuple[int, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """A filter, understood. Months and days are spans of moments: from the first, before the second."""

    only_times: bool = False
    types: tuple[str, ...] = ()
    people: tuple[int, ...] = ()
    reasons: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    batch: int | None = None
    days: int | None = None
    first: dt.datetime | None = None
    last: dt.datetime | None = None
    into: Span | None = None
    out_of: Span | None = None
    about: tuple[type[models.Model], int] | None = None
    words: Words | None = None

    @property
    def moves_only(self) -> bool:
        """Whether only changes of entry times can be meant. A reason is one of theirs."""
        asked = (self.only_times, self.reasons, self.days is not None, self.into, self.out_of)
        return any(bool(each) for each in asked)


@dataclass(frozen=True)
class Menu:
    """A filter with several answers, ready to be shown; what nobody offered stands there too, to be unticked."""

    name: str
    label: Any
    options: list[tuple[str, Any, bool]]

    @property
    def chosen(self) -> int:
        """How many are ticked."""
        return sum(ticked for _value, _label, ticked in self.options)


class TrailFilter(forms.Form):
    """The filter in an address. `zone` is the reader's, for days; `company_zone` decides what a month is."""

    q = forms.CharField(required=False, max_length=200, label=_("Words"))
    field = forms.ChoiceField(required=False, choices=FIELDS, label=_("Field"))
    batch = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1, label=_("Batch"))
    days = forms.IntegerField(required=False, min_value=0, max_value=50_000, label=_("Moved by more than, in days"))
    record = forms.CharField(required=False, max_length=60, label=_("Record"))

    def __init__(self, data: Any, *, viewer: Any, zone: dt.tzinfo, company_zone: dt.tzinfo) -> None:
        super().__init__(data)
        self.viewer, self.zone, self.company_zone = viewer, zone, company_zone
        self.reasons, self.people = system_reasons() | dict(above.reasons()), above.people()
        self.fields["from"], self.fields["to"] = DayField(zone, _("Changed from")), DayField(zone, _("Changed to"))
        self.fields["into"], self.fields["out"] = MonthField(_("Into month")), MonthField(_("Out of month"))
        offered = {
            "type": (_("Type"), list(groups().items())),
            "by": (_("Operator"), [(str(pk), name) for pk, name in self.people]),
            "why": (_("Why the entry time moved"), list(self.reasons.items())),
            "via": (_("Channel"), [(code, name or _("Web")) for code, name in channels().items()]),
        }
        for name, (label, choices) in offered.items():
            self.fields[name] = _several(label, choices)
        self.fields["field"].error_messages["invalid_choice"] = _("“%(value)s” is no choice here.")
        for name in ("batch", "days"):
            self.fields[name].error_messages["invalid"] = _("Write a whole number.")

    def clean_record(self) -> tuple[type[models.Model], int] | None:
        """The record that a value like `customer:12` means, if the viewer may see it."""
        text = self.cleaned_data["record"].strip()
        if not text:
            return None
        name, _colon, number = text.partition(":")
        source, pk = sources().get(name), id_in(number)
        model = source.of if source and source.timed and pk is not None else None
        if model and pk is not None and display_of(model).visible_to(self.viewer).filter(pk=pk).exists():
            return model, pk
        raise ValidationError(_("There is no record “%(value)s” that you may see."), params={"value": text[:40]})

    def clean(self) -> dict[str, Any]:
        """The first day is not after the last."""
        first, last = self.cleaned_data.get("from"), self.cleaned_data.get("to")
        if first and last and first > last:
            self.add_error("to", _("The last day lies before the first one."))
        return self.cleaned_data

    @property
    def menus(self) -> list[Menu]:
        """The filters with several answers."""
        return [self._menu(name) for name in MENUS]

    @property
    def further(self) -> list[Any]:
        """The filters that are written, for the menu of further ones."""
        return [self[name] for name in ("into", "out", "days", "batch")]

    def _menu(self, name: str) -> Menu:
        field: Any = self.fields[name]
        ticked = self.data.getlist(name)
        known = [(str(value), label) for value, label in field.choices]
        unknown = [(value, value[:40]) for value in ticked if value not in dict(known)]
        return Menu(name, field.label, [(value, label, value in ticked) for value, label in known + unknown])

    @property
    def is_on(self) -> bool:
        """Whether anything is filtered at all."""
        return any(value not in (None, "", []) for value in self.cleaned_data.values())

    def wanted(self) -> Wanted:
        """What a valid filter asks for. Words are looked up here, in few queries."""
        asked = self.cleaned_data
        return Wanted(
            only_times=asked["field"] == "time",
            types=_once(asked["type"]),
            people=tuple(int(pk) for pk in _once(asked["by"])),
            reasons=_once(asked["why"]),
            channels=_once(asked["via"]),
            batch=asked["batch"],
            days=asked["days"],
            first=start_of_day(asked["from"], self.zone) if asked["from"] else None,
            last=start_of_day(asked["to"] + dt.timedelta(days=1), self.zone) if asked["to"] else None,
            into=self._month(asked["into"]),
            out_of=self._month(asked["out"]),
            about=asked["record"],
            words=self._words(asked["q"].strip()),
        )

    def _month(self, first: dt.date | None) -> Span | None:
        if first is None:
            return None
        return start_of_day(first, self.company_zone), start_of_day(next_month(first), self.company_zone)

    def _words(self, text: str) -> Words | None:
        if not text:
            return None
        folded = text.casefold()
        people = [pk for pk, name in self.people if folded in name.casefold()]
        reasons = [code for code, name in self.reasons.items() if folded in str(name).casefold()]
        return Words(text, dict(above.find(self.viewer, text)), tuple(people), tuple(reasons))

    def in_words(self) -> list[tuple[str, str]]:
        """What is filtered, as (name, value), for chips and for print."""
        found = []
        for name, each in self.fields.items():
            value = self.cleaned_data.get(name)
            if value not in (None, "", []):
                found.append((str(capfirst(each.label)), self._in_words(name, each, value)))
        return found

    def _in_words(self, name: str, field: Any, value: Any) -> str:
        if name == "record":
            return self.record_name
        if isinstance(value, list):
            known = {str(code): str(label) for code, label in field.choices}
            return in_a_row(known.get(code, code) for code in value)
        if name == "field":
            return str(dict(field.choices)[value])
        return f"{value:%Y-%m}" if name in ("into", "out") else str(value)

    @property
    def record_name(self) -> str:
        """The name of the record filtered by; "" where there is none."""
        about = self.cleaned_data.get("record")
        name = called(about[0]) if about else None
        if not about or not name:
            return ""
        return str(name.rows(self.viewer).filter(pk=about[1]).values_list(name.column, flat=True).first() or "")


def _once(values: list[str]) -> tuple[str, ...]:
    """Each answer once, however often it stands in the address: every one costs queries."""
    return tuple(dict.fromkeys(values))


def _several(label: Any, choices: Any) -> forms.MultipleChoiceField:
    field = forms.MultipleChoiceField(required=False, label=label, choices=choices)
    field.error_messages["invalid_choice"] = _("“%(value)s” is not offered here. Choose from the list.")
    return field
