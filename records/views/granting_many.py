"""A grant on all records of a list: what it would do, then doing it as one batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from audit.times import now
from records.access import Checker
from records.filters import ListFilter
from records.forms.granting_many import ManyForm
from records.lists import LISTS
from records.models.access import GRANTABLE
from records.refusals import Refused, sentence
from records.services.grant_batches import MOST, Foreseen, foresee_many, grant_many
from records.services.grants import may_grant

from .access import FIELDS, company_zone, said
from .all_access import granters_only

PREVIEWED, NAMED = 20, 5


class ManyPage:
    """The list that the address filters, before somebody who may grant on some of it."""

    def __init__(self, request: HttpRequest, kind: str) -> None:
        if kind not in LISTS:
            raise Http404
        self.request, self.kind, self.listing = request, kind, LISTS[kind]
        self.now = now()
        self.checker = Checker(request.user, self.now)
        zone = timezone.get_current_timezone()
        self.filter = ListFilter(request.GET, self.listing.model, self.listing.filters, zone)
        self.records: list[Any] = self._records() if self.filter.is_valid() else []
        self.checker.prefetch_perms(self.records[:MOST])

    def _records(self) -> list[Any]:
        """At most one more than a batch may hold, newest first."""
        user, joins = self.request.user, ["owner"] + ["customer"] * (self.kind != "customer")
        rows = self.filter.apply(self.listing.model.objects.visible_to(user), user)
        return list(rows.select_related(*joins).order_by("-entered_at", "-id")[: MOST + 1])

    @property
    def too_many(self) -> bool:
        """Whether the list holds more than one batch may."""
        return len(self.records) > MOST

    @property
    def open_to(self) -> int:
        """On how many of them the person may grant anything at all."""
        return sum(any(may_grant(record, self.checker, kind) for kind in GRANTABLE) for record in self.records)

    def form(self, data: Any = None) -> ManyForm | None:
        """The form; None where there is nothing to grant on."""
        if not self.records or self.too_many or not self.open_to:
            return None
        return ManyForm(data, records=self.records, checker=self.checker, zone=company_zone(self.request))

    def render(self, form: ManyForm | None, *, status: int = 200, **more: Any) -> HttpResponse:
        """The page."""
        context = {
            "page": self,
            "form": form,
            "now": self.now,
            "filter": self.filter,
            "most": f"{MOST:,}",
            "count": len(self.records),
            "closed": len(self.records) - self.open_to,
            "previewed": self.records[:PREVIEWED],
            "list_url": f"{reverse(self.listing.model.page('list'))}?{self.request.GET.urlencode()}",
        }
        return render(self.request, "records/access_many.html", context | more, status=status)

    def foresee(self, form: ManyForm) -> Foreseen:
        """What it would do. Raises Refused for what is wrong with the terms."""
        asked = form.cleaned_data
        extend = asked["standing"] == "extend"
        return foresee_many(self.records, asked["to"], form.terms(), asked["why"], self.checker, extend=extend)


@require_http_methods(["GET", "HEAD", "POST"])
@granters_only
def access_many(request: HttpRequest, kind: str) -> HttpResponse:
    """GET shows the list and the form; POST shows what it would do, and does it once that is confirmed."""
    page = ManyPage(request, kind)
    if request.method != "POST":
        return page.render(page.form(), status=200 if page.filter.is_valid() else 422)
    form = page.form(request.POST)
    if form is None or not form.is_valid():
        return page.render(form, status=422)
    confirmed = "confirmed" in request.POST
    try:
        if confirmed and form.cleaned_data["seen"] == form.fingerprint:
            return _grant(page, form)
        plan = page.foresee(form)
    except Refused as no:
        for finding in no.findings:
            field = FIELDS.get(finding.code)
            form.add_error(field if field in form.fields else None, sentence(finding))
        return page.render(form, status=422)
    shown = _seen_now(page, form)
    if confirmed:
        shown.add_error(None, _("The list or the terms have changed since you looked. Look again."))
    return page.render(shown, plan=plan, left=left_out(plan), status=409 if confirmed else 200)


def _grant(page: ManyPage, form: ManyForm) -> HttpResponse:
    asked, terms = form.cleaned_data, form.terms()
    facts = {
        "name": form.name,
        "list": page.request.GET.urlencode(),
        "right": asked["right"],
        "until": terms.until.isoformat() if terms.until else "",
        "days_back": terms.window.days_back,
        "longest_move": terms.longest_move,
        "covers": terms.covers,
    }
    done = grant_many(
        records=page.records,
        to=asked["to"],
        terms=terms,
        token=asked["token"],
        extend=asked["standing"] == "extend",
        facts=facts,
        **said(page.request, form),
    )
    count = done.batch.count
    words = ngettext("Granted on %(count)s record.", "Granted on %(count)s records.", count)
    messages.success(page.request, words % {"count": f"{count:,}"})
    return redirect("records:access_batch", done.batch.pk)


def _seen_now(page: ManyPage, form: ManyForm) -> ManyForm:
    """The form as it was sent, and keeping what is shown with it."""
    data = form.data.copy()
    data["seen"] = form.fingerprint
    fresh = page.form(data)
    assert fresh is not None  # noqa: S101 the same page made the first one
    fresh.is_valid()
    return fresh


def left_out(plan: Foreseen) -> list[dict[str, Any]]:
    """Why records are left out: a sentence, how many, and the first few."""
    words = {
        "grant_right": _("You may not grant this right on them."),
        "grant_stands": _("It is granted there already, and left as it is."),
        "grant_ceiling": _("It is more than you hold there."),
    }
    return [
        {"why": words.get(code, code), "count": len(records), "records": records[:NAMED], "more": _more(records)}
        for code, records in sorted(plan.refused.items())
    ]


def _more(records: Sequence[Any]) -> int:
    return max(0, len(records) - NAMED)
