"""A reason: its names in both languages, its place in the list, whether it is offered."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from records.models import Reason
from records.services.granting import LONGEST_WHY
from records.services.reasons import MOST_ORDER

from .again import AgainForm

NUMBER = _("Write a whole number, like 3.")


class ReasonForm(AgainForm):
    """A new reason, or `reason` as it stands."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1, required=False)
    name_en = forms.CharField(
        label=_("English"), max_length=80, error_messages={"required": _("Write the reason in English.")}
    )
    name_zh = forms.CharField(
        label=_("Chinese"),
        max_length=80,
        error_messages={"required": _("Write the reason in Chinese.")},
        widget=forms.TextInput(attrs={"lang": "zh-Hans"}),
    )
    order = forms.IntegerField(
        label=_("Place in the list"),
        min_value=0,
        max_value=MOST_ORDER,
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), NUMBER),
        widget=forms.NumberInput(attrs={"class": "num"}),
    )
    active = forms.BooleanField(label=_("Offered"), required=False)
    note = forms.CharField(
        label=_("Why"),
        max_length=LONGEST_WHY,
        error_messages={"required": _("Write why.")},
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    field_order = ("version", "name_en", "name_zh", "order", "active", "note", "password")

    def __init__(self, data: Any = None, *, reason: Reason | None, request: HttpRequest, **options: Any) -> None:
        names = ("version", "name_en", "name_zh", "order", "active") if reason else ()
        super().__init__(data, request=request, initial={name: getattr(reason, name) for name in names}, **options)
        self.reason = reason
        if reason is None:
            for name in ("version", "order", "active"):
                del self.fields[name]

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        names = ("name_en", "name_zh", "order", "active")
        return {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}
