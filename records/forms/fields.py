"""Form fields of amounts, days, percentages and web addresses: what people type, and a right example where it fails."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

# What a Chinese keyboard gives; NFKC would do more and read the footnote of 1¹ as 11.
_WIDE = str.maketrans("０１２３４５６７８９，．－−／　", "0123456789,.--/ ")
_AMOUNT = re.compile(r"(-?)(\d{1,3}(?:[, ]\d{3})+|\d+)(?:\.(\d+))?", re.ASCII)
_DAY = re.compile(r"(\d{4}) ?(?:([-/.])(\d{1,2})\2(\d{1,2})|年 ?(\d{1,2}) ?月 ?(\d{1,2}) ?日)", re.ASCII)


def typed(value: Any) -> str:
    """The text with narrow digits and signs, without spaces around it."""
    return str(value).translate(_WIDE).strip()


class AmountInput(forms.TextInput):
    """An amount, joined with the currency field that `beside` gives (a bound field), where there is one."""

    beside: forms.BoundField | None = None

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> str:
        """The input, and the currency beside it."""
        amount = super().render(name, value, attrs, renderer)
        return format_html('<div class="joined">{}{}</div>', amount, self._currency()) if self.beside else amount

    def _currency(self) -> str:
        field: Any = self.beside
        attrs = {"class": "input", "aria-label": field.label, "data-name": field.label}
        if field.form.is_bound and field.name in field.form.changed_data:
            attrs["data-was"] = field.initial or ""
        return field.as_widget(attrs=attrs)


class MoneyField(forms.DecimalField):
    """`480,000.00` or `480000`; no more than the column holds."""

    widget = AmountInput(attrs={"class": "num", "inputmode": "decimal", "autocomplete": "off"})
    default_error_messages = {
        "invalid": _("Not an amount. Write it like 480,000.00."),
        "max_decimal_places": _("An amount has at most two decimals, like 480,000.00."),
        "max_whole_digits": _("Too large. An amount has at most %(max)s digits before the point, like 480,000.00."),
    }

    def to_python(self, value: Any) -> Decimal | None:
        """The amount typed, or None for none."""
        text = typed("" if value is None else value)
        if not text:
            return None
        found = _AMOUNT.fullmatch(text)
        if found is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        sign, whole, cents = found.groups(default="")
        whole, cents = re.sub(r"\D", "", whole).lstrip("0") or "0", cents.rstrip("0")
        if len(cents) > self.decimal_places:
            raise ValidationError(self.error_messages["max_decimal_places"], code="max_decimal_places")
        most = self.max_digits - self.decimal_places
        if len(whole) > most:
            raise ValidationError(
                self.error_messages["max_whole_digits"], code="max_whole_digits", params={"max": most}
            )
        return Decimal(f"{sign}{whole}.{cents or 0}")

    def prepare_value(self, value: Any) -> Any:
        """The saved amount with its thousands set apart; typed text as it was typed."""
        return f"{value:,.2f}" if isinstance(value, Decimal) else value

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """As long as the longest amount with its commas."""
        return {"maxlength": 30}


class DayField(forms.DateField):
    """`2026-04-30`, `2026/4/30`, `2026年4月30日`."""

    widget = forms.TextInput(
        attrs={"class": "num", "inputmode": "numeric", "placeholder": "2026-04-30", "autocomplete": "off"}
    )
    default_error_messages = {
        "invalid": _("Not a day. Write it like 2026-04-30."),
        "no_such_day": _("There is no such day. Write it like 2026-04-30."),
    }

    def to_python(self, value: Any) -> dt.date | None:
        """The day typed, or None for none."""
        if value in self.empty_values:
            return None
        if isinstance(value, dt.date):
            return value
        text = typed(value)
        found = _DAY.fullmatch(text)
        if not text:
            return None
        if found is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        year, _sign, *numbers = found.groups()
        month, day = (int(number) for number in numbers if number)
        try:
            return dt.date(int(year), month, day)
        except ValueError as error:
            raise ValidationError(self.error_messages["no_such_day"], code="no_such_day") from error

    def prepare_value(self, value: Any) -> Any:
        """The saved day as text; typed text as it was typed."""
        return value.isoformat() if isinstance(value, dt.date) else value

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Room for the longest form."""
        return {"maxlength": 20}


class PercentInput(forms.TextInput):
    """A number with its unit behind it. A text field: browsers throw away what is no number without a word."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> str:
        """The input and the sign."""
        return format_html('<div class="with-unit">{} %</div>', super().render(name, value, attrs, renderer))


class PercentField(forms.IntegerField):
    """A whole number from 0 to 100."""

    widget = PercentInput(attrs={"class": "num", "inputmode": "numeric", "maxlength": "10", "autocomplete": "off"})
    default_error_messages = dict.fromkeys(
        ("invalid", "min_value", "max_value"), _("Write a whole number from 0 to 100, like 60.")
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"min_value": 0, "max_value": 100})

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Django's are those of a number field."""
        return {}


class WebsiteField(forms.URLField):
    """A web address; https:// may be left out."""

    widget = forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "placeholder": "https://"})
    default_error_messages = {"invalid": _("Not a web address. Write it like https://example.com.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"assume_scheme": "https"})
