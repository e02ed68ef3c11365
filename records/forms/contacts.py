"""A person at a customer."""

from __future__ import annotations

import copy
from typing import Any, NoReturn

from django import forms
from django.utils.translation import gettext_lazy as _

from records.models import Contact
from records.models.guard import refuse

from .ordinary import MESSAGES


class ContactForm(forms.ModelForm):
    """Name, position, two phones, e-mail, WeChat, whether the main one. Never saved: services write."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1)

    class Meta:
        model = Contact
        fields = ("name", "title", "phone", "phone2", "email", "wechat", "is_main")
        widgets = {
            "phone": forms.TextInput(attrs={"type": "tel", "inputmode": "tel"}),
            "phone2": forms.TextInput(attrs={"type": "tel", "inputmode": "tel"}),
        }
        error_messages = {"email": {"invalid": _("Not an e-mail address. Write it like name@example.com.")}}

    def __init__(self, *args: Any, instance: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, instance=copy.copy(instance), label_suffix="", **kwargs)
        self.initial["version"] = instance.version if instance else ""
        for field in self.fields.values():
            field.error_messages |= {code: text for code, text in MESSAGES.items() if code in field.error_messages}
            field.error_messages.setdefault("max_length", MESSAGES["max_length"])

    @property
    def seen_version(self) -> int:
        """The version the form was made from; 0, which never was, where it is missing."""
        return self.cleaned_data.get("version") or 0

    def values(self) -> dict[str, Any]:
        """Field → value, for the service."""
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}

    def save(self, commit: bool = True) -> NoReturn:
        """Refused: records.services.contacts writes."""
        refuse("form.save()")

    def validate_unique(self) -> None:
        """A new main contact takes the place of the old."""

    def validate_constraints(self) -> None:
        """As above; the service sees to it."""
