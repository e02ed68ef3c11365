"""When something happened: now, or at an earlier time with a reason. Part of every page that creates a record."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.styles import style
from audit.times import NotATime, distance, format_time, parse
from records.models import Reason
from records.reach import Reach
from records.refusals import WARNINGS, sentence
from records.rules import Case, Finding, judge

WHERE = {"reason": "reason", "reason_unknown": "reason", "note": "note", "right_new": "when", "no_rule": "when"}
HERE = frozenset(
    {*WHERE, "future", "forward", "closed", "window", "too_far", "approval"}
)  # findings about the entry time
NUDGES = {"now": dt.timedelta(), "yesterday": dt.timedelta(days=-1)}


class EnteredForm(forms.Form):
    """`when` now or earlier; `at`, `reason` and `note` count only for earlier. `entered_at` is None for now.

    With `ask` neither is chosen from the start, and one must be.

    `which` picks one of the two moments where a clock showed `at` twice; `choices` then offers both. `ticked` is the
    code of a warning; `warnings` then are those to tick.
    """

    when = forms.ChoiceField(
        label=_("When it happened"),
        choices=[("now", _("Now")), ("earlier", _("It happened earlier"))],
        initial="now",
        required=False,
    )
    at = forms.CharField(label=_("When it happened"), max_length=40, required=False)
    which = forms.CharField(required=False)
    ticked = forms.CharField(required=False)
    reason = forms.ChoiceField(
        label=_("Reason"), required=False, error_messages={"invalid_choice": _("Choose a reason.")}
    )
    note = forms.CharField(
        label=_("In your words"),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": _("Optional")}),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        reach: Reach,
        record_type: str,
        customer_class: str = "ordinary",
        reasons: Iterable[Reason] | None = None,
        ask: bool = False,
    ) -> None:
        super().__init__(data, prefix="entered", label_suffix="")
        self.reach, self.zone = reach, timezone.get_current_timezone()
        self.ask = ask and reach.may
        self.about = {"record_type": record_type, "customer_class": customer_class}
        self.entered_at: dt.datetime | None = None
        self.typed = ""
        self.choices: list[tuple[str, str]] = []
        self.warnings: list[Finding] = []
        self.fields["at"].initial = format_time(reach.at, self.zone)[:16]
        offered = Reason.objects.filter(active=True) if reasons is None else reasons
        self.fields["reason"].choices = [("", ""), *((reason.code, reason.name) for reason in offered)]  # type: ignore[attr-defined]

    @property
    def is_earlier(self) -> bool:
        """Whether "It happened earlier" is chosen."""
        return self["when"].value() == "earlier"

    @property
    def is_now(self) -> bool:
        """Whether "Now" is chosen, or stands for want of a choice."""
        chosen = self.data.get(self.add_prefix("when"), "") if self.is_bound or self.ask else "now"
        return chosen == "now" or not (chosen or self.ask)

    @property
    def values(self) -> dict[str, Any]:
        """What `create_record` takes besides the record's values."""
        if self.entered_at is None:
            return {}
        given = {name: self.cleaned_data.get(name, "") for name in ("reason", "note")}
        given["acknowledged"] = (self.cleaned_data["ticked"],) if self.cleaned_data.get("ticked") in WARNINGS else ()
        return {"entered_at": self.entered_at, "typed": self.typed, "typed_zone": str(self.zone), **given}

    def clean(self) -> dict[str, Any]:
        """Read and judge the time, so that all that is wrong shows at once; the service judges again."""
        given = super().clean() or self.cleaned_data
        if self.ask and not given.get("when") and not self.errors.get("when"):
            self.add_error("when", _("Choose whether it happened now or earlier."))
        if given.get("when") != "earlier":
            for name in set(self.errors) - {"when"}:
                del self._errors[name]  # type: ignore[union-attr]
            return given
        self.entered_at = self._read(given)
        if self.entered_at is not None:
            for finding in self._findings(given):
                self.add_error(WHERE.get(finding.code, "at"), sentence(finding))
        return given

    def _read(self, given: dict[str, Any]) -> dt.datetime | None:
        if "at" in self.errors:
            return None
        self.typed = given["at"]
        try:
            return parse(self.typed, self.zone, display_format=style())
        except NotATime as no:
            self.choices = no.choices
            if given.get("which") not in [text for _label, text in no.choices]:
                self.add_error("at", no.message)
                return None
        self.typed = given["which"]
        return parse(self.typed, self.zone, display_format=style())

    def _findings(self, given: dict[str, Any]) -> list[Finding]:
        if not self.reach.may:
            return [Finding("right_new")]
        codes = frozenset(code for code, _name in self.fields["reason"].choices if code)  # type: ignore[attr-defined]
        case = Case(
            **self.about,
            before=None,
            after=self.entered_at,  # type: ignore[arg-type]
            reason=given.get("reason", ""),
            note=given.get("note", ""),
            backfill=self.reach.backfill,
        )
        limits = dataclasses.replace(self.reach.limits, reasons=codes) if self.reach.limits else None
        found = judge(case, limits, self.reach.at).errors
        return [f for f in found if not ("reason" in self.errors and WHERE.get(f.code) == "reason")]

    def refuse(self, findings: Iterable[Finding]) -> list[Finding]:
        """Put a service's findings about the entry time at their fields; the others are returned."""
        found = list(findings)
        self.warnings = [finding for finding in found if finding.code in WARNINGS]
        for finding in found:
            if finding.code in HERE:
                self.add_error(WHERE.get(finding.code, "at"), sentence(finding))
        return [finding for finding in found if finding.code not in HERE | WARNINGS]

    @property
    def to_tick(self) -> list[tuple[str, str, str]]:
        """Of each warning its code, its sentence, and the nearest time that is in order ("" where that is not told)."""
        moments = [(finding, finding.params.get("moment")) for finding in self.warnings]
        return [(f.code, sentence(f), format_time(moment, self.zone) if moment else "") for f, moment in moments]

    # ---- what the page shows ----

    @property
    def now(self) -> dt.datetime:
        """The minute in which the page was made."""
        return self.reach.at.replace(second=0, microsecond=0)

    @property
    def readings(self) -> dict[str, str]:
        """The attributes of the calendar, in the zone of the person who looks."""
        return self.reach.readings(self.zone)

    @property
    def described_by(self) -> str:
        """The ids of what speaks about the field."""
        return " ".join(["entered-at-error"] * bool(self["at"].errors) + ["entered-late"])

    @property
    def late(self) -> dict[str, Any] | None:
        """The typed moment and how much later it is recorded, where it can be read and lies before now."""
        try:
            moment = self.entered_at or parse(self["at"].value() or "", self.zone, display_format=style())
        except NotATime:
            return None
        away = self.now - moment
        return {"at": moment, "distance": distance(away)} if away >= dt.timedelta(minutes=1) else None


