"""The form that takes a batch back."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class UndoForm(forms.Form):
    """Why, and whether an odd order is meant. `token` makes sending it twice the same as once."""

    note = forms.CharField(
        label=_("Reason"),
        max_length=1000,
        error_messages={"required": _("Say why it is taken back, for example: wrong file.")},
    )
    odd = forms.BooleanField(label=_("Take back also where the order becomes odd"), required=False)
    token = forms.CharField(max_length=64, widget=forms.HiddenInput)
