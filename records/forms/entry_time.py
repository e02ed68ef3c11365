"""The entry-time card's form: the shape of what is typed, never the write."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.styles import style
from audit.times import NotATime, format_time, parse
from records.models import Reason

NUDGES = {"-1440": -1440, "-60": -60, "60": 60, "1440": 1440}


class EntryTimeForm(forms.Form):
    """A time as text in the reader's zone, a reason and words, and the version that was seen.

    `choices` holds the two offsets to choose from where the clock showed the time twice.
    """

    entered_at = forms.CharField(max_length=64, required=False)
    why = forms.ChoiceField(required=False)
    note = forms.CharField(max_length=2000, required=False, strip=True)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, record: Any, reasons: list[Reason], **kwargs: Any) -> None:
        """`reasons` are those offered."""
        super().__init__(*args, **kwargs)
        self.record = record
        self.choices: list[tuple[str, str]] = []
        self.fields["why"].choices = [("", ""), *((reason.code, reason.name) for reason in reasons)]  # type: ignore[attr-defined]
        self.fields["why"].error_messages["invalid_choice"] = _("This reason is not offered. Choose one of the list.")

    @property
    def zone(self) -> dt.tzinfo:
        """The zone times are read and shown in."""
        return timezone.get_current_timezone()

    @property
    def shown(self) -> str:
        """The record's own time as the field shows it."""
        return format_time(self.record.entered_at, self.zone)

    @property
    def typed(self) -> str:
        """What was typed, or the time given first, or the record's own."""
        return self.data.get("entered_at", "") if self.is_bound else self.initial.get("entered_at", self.shown)

    def clean_entered_at(self) -> dt.datetime:
        """The moment meant. What the field showed from the first is the record's own time, also in a double hour."""
        text = self.cleaned_data["entered_at"]
        if text == self.shown:
            return self.record.entered_at
        try:
            return parse(text, self.zone, display_format=style())
        except NotATime as no:
            self.choices = list(no.choices or [])
            raise forms.ValidationError(no.message, code=no.code) from no

    def nudged(self, nudge: str, now: dt.datetime) -> str:
        """The text after one of the buttons beside the field; what was typed where the button is unknown."""
        named = {"now": now, "yesterday": now - dt.timedelta(days=1), "first": self.record.original_entered_at}
        if nudge in named:
            return format_time(named[nudge].replace(microsecond=0), self.zone)
        if nudge not in NUDGES:
            return self.typed
        return format_time(self._start() + dt.timedelta(minutes=NUDGES[nudge]), self.zone)

    def _start(self) -> dt.datetime:
        try:
            return parse(self.typed, self.zone, display_format=style())
        except NotATime:
            return self.record.entered_at