def nudged(data: Mapping[str, Any], reach: Reach) -> dict[str, Any]:
    """What was posted, with the time moved as the button `nudge` says: a name, a time, or minutes on the wall clock."""
    zone = timezone.get_current_timezone()
    if (time := _time(data.get("nudge", ""), zone)) is not None:
        return _earlier(data, format_time(time, zone))
    try:
        shown = parse(data.get("entered-at", ""), zone, display_format=style())
    except NotATime:
        shown = reach.at
    by = data.get("nudge", "")
    if by not in NUDGES and not _minutes(by):
        return dict(data.items())
    start = reach.at if by in NUDGES else shown
    step = NUDGES.get(by) or dt.timedelta(minutes=_minutes(by))
    wall = start.astimezone(zone).replace(tzinfo=None) + step
    text = format_time(wall.replace(tzinfo=dt.UTC), dt.UTC)
    text = text[:16] if by in NUDGES else text
    return _earlier(data, text)


def _earlier(data: Mapping[str, Any], text: str) -> dict[str, Any]:
    return {name: data[name] for name in data} | {"entered-when": "earlier", "entered-at": text, "entered-which": ""}


def _time(text: str, zone: dt.tzinfo) -> dt.datetime | None:
    """The moment that a button names; None for a button of another kind."""
    try:
        return parse(text, zone) if ":" in text else None
    except NotATime:
        return None


def _minutes(text: str) -> int:
    """The minutes of a nudge; none for anything else, however long."""
    number = text.removeprefix("-")
    return int(text) if number.isascii() and number.isdigit() and len(number) < 6 else 0


def unjudged(*bound: forms.BaseForm) -> None:
    """Show bound forms as they were typed, without errors: nothing is being saved yet."""
    for form in bound:
        form._errors = ErrorDict()
        form.cleaned_data = {}  # type: ignore[attr-defined]
