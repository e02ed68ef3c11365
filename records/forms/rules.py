"""The form of one clause: its fields, the version seen, why, and the password where the company asks for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from audit.times import zone_names
from records.clauses import Clause, choices, value_in_words
from records.services.granting import LONGEST_WHY, MOST_DAYS

from .again import AgainForm
from .fields import DayField

SHORT = ("requests_allowed", "reason_required")  # chosen from words that stand side by side on a phone
WHOLE = _("Write a whole number from %(least)s to %(most)s.")


@dataclass(frozen=True)
class Line:
    """What a review shows of one value."""

    label: str
    before: str
    after: str


class ReviewedForm(AgainForm):
    """A form that is looked at before it is sent: while `reviewing`, neither why nor password is asked."""

    note = forms.CharField(
        label=_("Why"),
        max_length=LONGEST_WHY,
        error_messages={"required": _("Write why.")},
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, data: Any = None, *, request: HttpRequest, **options: Any) -> None:
        super().__init__(data, request=request, **options)
        self.reviewing = data is not None and "preview" in data
        self.asks_now = not self.reviewing
        for name in {"note", "password"} & set(self.fields):
            self.fields[name].required = self.asks_now

    @property
    def asking(self) -> list[forms.BoundField]:
        """The fields that ask why and who."""
        return [self[name] for name in ("note", "password") if name in self.fields]

    @property
    def hidden(self) -> list[forms.BoundField]:
        """The fields that hold what was seen."""
        raise NotImplementedError

    def lines(self) -> list[Line]:
        """What would change, before → after."""
        raise NotImplementedError


class ClauseForm(ReviewedForm):
    """The fields of a clause of `row`, a CompanyRules or TypeRule."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def __init__(self, data: Any = None, *, clause: Clause, row: Any, request: HttpRequest, **options: Any) -> None:
        standing = {name: getattr(row, name) for name in clause.names}
        super().__init__(data, request=request, initial=standing | {"version": row.version}, **options)
        self.clause, self.row, self.standing = clause, row, standing
        built = {name: _field(name) for name in clause.names}
        self.fields = {**built, **self.fields}

    @property
    def shown(self) -> list[forms.BoundField]:
        """The fields of the clause."""
        return [self[name] for name in self.clause.names]

    @property
    def hidden(self) -> list[forms.BoundField]:
        """The version seen."""
        return [self["version"]]

    def values(self) -> dict[str, Any]:
        """Field → value."""
        return {name: self.cleaned_data[name] for name in self.clause.names if name in self.cleaned_data}

    def lines(self) -> list[Line]:
        """What would change, before → after."""
        return [
            Line(str(self.fields[name].label), value_in_words(name, self.standing[name]), value_in_words(name, value))
            for name, value in self.values().items()
            if value != self.standing[name]
        ]

    def changed_since(self, seen: dict[str, Any]) -> list[Line]:
        """What somebody else changed since the values `seen`: then → now."""
        return [
            Line(str(self.fields[name].label), value_in_words(name, seen[name]), value_in_words(name, now))
            for name, now in self.standing.items()
            if seen.get(name, now) != now
        ]


def _number(label: Any, least: int, most: int, required: bool = False, hint: Any = "") -> forms.IntegerField:
    words = WHOLE % {"least": least, "most": most}
    errors = dict.fromkeys(("required", "invalid", "min_value", "max_value"), words)
    widget = forms.NumberInput(attrs={"class": "num", "placeholder": "–"})
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        required=required,
        error_messages=errors,
        widget=widget,
        help_text=hint,
    )


def _chosen(label: Any, name: str) -> forms.TypedChoiceField:
    offered = choices()[name]
    is_bool = isinstance(offered[0][0], bool)
    return forms.TypedChoiceField(
        label=label,
        choices=offered,
        coerce=(lambda text: text in (True, "True")) if is_bool else str,
        widget=forms.RadioSelect if name in SHORT else forms.Select,
        error_messages={"required": _("Choose one."), "invalid_choice": _("Choose one.")},
    )


def _yes(label: Any) -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False)


def _field(name: str) -> forms.Field:
    """The form field of a column of the rules."""
    return _MAKERS[name]()


_MAKERS: dict[str, Any] = {
    "owners_may": lambda: _yes(_("Owners may change their own")),
    "requests_allowed": lambda: _chosen(_("Further than one may"), "requests_allowed"),
    "request_days": lambda: _number(_("Days until a request expires"), 1, 365, required=True),
    "reason_required": lambda: _chosen(_("Reason"), "reason_required"),
    "note_length": lambda: _number(_("Characters at least, in one’s own words"), 0, 500, required=True),
    "allow_future": lambda: _yes(_("Times may lie in the future")),
    "approval_days": lambda: _number(_("Moved by more than so many days"), 0, MOST_DAYS),
    "approval_on_key": lambda: _yes(_("Any change on a key customer")),
    "reported_through": lambda: DayField(label=_("Any change through the day last reported"), required=False),
    "closed_through": lambda: DayField(label=_("Closed through"), required=False),
    "grace_days": lambda: _number(_("Grace days after a month ends"), 0, 366),
    "closed_hard_through": lambda: DayField(label=_("Closed for good through"), required=False),
    "lock_signed": lambda: _yes(_("A signed contract locks its entry time")),
    "lock_opportunity": lambda: _yes(_("And that of its opportunity")),
    "warn_order": lambda: _yes(_("Warn of a follow-up before its customer, a contract before its opportunity")),
    "name": lambda: forms.CharField(
        label=_("Company name"), max_length=120, error_messages={"required": _("Write the company’s name.")}
    ),
    "zone": lambda: forms.ChoiceField(label=_("Time zone"), choices=[(name, name) for name in zone_names()]),
    "sales_see_all": lambda: _chosen(_("Sales see"), "sales_see_all"),
    "time_format": lambda: _chosen(_("Display of times"), "time_format"),
    "new_entry_time": lambda: _chosen(_("Entry time of a new record"), "new_entry_time"),
    "password_again": lambda: _yes(_("Ask for the password again")),
}


def error_places(form: forms.Form, names: Iterable[str]) -> dict[str, str]:
    """Code of a refusal → field of the form that it belongs to; without one it belongs to the whole form."""
    days = next((name for name in names if name in ("closed_hard_through", "closed_through", "zone")), "")
    found = {"why": "note", "zone_hard": "zone"}
    found |= dict.fromkeys(("period_hard", "period_ahead", "period_lower", "period_raise"), days)
    return {code: name for code, name in found.items() if name in form.fields}
