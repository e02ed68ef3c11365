"""Forms of grants: to whom, which right, until when, how far back and why."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.styles import style
from audit.times import NotATime, day_of, format_time, parse, start_of_day
from records.access import Checker
from records.holders import name_of
from records.models.access import GRANTABLE, REDATE, VIEW
from records.services.granting import LONGEST_WHY, ceilings, may_grant
from records.services.grants import Terms, terms_of

from .holders import HolderField

USUAL_DAYS, USUAL_LENGTH = 7, 14


def read_end(text: str, zone: dt.tzinfo) -> dt.datetime:
    """The moment something ends at: the one that is written, or the end of a day that is written alone.

    A moment is read in the reader's zone, a day through its end in the company's `zone`. Raises NotATime.
    """
    if ":" in text or "：" in text:
        return parse(text, timezone.get_current_timezone(), display_format=style())
    return start_of_day(day_of(parse(text, zone, display_format=style()), zone) + dt.timedelta(days=1), zone)


class WhyForm(forms.Form):
    """Why a grant ends, or changes."""

    why = forms.CharField(
        label=gettext_lazy("Why"),
        max_length=LONGEST_WHY,
        error_messages={"required": gettext_lazy("Write why.")},
    )


class TermsForm(WhyForm):
    """The terms of a grant: its end, its days back, whether it covers all under a customer."""

    covers = forms.TypedChoiceField(
        label=gettext_lazy("Covers"),
        choices=[("", gettext_lazy("This record")), ("all", gettext_lazy("This customer and all under it"))],
        coerce=bool,
        empty_value=False,
        required=False,
        widget=forms.RadioSelect,
    )
    until = forms.CharField(label=gettext_lazy("Until"), max_length=64, required=False)
    days_back = forms.IntegerField(label=gettext_lazy("Days back"), min_value=0, required=False)
    no_limit = forms.BooleanField(label=gettext_lazy("No limit"), required=False)
    longest_move = forms.IntegerField(label=gettext_lazy("Days at once"), min_value=0, required=False)
    field_order = ("to", "right", "covers", "until", "days_back", "no_limit", "longest_move", "why")
    days_forward = 0

    def __init__(self, *args: Any, record: Any, checker: Checker, zone: dt.tzinfo, **kwargs: Any) -> None:
        """`checker` is the granter's, `zone` the company's."""
        super().__init__(*args, **kwargs)
        self.record, self.zone = record, zone
        held = ceilings(record, checker)[0]
        self.most = _most([window.days_back for window in held])
        self.most_at_once = _most([window.longest_move for window in held], without=None)
        if record._meta.model_name != "customer":
            del self.fields["covers"]
        if self.most is not None:
            del self.fields["no_limit"]
            self.fields["days_back"].help_text = _("At most %(days)s, which is what you hold.") % {"days": self.most}
        if self.most_at_once is None:
            del self.fields["longest_move"]
        else:
            held_at_once = _("At most %(days)s, which is what you hold.") % {"days": self.most_at_once}
            self.fields["longest_move"].help_text = held_at_once
            self.fields["longest_move"].initial = self.most_at_once
        for name in self.fields.keys() & {"days_back", "longest_move"}:
            self.fields[name].widget.attrs.pop("min", None)  # the server judges, with a sentence
        self.fields["until"].help_text = _(
            "Every grant ends. A day alone means through that day in %(zone)s; a time is read as it is shown here."
        ) % {"zone": zone}

    def clean_until(self) -> dt.datetime:
        """The moment meant."""
        try:
            return read_end(self.cleaned_data["until"], self.zone)
        except NotATime as no:
            raise forms.ValidationError(no.message) from no

    @property
    def end(self) -> dt.datetime | None:
        """The moment that the field means as it stands; None while it means none."""
        try:
            return read_end(str(self["until"].value() or ""), self.zone)
        except NotATime:
            return None

    def clean(self) -> dict[str, Any]:
        """Days back are asked where the entry time may be changed, unless there is no limit."""
        data = super().clean() or self.cleaned_data
        open_ended = data.get("no_limit") or self.kind != REDATE
        if not open_ended and data.get("days_back") is None and "days_back" not in self.errors:
            self.add_error("days_back", _("Write how many days back, like 7. 0 means today only."))
        return data

    @property
    def kind(self) -> str:
        """The right."""
        return REDATE

    def terms(self) -> Terms:
        """What was asked for."""
        data, redates = self.cleaned_data, self.kind == REDATE
        return Terms(
            kind=self.kind,
            until=data["until"],
            days_back=(data["days_back"] or 0) if redates else 0,
            days_forward=self.days_forward,
            no_limit=bool(redates and data.get("no_limit")),
            longest_move=data.get("longest_move") if redates else None,
            covers=data.get("covers", False),
        )


def _most(days: list[int | None], without: int | None = 0) -> int | None:
    """The most of them; None where one has no limit, `without` where there are none."""
    return None if None in days else max((each for each in days if each is not None), default=without)


class GrantForm(TermsForm):
    """A new grant to a person, a role or a team. Not offered: oneself, and groups one belongs to."""

    to = HolderField(
        label=gettext_lazy("Person, role or team"),
        of="holders",
        missing=gettext_lazy("Choose a person, a role or a team."),
    )
    right = forms.ChoiceField(
        label=gettext_lazy("Right"),
        choices=[("redate", gettext_lazy("Change the entry time")), ("view", gettext_lazy("See it"))],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, record: Any, checker: Checker, zone: dt.tzinfo, **kwargs: Any) -> None:
        super().__init__(*args, record=record, checker=checker, zone=zone, **kwargs)
        given = [kind for kind in GRANTABLE if may_grant(record, checker, kind)]
        right: Any = self.fields["right"]  # only the shown ones are cut down: the service says why not to the others
        right.widget.choices = [(name, label) for name, label in right.choices if RIGHTS[name] in given]
        right.initial = next((name for name, kind in RIGHTS.items() if kind in given), None)
        self.fields["to"].meet(checker.user)  # type: ignore[attr-defined]
        self.fields["days_back"].initial = USUAL_DAYS if self.most is None else min(USUAL_DAYS, self.most)
        self.fields["until"].initial = (day_of(checker.at, zone) + dt.timedelta(days=USUAL_LENGTH)).isoformat()

    @property
    def holder(self) -> str:
        """Whether a person ("user") or a "group" was chosen."""
        return self.cleaned_data["to"]._meta.model_name

    @property
    def name(self) -> str:
        """The name of who was chosen."""
        return name_of(self.cleaned_data["to"])

    @property
    def kind(self) -> str:
        """The right that was chosen."""
        return RIGHTS.get(self.cleaned_data.get("right", ""), REDATE)


RIGHTS = {"redate": REDATE, "view": VIEW}


class ChangeForm(TermsForm):
    """A standing grant, extended or shortened; `version` is the one that was seen."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, grant: Any, initial: dict[str, Any] | None = None, **kwargs: Any) -> None:
        standing = terms_of(grant)
        seen = {
            "until": format_time(grant.until, timezone.get_current_timezone()) if grant.until else "",
            "days_back": None if grant.no_limit else grant.days_back,
            "no_limit": grant.no_limit,
            "longest_move": grant.longest_move,
            "covers": "all" if grant.covers else "",
            "version": grant.version,
        }
        super().__init__(*args, initial=seen | (initial or {}), **kwargs)
        self._kind, self.days_forward = standing.kind, standing.days_forward
        if standing.kind != REDATE:
            del self.fields["days_back"]
            self.fields.pop("no_limit", None)
            self.fields.pop("longest_move", None)

    @property
    def kind(self) -> str:
        """The right of the grant, which stays."""
        return self._kind

    def terms(self) -> Terms:
        """What was asked for."""
        self.cleaned_data.setdefault("days_back", 0)
        return super().terms()
