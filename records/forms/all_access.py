"""Forms of the access page: which grants to list, a person, a record, and a grant on all records of a list."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.all_grants import Wanted
from records.filters import people
from records.models import RECORDS

SHOWS = (
    ("", gettext_lazy("In force")),
    ("soon", gettext_lazy("Ending soon")),
    ("ended", gettext_lazy("Ended")),
    ("quick", gettext_lazy("Used and revoked within a day")),
)


class GrantFilter(forms.Form):
    """The filters of the list of grants, from the address."""

    q = forms.CharField(required=False, max_length=200, label=gettext_lazy("Record"))
    show = forms.ChoiceField(required=False, choices=SHOWS)
    who = forms.ChoiceField(required=False, label=gettext_lazy("Who"))
    type = forms.ChoiceField(required=False, label=gettext_lazy("Type"))

    def __init__(self, data: Any) -> None:
        super().__init__(data, auto_id="filter_%s")
        self.fields["who"].choices = everybody()  # type: ignore[attr-defined]
        types = [(name, capfirst(model._meta.verbose_name_plural)) for name, model in RECORDS.items()]
        self.fields["type"].choices = [("", _("All types")), *types]  # type: ignore[attr-defined]
        for name in ("who", "type"):
            label = self.fields[name].label
            self.fields[name].widget.attrs |= {"class": "input", "aria-label": label}
        for field in self.fields.values():
            field.error_messages["invalid_choice"] = _("“%(value)s” is not offered here. Choose from the list.")

    @property
    def is_on(self) -> bool:
        """Whether fewer are listed than there are."""
        return any(self.cleaned_data.get(name) for name in ("q", "who", "type"))

    def wanted(self) -> Wanted:
        """What was asked for."""
        asked = self.cleaned_data
        holder, _colon, pk = asked["who"].partition(":")
        ids = frozenset({int(pk)}) if pk else None
        return Wanted(
            show=asked["show"],
            users=ids if holder == "user" else None,
            groups=ids if holder == "group" else None,
            record_type=asked["type"],
            words=asked["q"],
        )


class PersonForm(forms.Form):
    """A person, active or not."""

    person = forms.ChoiceField(
        label=gettext_lazy("Person"), error_messages={"invalid_choice": gettext_lazy("Choose a person.")}
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data, auto_id="of_%s")
        self.fields["person"].choices = [("", ""), *people()]  # type: ignore[attr-defined]

    def found(self) -> Any:
        """The person with their team; None where none was chosen."""
        pk = self.cleaned_data.get("person") if self.is_bound and self.is_valid() else None
        return get_user_model().objects.select_related("team").filter(pk=pk).first() if pk else None


class CheckForm(PersonForm):
    """A person, and a record by its number or name."""

    record = forms.CharField(
        label=gettext_lazy("Record"),
        max_length=240,
        error_messages={"required": gettext_lazy("Write a number or a name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def everybody() -> list[Any]:
    """All people, roles and teams, for a select with groups."""
    groups = Group.objects.select_related("role", "team")
    roles = groups.filter(role__isnull=False).order_by("role__order", "role__key")
    teams = groups.filter(team__isnull=False).order_by("team__name")
    return [
        ("", _("Everybody")),
        (_("People"), [(f"user:{pk}", name) for pk, name in people()]),
        (_("Roles"), [(f"group:{group.pk}", str(group.role)) for group in roles]),  # type: ignore[attr-defined]
        (_("Teams"), [(f"group:{group.pk}", str(group.team)) for group in teams]),  # type: ignore[attr-defined]
    ]
