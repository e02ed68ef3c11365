"""Forms of the access page: which grants to list, a person, a record, and a grant on all records of a list."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.all_grants import Wanted
from records.models import RECORDS

from .holders import HolderField

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
    who = HolderField(required=False, label=gettext_lazy("Who"), of="listed", missing=gettext_lazy("Choose a person."))
    type = forms.ChoiceField(required=False, label=gettext_lazy("Type"))

    def __init__(self, data: Any) -> None:
        super().__init__(data, auto_id="filter_%s")
        self.fields["who"].meet(None)  # type: ignore[attr-defined]
        self.fields["who"].widget.attrs["placeholder"] = _("Everybody")
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
        holder = asked["who"]
        ids = frozenset({holder.pk}) if holder else None
        return Wanted(
            show=asked["show"],
            users=None if isinstance(holder, Group) else ids,
            groups=ids if isinstance(holder, Group) else None,
            record_type=asked["type"],
            words=asked["q"],
        )


class PersonForm(forms.Form):
    """A person, active or not."""

    person = HolderField(label=gettext_lazy("Person"), of="listed_people", missing=gettext_lazy("Choose a person."))

    def __init__(self, data: Any) -> None:
        super().__init__(data, auto_id="of_%s")
        self.fields["person"].meet(None)  # type: ignore[attr-defined]

    def found(self) -> Any:
        """The person with their team; None where none was chosen."""
        return self.cleaned_data["person"] if self.is_bound and self.is_valid() else None


class CheckForm(PersonForm):
    """A person, and a record by its number or name."""

    record = forms.CharField(
        label=gettext_lazy("Record"),
        max_length=240,
        error_messages={"required": gettext_lazy("Write a number or a name.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
