"""Exceptions: who may enter closed periods, until when and why; and what was changed under them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.times import now
from records import excepted
from records.access import Checker
from records.forms.exceptions import ExceptionForm, RevokeForm
from records.holders import name_of
from records.models import PeriodException
from records.refusals import Refused, refuse, sentence
from records.services.exceptions import add_exception, revoke_exception

from .access import company_zone
from .rules_gate import how, not_allowed, rule_makers_only

PLACES = {"exception_self": "to", "grant_holder": "to", "grant_end": "until", "why": "why"}


@require_safe
@rule_makers_only
def exceptions(request: HttpRequest) -> HttpResponse:
    """Those in force, and those that have ended."""
    at = now()
    shown = {"section": "rules", "tab": "exceptions", "in_force": excepted.in_force(at), "ended": excepted.ended(at)}
    return render(request, "records/exceptions.html", shown)


@require_safe
@rule_makers_only
def exception_changes(request: HttpRequest) -> HttpResponse:
    """Every change under an exception, newest first."""
    after = request.GET.get("after", "")
    page = excepted.changes(request.user, after)
    return render(
        request, "records/exception_changes.html", {"section": "rules", "tab": "changes", "page": page, "after": after}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@rule_makers_only
def exception_new(request: HttpRequest) -> HttpResponse:
    """Let somebody into the closed periods of a type."""
    data: Any = request.POST if request.method == "POST" else None
    checker = Checker(request.user, now())
    initial = {"record_type": request.GET.get("type", "")}
    form = ExceptionForm(data, request=request, checker=checker, zone=company_zone(request), initial=initial)
    if not form.is_bound or not form.is_valid():
        return _page(request, "records/exception_new.html", form)
    to, given = form.cleaned_data["to"], {name: form.cleaned_data[name] for name in ("record_type", "until", "why")}
    try:
        add_exception(to=to, **given, **how(request))
    except Refused as no:
        return _refused(request, "records/exception_new.html", form, no)
    messages.success(request, _("%(name)s may enter closed periods now.") % {"name": name_of(to)})
    return redirect("records:exceptions")


@require_http_methods(["GET", "HEAD", "POST"])
@rule_makers_only
def exception_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the reason, then end the exception."""
    row = next(iter(excepted.in_force(now(), pk)), None)
    if row is None:
        messages.warning(request, *refuse("exception_ended").messages())
        return redirect("records:exceptions")
    form = RevokeForm(request.POST if request.method == "POST" else None, request=request)
    if not form.is_bound or not form.is_valid():
        return _page(request, "records/exception_revoke.html", form, exception=row)
    try:
        revoke_exception(exception=PeriodException(pk=pk), why=form.cleaned_data["why"], **how(request))
    except Refused as no:
        if "exception_ended" in no.codes:
            messages.warning(request, *no.messages())
            return redirect("records:exceptions")
        return _refused(request, "records/exception_revoke.html", form, no, exception=row)
    messages.success(request, _("The exception of %(name)s is revoked.") % {"name": row.name})
    return redirect("records:exceptions")


def _page(request: HttpRequest, template: str, form: Any, **more: Any) -> HttpResponse:
    return render(
        request, template, {"section": "rules", "form": form, "now": now()} | more, status=422 if form.is_bound else 200
    )


def _refused(request: HttpRequest, template: str, form: Any, no: Refused, **more: Any) -> HttpResponse:
    if "rules_right" in no.codes:
        raise not_allowed()
    for finding in no.findings:
        place = PLACES.get(finding.code)
        form.add_error(place if place in form.fields else None, sentence(finding))
    return _page(request, template, form, **more)
