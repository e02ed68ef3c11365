"""Access to one record: who may change its entry time and through what, and granting a right on it."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit.times import NotATime, format_time, now
from records import access_panel
from records.access import Checker
from records.forms.access import ChangeForm, GrantForm, read_end
from records.holders import name_of
from records.models.access import GRANTABLE, REDATE, VIEW
from records.models.record import Record
from records.refusals import Refused, sentence
from records.services import grants
from records.who_may import owner_may, who_may_grant, why_not

from .editing import page_urls, record_or_404
from .not_allowed import NotAllowed

FIELDS = {"grant_self": "to", "grant_holder": "to", "grant_ceiling": "days_back", "grant_end": "until", "why": "why"}


class AccessPage:
    """Everything the access page shows of one record to one person."""

    def __init__(self, request: HttpRequest, record: Any) -> None:
        self.request, self.record, self.now = request, record, now()
        self.checker = Checker(request.user, self.now)
        self.kinds = [kind for kind in GRANTABLE if grants.may_grant(record, self.checker, kind)]

    def form(self, data: Any = None) -> GrantForm:
        """The form that grants."""
        zone = company_zone(self.request)
        return GrantForm(data, record=self.record, checker=self.checker, zone=zone, auto_id="grant_%s")

    def render(self, form: GrantForm | None = None, *, status: int = 200, **more: Any) -> HttpResponse:
        """The page; with a form that was refused, or the standing grant that a new one met."""
        record = self.record
        sources = self.checker.why(record, REDATE.format(record._meta.model_name))
        context = {
            "record": record,
            "urls": page_urls(record),
            "now": self.now,
            "sources": sources,
            "why_not": "" if sources else why_not(self.request.user, record, self.now),
            "roles": access_panel.roles(record),
            "owner_may": owner_may(record).exists(),
            "rule": self.request.company.by_type.get(record._meta.model_name),  # type: ignore[attr-defined]
            "in_force": access_panel.in_force(record, self.now),
            "ended": access_panel.ended(record, self.now),
            "may_grant": bool(self.kinds),
            "may_end": {"redate": REDATE in self.kinds, "view": VIEW in self.kinds},
            "granters": [] if self.kinds else who_may_grant(record),
            "form": (form or self.form()) if self.kinds else None,
        }
        return render(self.request, "records/access.html", context | more, status=status)

    def grant(self) -> HttpResponse:
        """Grant what was posted, or say what stands against it."""
        form = self.form(self.request.POST)
        if not form.is_valid():
            if not self.kinds:
                raise not_allowed(self.record)
            return self.render(form, status=422)
        to, terms = form.cleaned_data["to"], form.terms()
        try:
            grants.grant(record=self.record, to=to, terms=terms, **said(self.request, form))
        except Refused as no:
            return self._refused(form, no)
        messages.success(self.request, granted(to, terms))
        return redirect(self.record.page("access"), self.record.pk)

    def _refused(self, form: GrantForm, no: Refused) -> HttpResponse:
        standing = grants.standing_grant(self.record, form.cleaned_data["to"], form.kind)
        if "grant_stands" in no.codes and standing is not None:
            standing.content_object = self.record
            change = change_form(self.request, standing, self.checker, initial=typed(form))
            where = {"record_type": self.record._meta.model_name, "holder": form.holder, "standing_name": form.name}
            where["reach"] = access_panel.reach_of(grants.terms_of(standing))
            return self.render(form, status=422, standing=standing, change=change, **where)
        refuse_on(form, no, self.record)
        return self.render(form, status=422)


def access(request: HttpRequest, model: type[Record], pk: int) -> HttpResponse:
    """GET shows who may, to everybody who sees the record; POST grants."""
    page = AccessPage(request, record_or_404(request, model, pk))
    return page.grant() if request.method == "POST" else page.render()


@require_safe
def grant_end(request: HttpRequest) -> HttpResponse:
    """The moment that what is typed into an end field means, for the line below it."""
    try:
        end = read_end(request.GET.get("until", "")[:64], company_zone(request))
    except NotATime:
        end = None
    return render(request, "records/_grant_end.html", {"end": end, "now": now()})


def company_zone(request: HttpRequest) -> ZoneInfo:
    """The company's zone, in which days end."""
    return request.company.shown_zone  # type: ignore[attr-defined]


def change_form(request: HttpRequest, grant: Any, checker: Checker, data: Any = None, **more: Any) -> ChangeForm:
    """The form that extends or shortens a grant."""
    zone = company_zone(request)
    return ChangeForm(
        data, grant=grant, record=grant.content_object, checker=checker, zone=zone, auto_id="change_%s", **more
    )


def typed(form: GrantForm) -> dict[str, Any]:
    """What was typed for a new grant, for the form that changes the standing one."""
    names = ("until", "days_back", "no_limit", "longest_move", "covers", "why")
    return {name: form[name].value() for name in names if name in form.fields}


def said(request: HttpRequest, form: Any) -> dict[str, Any]:
    """Why, by whom and through which channel, as the services ask it."""
    return {
        "why": form.cleaned_data["why"],
        "by": request.user,
        "channel": "web",
        "clock": now,
        "remote_addr": request.remote_addr,  # type: ignore[attr-defined]
    }


def refuse_on(form: Any, no: Refused, record: Any) -> None:
    """Put the sentences at their fields. Raises NotAllowed where the right itself is missing."""
    if "grant_right" in no.codes:
        raise not_allowed(record)
    for finding in no.findings:
        field = FIELDS.get(finding.code)
        form.add_error(field if field in form.fields else None, sentence(finding))


def not_allowed(record: Any) -> NotAllowed:
    """The refusal of those who may see the record, but not grant rights on it."""
    words = _("You may see %(record)s, but not grant or end rights on it.") % {"record": record.title}
    return NotAllowed(words, helpers=who_may_grant(record), back=reverse(record.page("access"), args=[record.pk]))


def granted(to: Any, terms: grants.Terms) -> str:
    """What the toast says."""
    name = name_of(to)
    until = format_time(terms.until, timezone.get_current_timezone()) if terms.until else ""
    if terms.kind == REDATE:
        return _("%(name)s may change this entry time until %(until)s.") % {"name": name, "until": until}
    return _("%(name)s may see this until %(until)s.") % {"name": name, "until": until}
