"""The filters of a list: what stands in the address, checked, and turned into a queryset."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from audit.form_fields import DayField
from audit.ids import id_in
from audit.times import start_of_day

from .choosing import customers_meant
from .holders import named
from .models.access import importance_path

OFFERED = 30  # people of a menu; where there are more they are typed
VIEWS = {"": _("All"), "mine": _("Mine"), "key": _("Key accounts"), "changed": _("Time changed")}


@dataclass(frozen=True)
class Menu:
    """A filter with several answers, ready to be shown; what nobody offered stands there too, to be unticked."""

    name: str
    label: Any
    options: list[tuple[str, Any, bool]]
    typed: bool = False  # whether others than those offered are typed, as people

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
        self.fields["owner"] = PeopleField(_("Owner"), self.data.getlist("owner"))
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
        ticked = field.to_python(self.data.getlist(name))
        known = [(str(value), label) for value, label in field.choices]
        unknown = [(value, value[:40]) for value in ticked if value not in dict(known)]
        options = [(v, label, v in ticked) for v, label in known + unknown]
        return Menu(name, field.label, options, getattr(field, "typed", False))

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


class PeopleField(forms.MultipleChoiceField):
    """People by their ids, or as they are typed. Where there are few all are offered; else `typed` says so.

    `given` are the values in the address. One query, and one more for people that are not offered.
    """

    def __init__(self, label: Any, given: Iterable[str], *more: tuple[str, Any]) -> None:
        active = _names(Q(is_active=True))[: OFFERED + 1]
        self.typed = len(active) > OFFERED
        offered = {} if self.typed else {pk: name for pk, name, _login in active}
        wanted = [text.strip() for text in given if text.strip()][:OFFERED]
        self.meant = _meant([text for text in wanted if text not in offered and text not in dict(more)])
        offered |= {pk: name for found in self.meant.values() for pk, name, _login in found}
        super().__init__(required=False, label=label, choices=[*offered.items(), *more])
        self.error_messages["invalid_choice"] = _("“%(value)s” is not offered here. Choose from the list.")

    def to_python(self, value: Any) -> list[str]:
        """Ids, each once; a name that several people have means all of them."""
        found: dict[str, None] = {}
        for text in super().to_python(value):
            if text.strip():
                known = self.meant.get(text.strip())
                found |= dict.fromkeys([pk for pk, _name, _login in known] if known else [text])
        return list(found)


def _names(which: Q) -> list[tuple[str, str, str]]:
    """(id, name, name for signing in) of people, by name."""
    rows = get_user_model().objects.filter(which).order_by("display_name", "username")
    found = rows.values_list("pk", "display_name", "username")
    return [(str(pk), name or login, login) for pk, name, login in found[: OFFERED + 1]]


def _meant(texts: list[str]) -> dict[str, list[tuple[str, str, str]]]:
    """Whom each text means: an id, a name, a name for signing in, or both as a suggestion writes them."""
    if not texts:
        return {}
    keys = {text: set(named(text)) for text in texts}
    ids = [pk for text in texts if (pk := id_in(text)) is not None]
    asked = Q(pk__in=ids)
    for key in set().union(*keys.values()):
        asked |= Q(username__iexact=key) | Q(display_name__iexact=key)
    rows = _names(asked)
    return {text: found for text in texts if (found := [row for row in rows if _is(row, text, keys[text])])}


def _is(row: tuple[str, str, str], text: str, keys: set[str]) -> bool:
    pk, name, login = row
    folded = {key.casefold() for key in keys}
    return pk == text or login.casefold() in folded or name.casefold() in folded
