"""Asking for another entry time, answering, and changing it for somebody who asked by phone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from records.displays.proofs import HOW
from records.models import Reason
from records.services.request_states import Seen
from records.services.time_requests import LARGEST_PROOF

from .again import AgainForm
from .entry_time import EntryTimeForm
from .fields import WebsiteField
from .holders import HolderField

KINDS = (".pdf", ".png", ".jpg", ".jpeg", ".eml", ".msg", ".txt")


class RequestForm(EntryTimeForm):
    """The proposed time, why, and what proves it: a link or a file."""

    link = WebsiteField(label=_("Link"), max_length=500, required=False)
    file = forms.FileField(
        label=_("File"),
        max_length=200,
        required=False,
        allow_empty_file=False,
        error_messages={"empty": _("The file is empty. Choose another one.")},
        widget=forms.FileInput(attrs={"class": "file", "accept": ",".join(KINDS)}),
    )

    def __init__(self, *args: Any, record: Any, reasons: list[Reason], **kwargs: Any) -> None:
        super().__init__(*args, record=record, reasons=reasons, **{"label_suffix": ""} | kwargs)

    def clean_file(self) -> Any:
        """One of the kinds that people send as proof, and not too large."""
        file = self.cleaned_data["file"]
        if file is None:
            return None
        if not file.name.lower().endswith(KINDS):
            raise forms.ValidationError(_("Choose a PDF, an image, an e-mail or a text."))
        if file.size > LARGEST_PROOF:
            raise forms.ValidationError(_("The file is larger than 2 MB. Choose a smaller one, or give a link."))
        return file

    @property
    def proof(self) -> tuple[str, bytes] | None:
        """Name and content of the file."""
        file = self.cleaned_data.get("file")
        return (file.name, file.read()) if file else None


class AnswerForm(AgainForm):
    """What was seen, a note, the ticked warnings, and the password where the company wants it."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=80)
    note = forms.CharField(label=_("Note"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def clean_seen(self) -> Seen:
        """The versions and times that the page showed."""
        seen = Seen.read(self.cleaned_data["seen"])
        if seen is None:
            raise forms.ValidationError(_("This page is too old to save from. Reload it and try again."))
        return seen


class ManyForm(AgainForm):
    """One note, and the password, for all that are chosen."""

    note = forms.CharField(label=_("Note"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))


class BehalfForm(EntryTimeForm):
    """Who asked, how, and what proves it; besides what every change of an entry time says."""

    asker = HolderField(label=_("Who asked"), of="others", missing=_("Choose a person."))
    how = forms.ChoiceField(label=_("How"), choices=HOW, error_messages={"required": _("Choose how.")})
    proof = forms.CharField(
        label=_("What proves it"), max_length=500, error_messages={"required": _("Write what proves it, or a link.")}
    )

    def __init__(self, *args: Any, record: Any, reasons: list[Reason], by: Any, **kwargs: Any) -> None:
        super().__init__(*args, record=record, reasons=reasons, **{"label_suffix": ""} | kwargs)
        self.fields["asker"].meet(by)  # type: ignore[attr-defined]
        self.fields["how"].choices = [("", ""), *HOW]  # type: ignore[attr-defined]
