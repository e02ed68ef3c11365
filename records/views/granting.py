"""A standing grant: extended, shortened or ended, each on a page of its own."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from audit.times import format_time, now
from records.access import Checker
from records.access_panel import reach_of
from records.forms.access import WhyForm
from records.models import GRANTS, RECORDS
from records.refusals import Refused, StaleRecord, refuse
from records.services import grants
from records.who_may import holder_name

from .access import change_form, granted, not_allowed, refuse_on, said
from .editing import page_urls, record_or_404


class GrantPage:
    """One open grant before somebody who may end it."""

    def __init__(self, request: HttpRequest, kind: str, holder: str, pk: int) -> None:
        self.request, self.now = request, now()
        self.grant = grant_or_404(request, kind, holder, pk)
        self.record = self.grant.content_object
        self.checker = Checker(request.user, self.now)

    @property
    def has_ended(self) -> bool:
        """Whether there is nothing left to change."""
        return self.grant.until is not None and self.grant.until <= self.now

    def render(self, template: str, form: Any, status: int = 200) -> HttpResponse:
        """The page. Raises NotAllowed for somebody who may look only; what they post, the service refuses and keeps."""
        if not grants.may_grant(self.record, self.checker, grants.terms_of(self.grant).kind):
            raise not_allowed(self.record)
        shown = {"record": self.record, "grant": self.grant, "form": form}
        shown |= {
            "back": self.back_url,
            "now": self.now,
            "reach": reach_of(grants.terms_of(self.grant)),
            "urls": page_urls(self.record),
        }
        return render(self.request, template, shown, status=status)

    @property
    def back_url(self) -> str:
        """The page that led here, if it is one of all access; else the record's access page."""
        asked = self.request.GET.get("next", "")
        if asked.startswith(reverse("records:all_access")) and url_has_allowed_host_and_scheme(asked, None):
            return asked
        return reverse(self.record.page("access"), args=[self.record.pk])

    def back(self) -> HttpResponse:
        """To the page that led here."""
        return redirect(self.back_url)

    def gone(self) -> HttpResponse:
        """Back, saying that the grant has ended."""
        messages.warning(self.request, *refuse("grant_ended").messages())
        return self.back()


def grant_or_404(request: HttpRequest, kind: str, holder: str, pk: int) -> Any:
    """The grant with its holder's `name`, on a record that the person may see."""
    if kind not in GRANTS or holder not in ("user", "group"):
        raise Http404
    rows = GRANTS[kind][holder == "group"].objects.annotate(name=holder_name(holder)).select_related("granted_by")
    found: Any = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    found.content_object = record_or_404(request, RECORDS[kind], found.content_object_id)
    return found


@require_http_methods(["GET", "HEAD", "POST"])
def grant_change(request: HttpRequest, kind: str, holder: str, pk: int) -> HttpResponse:
    """Extend or shorten a grant."""
    page = GrantPage(request, kind, holder, pk)
    if page.has_ended:
        return page.gone()
    form = change_form(request, page.grant, page.checker, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _change(page, form)
    return page.render("records/grant_change.html", form, 422 if form.is_bound else 200)


def _change(page: GrantPage, form: Any) -> HttpResponse:
    terms = form.terms()
    try:
        seen = form.cleaned_data["version"]
        grants.change_grant(grant=page.grant, seen_version=seen, terms=terms, **said(page.request, form))
    except Refused as no:
        if "grant_ended" in no.codes:
            return page.gone()
        refuse_on(form, no, page.record)
        return page.render("records/grant_change.html", form, 422)
    except StaleRecord as stale:
        return _look_again(page, stale.record)
    messages.success(page.request, granted(grants.holder_of(page.grant), terms))
    return page.back()


def _look_again(page: GrantPage, current: Any) -> HttpResponse:
    """What was typed, over the grant as somebody else left it."""
    data = page.request.POST.copy()
    data["version"] = current.version
    form = change_form(page.request, page.grant, page.checker, data)
    until = format_time(current.until, timezone.get_current_timezone())
    words = _("Somebody changed this grant meanwhile: it now ends on %(until)s. Look again before you change it.")
    form.add_error(None, words % {"until": until})
    page.grant.until, page.grant.why = current.until, current.why
    return page.render("records/grant_change.html", form, 409)


@require_http_methods(["GET", "HEAD", "POST"])
def grant_revoke(request: HttpRequest, kind: str, holder: str, pk: int) -> HttpResponse:
    """Ask for the reason, then end the grant."""
    page = GrantPage(request, kind, holder, pk)
    if page.has_ended:
        return page.gone()
    form = WhyForm(request.POST if request.method == "POST" else None, auto_id="revoke_%s")
    if not form.is_bound or not form.is_valid():
        return page.render("records/grant_revoke.html", form, 422 if form.is_bound else 200)
    try:
        grants.revoke(grant=page.grant, **said(request, form))
    except Refused as no:
        if "grant_ended" in no.codes:
            return page.gone()
        refuse_on(form, no, page.record)
        return page.render("records/grant_revoke.html", form, 422)
    messages.success(request, _("The grant to %(name)s is revoked.") % {"name": page.grant.name})
    return page.back()
