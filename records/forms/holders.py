"""The one field in which a person, a role or a team is chosen: typed, with suggestions where htmx runs."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from records.holders import CIRCLES, Circle, Nobody, written

MISSING = _("Choose one of the list.")


class HolderInput(forms.TextInput):
    """A text field and the list of its suggestions, fetched while one types."""

    circle = ""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> str:
        """The input, and its datalist."""
        attrs = {**(attrs or {}), **self._fetching(name)}
        listed = f"{attrs.get('id') or name}-list"
        return format_html(
            '{}<datalist id="{}"></datalist>', super().render(name, value, attrs | {"list": listed}, renderer), listed
        )

    def _fetching(self, name: str) -> dict[str, str]:
        asked = urlencode({"of": self.circle, "name": name})
        return {
            "hx-get": f"{reverse('records:holder_suggest')}?{asked}",
            "hx-trigger": "input changed delay:200ms",
            "hx-target": "next datalist",
            "hx-swap": "innerHTML",
            "hx-select": "unset",  # in a list the page takes its rows from each answer
            "hx-push-url": "false",
            "hx-sync": "this:replace",
        }


class HolderField(forms.CharField):
    """Gives a person, or the group of a role or team, of the circle named `of` (records/holders.py).

    `missing` is the sentence for an empty field, and for an id that means nobody. Call `meet(user)` in the form.
    """

    def __init__(self, *, of: str, missing: Any = MISSING, **options: Any) -> None:
        widget = HolderInput(attrs={"autocomplete": "off"})
        widget.circle = of
        said = {"required": missing, "invalid": missing}
        super().__init__(**{"max_length": 240, "widget": widget, "error_messages": said} | options)
        self.of = of
        self.circle: Circle

    def meet(self, user: Any) -> None:
        """Let the field know who chooses."""
        self.circle = CIRCLES[self.of](user)

    def clean(self, value: Any) -> Any:
        """Whom the text means; None for an empty text where that is allowed."""
        text = super().clean(value)
        return self._find(text) if text else None

    def _find(self, text: str) -> Any:
        try:
            return self.circle.find(text)
        except Nobody as no:
            raise forms.ValidationError(str(no) or self.error_messages["invalid"]) from no

    def prepare_value(self, value: Any) -> Any:
        """What was typed; the name of who is given, also by an id in an address."""
        if value and isinstance(value, str) and value[-1:].isdigit():
            try:
                return written(self._find(value))
            except forms.ValidationError:
                return value
        return value if isinstance(value, str) else written(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether another one is written than stood there."""
        return (data or "") != (self.prepare_value(initial) or "")


def id_of(holder: Any) -> str:
    """`user:5` or `group:3`, which the field understands."""
    return f"{'group' if isinstance(holder, Group) else 'user'}:{holder.pk}"
