"""Form fields of filters: a day on somebody's calendar, a month."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from .times import NotATime, day_of, parse


class DayField(forms.Field):
    """A day in the person's zone, read by the one parser of times."""

    def __init__(self, zone: dt.tzinfo, label: Any) -> None:
        super().__init__(required=False, label=label)
        self.zone = zone

    def to_python(self, value: str | None) -> dt.date | None:
        """The day. Raises ValidationError for what is none."""
        if not value or not value.strip():
            return None
        try:
            return day_of(parse(value, self.zone), self.zone)
        except NotATime:
            message = _("“%(value)s” is not a day. Write it like 2026-03-16.")
            raise ValidationError(message, params={"value": value[:40]}) from None


class MonthField(forms.Field):
    """A month, as its first day."""

    def __init__(self, label: Any) -> None:
        super().__init__(required=False, label=label)

    def to_python(self, value: str | None) -> dt.date | None:
        """The first day of the month. Raises ValidationError for what is none."""
        text = (value or "").strip()
        if not text:
            return None
        found = re.fullmatch(r"(\d{4})-(\d{1,2})", text, re.ASCII)
        try:
            known = found is not None and 1970 <= int(found[1]) < 2100
            return dt.date(int(found[1]), int(found[2]), 1) if found and known else self._refuse(text)
        except ValueError:
            return self._refuse(text)

    def _refuse(self, text: str) -> None:
        raise ValidationError(_("“%(value)s” is not a month. Write it like 2026-03."), params={"value": text[:40]})


def next_month(first: dt.date) -> dt.date:
    """The first day of the month after."""
    return (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
