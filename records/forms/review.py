"""What a reviewer says of a change."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class ReviewForm(forms.Form):
    """What was seen, the outcome, and a note."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=80)
    outcome = forms.ChoiceField(
        label=_("Finding"),
        choices=[("ok", _("In order")), ("back", _("Send back"))],
        widget=forms.RadioSelect,
        initial="ok",
        error_messages={"required": _("Choose one."), "invalid_choice": _("Choose one.")},
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Write what you looked at, or what is missing.")},
    )
