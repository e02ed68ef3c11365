"""The filters of a list: what stands in the address, checked, and turned into a queryset."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from audit.form_fields import DayField
from audit.times import start_of_day

from .choosing import customers_meant
from .models.access import importance_path

VIEWS = {"": _("All"), "mine": _("Mine"), "key": _("Key accounts"), "changed": _("Time changed")}


@dataclass(frozen=True)
class Menu:
    """A filter with several answers, ready to be shown; what nobody offered stands there too, to be unticked."""

    name: str
    label: Any
    options: list[tuple[str, Any, bool]]

    @property
    def chosen(self) -> int:
        """How many are ticked."""
        return sum(ticked for _, _, ticked in self.options)


class ListFilter(forms.Form):
    """The filters of one record type; `choices` names its fields with a fixed set of values."""

    q = forms.CharField(required=False, max_length=200, label=_("Search"))
    view = forms.ChoiceField(required=False, choices=list(VIEWS.items()), label=_("View"))
    changed = forms.BooleanField(required=False, label=_("Time changed"))
    archived = forms.BooleanField(required=False, label=_("Include archived"))

    part_of = forms.CharField(required=False, max_length=240, label=_("Part of"))

    def __init__(self, data: Any, model: type[Any], choices: tuple[str, ...], zone: dt.tzinfo) -> None:
        super().__init__(data)
        self.model, self.zone = model, zone
        if not hasattr(model, "parent"):
            del self.fields["part_of"]
        self.fields["from"], self.fields["to"] = DayField(zone, _("From")), DayField(zone, _("To"))
        self.fields["owner"] = _several(_("Owner"), people())
        for name in choices:
            field = model._meta.get_field(name)
            label = str(field.verbose_name)
            self.fields[name] = _several(label[:1].upper() + label[1:], field.choices)
        self.several = ("owner", *choices)
        self.fields["view"].error_messages["invalid_choice"] = _("There is no view “%(value)s”.")

    def clean(self) -> dict[str, Any]:
        """The first day is not after the last."""
        found = self.cleaned_data
        first, last = found.get("from"), found.get("to")
        if first and last and first > last:
            self.add_error("to", _("The last day lies before the first one."))
        return found

    @property
    def menus(self) -> list[Menu]:
        """The filters with several answers."""
        return [self._menu(name) for name in self.several]

    def _menu(self, name: str) -> Menu:
        field: Any = self.fields[name]
        ticked = self.data.getlist(name)
        known = [(str(value), label) for value, label in field.choices]
        unknown = [(value, value[:40]) for value in ticked if value not in dict(known)]
        return Menu(name, field.label, [(v, label, v in ticked) for v, label in known + unknown])

    @property
    def is_on(self) -> bool:
        """Whether anything is filtered at all."""
        return any(value for name, value in self.cleaned_data.items() if name != "archived")

    def apply(self, rows: Any, user: Any) -> Any:
        """The rows that pass all filters."""
        asked = self.cleaned_data
        rows = self._view(rows if asked["archived"] else rows.live(), user)
        if asked["q"]:
            rows = rows.matching(asked["q"])
        if asked["from"]:
            rows = rows.filter(entered_at__gte=start_of_day(asked["from"], self.zone))
        if asked["to"]:
            rows = rows.filter(entered_at__lt=start_of_day(asked["to"] + dt.timedelta(days=1), self.zone))
        if asked.get("part_of"):
            rows = rows.filter(parent__in=customers_meant(user, asked["part_of"]).values("pk"))
        for name in self.several:
            if asked[name]:
                rows = rows.filter(**{f"{name}__in": asked[name]})
        return rows

    def _view(self, rows: Any, user: Any) -> Any:
        view = self.cleaned_data["view"]
        if view == "changed" or self.cleaned_data["changed"]:
            rows = rows.time_changed()
        if view == "mine":
            rows = rows.filter(owner=user.pk)
        if view == "key":
            rows = rows.filter(**{importance_path(self.model): "key"})
        return rows


def _several(label: Any, choices: Any) -> forms.MultipleChoiceField:
    field = forms.MultipleChoiceField(required=False, label=label, choices=choices)
    field.error_messages["invalid_choice"] = _("“%(value)s” is not offered here. Choose from the list.")
    return field


def people() -> list[tuple[str, str]]:
    """Everybody who may own records or did, by name: (id, name)."""
    rows = get_user_model().objects.order_by("display_name", "username").values_list("pk", "display_name", "username")
    return [(str(pk), name or login) for pk, name, login in rows]
