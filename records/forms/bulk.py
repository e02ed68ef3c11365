"""What to do with many records: which time they get, or which owner, and why."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.styles import style
from audit.times import NotATime, parse
from records.models import Reason
from records.moving import BEFORE, COPIED, COPY, RESTORE, SET, SHIFT, Spec

from .holders import HolderField

WAYS = {
    SET: (_("Set to one time"), _("All get the same")),
    SHIFT: (_("Shift"), _("By days, hours and minutes, order kept")),
    COPY: (_("Copy from a date"), _("One that each record has")),
    RESTORE: (_("Restore original"), _("As first entered")),
}
TO_BEFORE = (_("Back to before the batch"), _("What stood then, where it may not simply be undone"))
ON_MOVED = [
    ("leave_out", _("Leave out those, and name them")),
    ("refuse", _("Change none at all")),
]


class BulkForm(forms.Form):
    """Common to all: the words, and what happens where a record changed since the preview."""

    note = forms.CharField(
        label=_("What happened"),
        max_length=1000,
        error_messages={"required": _("Say what happened, for example: fair cards were typed in a day late.")},
    )
    on_moved = forms.ChoiceField(label=_("If a record changes meanwhile"), choices=ON_MOVED, initial="leave_out")

    def spec(self) -> dict[str, Any]:
        """What the bulk change keeps of it."""
        return {}


class OwnerForm(BulkForm):
    """Another owner for all."""

    owner = HolderField(label=_("New owner"), of="owners")
    field_order = ("owner", "note", "on_moved")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].meet(None)  # type: ignore[attr-defined]

    def spec(self) -> dict[str, Any]:
        """The owner by id."""
        return {"owner": self.cleaned_data["owner"].pk}


class MoveForm(BulkForm):
    """How each record's new time is made, the reason, and whether an odd order is meant.

    `batch` is the one that the rows come from, or 0; only then may they go back to what stood before it.
    """

    how = forms.ChoiceField(initial=SHIFT)
    at = forms.CharField(label=_("Entry time"), max_length=64, required=False)
    direction = forms.ChoiceField(choices=[("-", _("Earlier")), ("+", _("Later"))], required=False, initial="-")
    days = forms.IntegerField(min_value=0, max_value=36_500, required=False, initial=1)
    hours = forms.IntegerField(min_value=0, max_value=23, required=False, initial=0)
    minutes = forms.IntegerField(min_value=0, max_value=59, required=False, initial=0)
    clock = forms.ChoiceField(
        label=_("Counted"),
        help_text=_("On the clock 9:00 stays 9:00 where summer time begins or ends; exactly, a day has 24 hours."),
        choices=[("wall", _("on the clock")), ("exact", _("exactly"))],
        required=False,
        initial="wall",
    )
    copy = forms.ChoiceField(label=_("Date to copy"), required=False)
    why = forms.ChoiceField(label=_("Reason"), required=False)
    odd = forms.BooleanField(label=_("Change also where the order becomes odd"), required=False)

    def __init__(self, *args: Any, record_type: str, reasons: list[Reason], batch: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.batch, self.ways = batch, WAYS | ({BEFORE: TO_BEFORE} if batch else {})
        self.fields["how"].choices = [(name, words[0]) for name, words in self.ways.items()]  # type: ignore[attr-defined]
        self.fields["copy"].choices = list(COPIED[record_type].items())  # type: ignore[attr-defined]
        self.fields["why"].choices = [("", ""), *((r.code, r.name) for r in reasons)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A time for one way, a distance for another."""
        given = super().clean() or {}
        if given.get("how") == SET:
            given["moment"] = self._moment(given.get("at", ""))
        if given.get("how") == SHIFT and not self._minutes(given):
            self.add_error("days", _("Say how far, for example 1 day."))
        return given

    def _moment(self, text: str) -> dt.datetime | None:
        try:
            return parse(text, timezone.get_current_timezone(), display_format=style())
        except NotATime as no:
            self.add_error("at", no.message)
            return None

    def _minutes(self, given: dict[str, Any]) -> int:
        days, hours, minutes = ((given.get(name) or 0) for name in ("days", "hours", "minutes"))
        return (days * 1440 + hours * 60 + minutes) * (1 if given.get("direction") == "+" else -1)

    def spec(self) -> dict[str, Any]:
        """The way as records.moving reads it, and the tick."""
        given = self.cleaned_data
        wall = given["clock"] != "exact"
        made = Spec(given["how"], given.get("moment"), self._minutes(given), wall, given["copy"], self.batch)
        return made.as_json() | {"odd": given["odd"]}


def initial_of(spec: dict[str, Any], zone: dt.tzinfo) -> dict[str, Any]:
    """The fields of MoveForm from what was kept."""
    minutes = spec.get("minutes", 0)
    days, rest = divmod(abs(minutes), 1440)
    found: dict[str, Any] = {"how": spec.get("how", SHIFT), "odd": spec.get("odd", False)}
    if minutes:
        found |= {"direction": "+" if minutes > 0 else "-", "days": days, "hours": rest // 60, "minutes": rest % 60}
    if "at" in spec:
        found["at"] = dt.datetime.fromisoformat(spec["at"]).astimezone(zone).strftime("%Y-%m-%d %H:%M")
    return found | {"clock": spec.get("clock", "wall"), "copy": spec.get("field", "")}
