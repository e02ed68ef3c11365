"""Who is told besides owner and followers, per type: for those who set rules."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit.times import now
from records.forms.access import WhyForm
from records.forms.notices import NoticeRuleForm
from records.holders import name_of
from records.models import RECORDS, NoticeRule
from records.refusals import Refused, sentence
from records.services import notice_rules as service

from .not_allowed import NotAllowed

FIELDS = {"grant_holder": "to", "notice_stands": "to", "why": "why"}
SHOWN = 5


def _rulers_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """403 with a sentence, and names of those who may, for everybody who may not set rules."""

    @functools.wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm("records.manage_rules"):
            who = get_user_model()._default_manager.filter(groups__permissions__codename="manage_rules", is_active=True)
            words = _("Who is told of changes is set by administrators.")
            raise NotAllowed(words, helpers=who.distinct()[:SHOWN], back=reverse("records:notices"))
        return view(request, *args, **kwargs)

    return run


@require_safe
@_rulers_only
def notice_rules(request: HttpRequest) -> HttpResponse:
    """All of them, by type."""
    return _render(request, NoticeRuleForm())


@require_http_methods(["GET", "HEAD", "POST"])
@_rulers_only
def notice_rule_new(request: HttpRequest) -> HttpResponse:
    """Add one; the form stands on the page of all."""
    form = NoticeRuleForm(request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        return _render(request, form)
    try:
        service.add_notice_rule(**form.cleaned_data, **_said(request))
    except Refused as no:
        return _refused(request, form, no)
    messages.success(request, _("%(name)s is told from now on.") % {"name": name_of(form.cleaned_data["to"])})
    return redirect("records:notice_rules")


@require_http_methods(["GET", "HEAD", "POST"])
@_rulers_only
def notice_rule_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask why, then take it away."""
    rule = get_object_or_404(_rules(), pk=pk)
    form = WhyForm(request.POST if request.method == "POST" else None)
    shown = {"section": "rules", "rule": _shown(rule), "form": form}
    if not form.is_bound or not form.is_valid():
        return render(request, "records/notice_rule_remove.html", shown, status=422 if form.is_bound else 200)
    try:
        service.remove_notice_rule(rule=rule, why=form.cleaned_data["why"], **_said(request))
    except Refused as no:
        form.add_error(None, no.messages())
        return render(request, "records/notice_rule_remove.html", shown, status=422)
    messages.success(request, _("%(name)s is told no longer.") % {"name": shown["rule"]["name"]})
    return redirect("records:notice_rules")


def _rules() -> Any:
    return NoticeRule.objects.select_related("user", "group__role", "group__team")


def _shown(rule: NoticeRule) -> dict[str, Any]:
    """A rule as people read it."""
    model = RECORDS[rule.record_type]
    return {
        "pk": rule.pk,
        "name": name_of(rule.user or rule.group),
        "is_group": rule.group_id is not None,
        "type": capfirst(str(model._meta.verbose_name_plural)),
        "order": list(RECORDS).index(rule.record_type),
    }


def _render(request: HttpRequest, form: NoticeRuleForm) -> HttpResponse:
    rules = sorted((_shown(rule) for rule in _rules()), key=lambda rule: (rule["order"], rule["name"]))
    context = {"section": "rules", "rules": rules, "form": form}
    return render(request, "records/notice_rules.html", context, status=422 if form.is_bound else 200)


def _refused(request: HttpRequest, form: NoticeRuleForm, no: Refused) -> HttpResponse:
    for finding in no.findings:
        form.add_error(FIELDS.get(finding.code), sentence(finding))
    return _render(request, form)


def _said(request: HttpRequest) -> dict[str, Any]:
    return {"by": request.user, "channel": "web", "clock": now, "remote_addr": request.remote_addr}  # type: ignore[attr-defined]
