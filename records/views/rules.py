"""The rules on one page, a card per record type, and each clause before and after, with what it would change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.times import now
from records.clauses import Clause, clauses_of, value_in_words
from records.forms.rules import ClauseForm, ReviewedForm, error_places
from records.forms.windows import WindowsForm
from records.models import RECORDS, PeriodException, Reason, TypeRule
from records.models.rules import company as read_company
from records.preview import preview
from records.refusals import Refused, sentence
from records.rule_words import Saying, last_closed, saying
from records.services.rules import change_rule
from records.services.windows import set_windows

from .rules_gate import how, not_allowed, rule_makers_only

ICONS = {"customer": "customers", "opportunity": "target", "followup": "chat", "contract": "doc"}


@dataclass(frozen=True)
class Card:
    """The card of one record type; without `rule` nothing is allowed, and the card says so."""

    record_type: str
    name: str
    icon: str
    rule: TypeRule | None
    saying: Saying | None
    forms: list[ReviewedForm]
    exceptions: int


@require_safe
@rule_makers_only
def rules(request: HttpRequest) -> HttpResponse:
    """All rules: what each means in a sentence, and the forms of its clauses."""
    company, at = read_company(), now()
    running = list(PeriodException.objects.in_force(at).values_list("record_type", flat=True))
    of_company = clauses_of("").values()
    cards = [_card(request, company, name, running.count(name)) for name in RECORDS]
    shown = {
        "section": "rules",
        "facts": [
            (clause, value_in_words(clause.names[0], getattr(company, clause.names[0]))) for clause in of_company
        ],
        "reasons": Reason.objects.all(),
        "cards": cards,
        "last_closed": last_closed(),
        "opened": request.GET.get("open", ""),
    }
    return render(request, "records/rules.html", shown)


def _card(request: HttpRequest, company: Any, record_type: str, exceptions: int) -> Card:
    rule = company.by_type.get(record_type)
    name = capfirst(str(RECORDS[record_type]._meta.verbose_name_plural))
    if rule is None:
        return Card(record_type, name, ICONS[record_type], None, None, [], exceptions)
    forms = [_form(request, clause, rule) for clause in clauses_of(record_type).values()]
    windows = next(form for form in forms if isinstance(form, WindowsForm))
    return Card(
        record_type, name, ICONS[record_type], rule, saying(rule, windows.roles, windows.rows), forms, exceptions
    )


def _form(request: HttpRequest, clause: Clause, rule: Any, data: Any = None) -> Any:
    options = {"clause": clause, "request": request}
    of = getattr(rule, "record_type", "company")
    options["auto_id"] = f"{of}-{clause.key}-%s"
    if clause.key == "windows":
        return WindowsForm(data, record_type=rule.record_type, **options)
    return ClauseForm(data, row=rule, **options)


@require_http_methods(["GET", "HEAD", "POST"])
@rule_makers_only
def rule_clause(request: HttpRequest, record_type: str, clause: str) -> HttpResponse:
    """One clause: GET shows it, POST with `preview` what it would change, POST without changes it."""
    page = ClausePage(request, record_type, clause)
    if request.method != "POST":
        return page.render()
    page.form = _form(request, page.clause, page.row, request.POST)
    if not page.form.is_valid():
        if set(page.form.errors) <= {"note", "password"}:
            page.look()
        return page.render(422)
    return page.review() if page.form.reviewing else page.save()


class ClausePage:
    """The page of one clause of a type's rule, or of the company."""

    def __init__(self, request: HttpRequest, record_type: str, clause: str) -> None:
        self.request, self.company, self.at = request, read_company(), now()
        self.record_type = "" if record_type == "company" else record_type
        self.row = self.company.by_type.get(record_type) if self.record_type else self.company
        found = clauses_of(self.record_type).get(clause)
        if self.row is None or found is None:
            raise Http404
        self.clause, self.form = found, _form(request, found, self.row)
        self.extra: dict[str, Any] = {}

    @property
    def title(self) -> str:
        """What the rule is about."""
        if not self.record_type:
            return _("Company")
        return capfirst(str(RECORDS[self.record_type]._meta.verbose_name_plural))

    @property
    def back(self) -> str:
        """The card this clause stands on."""
        return f"{reverse('records:rules')}?open={self.record_type}#{self.record_type or 'company'}"

    @property
    def is_stale(self) -> bool:
        """Whether the rule is no longer the one that was seen."""
        form = self.form
        if isinstance(form, WindowsForm):
            return bool(form.changed_since(form.seen()))
        return form.cleaned_data["version"] != form.row.version

    def render(self, status: int = 200) -> HttpResponse:
        """The page."""
        shown = {
            "section": "rules",
            "page": self,
            "form": self.form,
            "clause": self.clause,
            "reviewed": False,
        } | self.extra
        return render(self.request, "records/rule_clause.html", shown, status=status)

    def review(self) -> HttpResponse:
        """Before → after, and what it would have changed; nothing is written."""
        if self.is_stale:
            return self.stale()
        self.look()
        return self.render()

    def look(self) -> None:
        """Show what would change, and what that would have stopped."""
        self.extra = {"reviewed": True, "lines": self.form.lines()}
        if self.clause.narrows and self.record_type and self.extra["lines"]:
            what = {"windows": self.form.limits()} if self._is_windows else {"values": self.form.values()}
            self.extra["preview"] = preview(self.row, self.at, self.request.user, **what)

    @property
    def _is_windows(self) -> bool:
        return isinstance(self.form, WindowsForm)

    def save(self) -> HttpResponse:
        """Change the rule; or say what stands against it."""
        note = self.form.cleaned_data["note"]
        try:
            if self._is_windows:
                cells = {"cells": self.form.limits(), "seen": self.form.seen()}
                changed = set_windows(record_type=self.record_type, note=note, **cells, **how(self.request))
            else:
                seen, values = self.form.cleaned_data["version"], self.form.values()
                where = {"rule": self.row, "seen_version": seen}
                changed = len(change_rule(**where, values=values, note=note, **how(self.request)).changed)
        except Refused as no:
            return self._refused(no)
        except ValidationError as no:
            self.form.add_error(None, no)
            return self.render(422)
        messages.success(self.request, self._told() if changed else _("Nothing was changed."))
        return redirect(self.back)

    def _told(self) -> str:
        words = {"title": self.title, "clause": self.clause.title}
        return _("%(title)s, %(clause)s: changed.") % words

    def _refused(self, no: Refused) -> HttpResponse:
        if "rules_right" in no.codes:
            raise not_allowed()
        if "stale_rule" in no.codes:
            return self.stale()
        places = error_places(self.form, self.clause.names)
        for finding in no.findings:
            self.form.add_error(places.get(finding.code), sentence(finding))
        return self.render(422)

    def stale(self) -> HttpResponse:
        """Both values, nothing written; the page holds what stands now, so that a second look can be sent."""
        posted = self.form
        seen = posted.seen() if self._is_windows else self._seen(posted.cleaned_data["version"])
        self.company = read_company()
        self.row = self.company.by_type.get(self.record_type) if self.record_type else self.company
        data = self.request.POST.copy()
        standing = _form(self.request, self.clause, self.row)
        data["preview"] = "yes"
        for field in standing.hidden:
            data[field.name] = standing.initial[field.name]
        self.form = _form(self.request, self.clause, self.row, data)
        self.form.is_valid()
        since = self.form.changed_since(seen)
        self.extra = {"reviewed": True, "is_stale": True, "stale": since, "lines": self.form.lines()}
        return self.render(409)

    def _seen(self, version: int) -> dict[str, Any]:
        """The values of the clause as they were at the version seen; none where that is unknown."""
        history = type(self.row).history.filter(id=self.row.pk, version=version).exclude(history_type="-")
        return history.order_by("-history_id").values(*self.clause.names).first() or {}
