"""The review: the queue of changes, and signing one off."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import OperationalError
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from audit.models import ReviewItem
from audit.times import now
from records.forms.review import ReviewForm
from records.models.access import person
from records.refusals import Refused
from records.review_figures import figures
from records.review_queue import ReviewQueue, Shown, shown
from records.services.review_filling import fill_queue
from records.services.reviews import RIGHT, Seen, had_a_hand, record_of, rows_of, sign_off, turn_away
from records.who_may import who_hold

from .not_allowed import NotAllowed
from .rules_gate import how

View = Callable[..., HttpResponse]
LISTED = 10  # changes of a batch that are shown one by one
WHO = {"review_right", "review_own", "see_right", "inactive"}


def reviewers_only(view: View) -> View:
    """403 with a sentence and the names of those who review; what others post is refused and kept."""

    @functools.wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if RIGHT not in person(request.user).permissions:
            if request.method == "POST":
                with contextlib.suppress(Refused):
                    turn_away(**how(request))
            raise NotAllowed(_("Changes are reviewed by auditors."), helpers=who_hold(RIGHT))
        return view(request, *args, **kwargs)

    return run


@require_safe
@reviewers_only
def review(request: HttpRequest) -> HttpResponse:
    """What waits, the riskiest first; `?state=` done or back, `?flag=`, `?who=`."""
    with contextlib.suppress(OperationalError):  # somebody writes for long: the worker fills it then
        fill_queue(now)
    zone = request.company.shown_zone  # type: ignore[attr-defined]
    context = {"queue": ReviewQueue(request.user, request.GET), "figures": figures(now(), zone)}
    return render(request, "records/review.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@reviewers_only
def review_item(request: HttpRequest, pk: int) -> HttpResponse:
    """One change: before, after, why it ranks so. POST says that it is in order, or sends it back."""
    page = ItemPage(request, pk)
    if request.method != "POST":
        return page.render(ReviewForm(initial={"seen": Seen.of(page.item)}, label_suffix=""))
    form = ReviewForm(request.POST, label_suffix="")
    if not form.is_valid():
        return page.render(form, status=422)
    try:
        sign_off(
            item=page.item,
            record=page.record,
            **form.cleaned_data,
            **how(request),
        )
    except Refused as no:
        return page.refused(form, no)
    sent = _("Sent back. Who made the change was asked to explain or correct it.")
    messages.success(request, _("Signed off: in order.") if form.cleaned_data["outcome"] == "ok" else sent)
    return page.leave()


class ItemPage:
    """One item with its record; 404 where the reviewer may not see that."""

    def __init__(self, request: HttpRequest, pk: int) -> None:
        self.request: Any = request
        self.item = get_object_or_404(ReviewItem, pk=pk)
        self.record = record_of(self.item, request.user)
        if self.record is None:
            raise Http404

    @property
    def shown(self) -> Shown:
        """What is shown of it."""
        return shown([self.item], self.request.user, self.record)[0]

    def render(self, form: ReviewForm, status: int = 200) -> HttpResponse:
        """The page; for htmx the dialog alone."""
        each = self.shown
        context = {
            "each": each,
            "form": form,
            "reasons": each.why(self.request.company.shown_zone),
            "mine": had_a_hand(self.item, self.request.user.pk),
            "listed": self._listed(),
        }
        name = "_review_dialog" if self.request.htmx else "review_item"
        return render(self.request, f"records/{name}.html", context, status=status)

    def _listed(self) -> list[dict[str, Any]]:
        """Of a batch the changes that moved furthest."""
        if self.item.rows == 1:
            return []
        columns = ("id", "number", "previous_entered_at", "entered_at")
        forwards = rows_of(self.item).order_by(F("entered_at") - F("previous_entered_at"))
        rows = [*forwards.values(*columns)[:LISTED], *forwards.reverse().values(*columns)[:LISTED]]
        found = {row["id"]: row for row in rows}
        return sorted(found.values(), key=lambda row: -abs(row["entered_at"] - row["previous_entered_at"]))[:LISTED]

    def refused(self, form: ReviewForm, no: Refused) -> HttpResponse:
        """The page with the sentence, as things stand now; 403 for who may not review it."""
        for sentence in no.messages():
            form.add_error("note" if "review_note" in no.codes else None, sentence)
        self.item.refresh_from_db()
        form.data = form.data.copy()
        form.data["seen"] = str(Seen.of(self.item))
        status = 403 if WHO & set(no.codes) else 409 if "review_changed" in no.codes else 422
        return self.render(form, status=422 if self.request.htmx else status)  # htmx shows only that one

    def leave(self) -> HttpResponse:
        """Back to the queue, from the page as from the dialog."""
        back = redirect("records:review")
        return HttpResponseClientRedirect(back.url) if self.request.htmx else back
