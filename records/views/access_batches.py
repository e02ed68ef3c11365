"""A batch of grants: what it gave, what of it stands, and revoking that as one act."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from audit.ids import id_in
from audit.times import now
from records.access_panel import days_in_words
from records.batch_rows import batches_for, find_batch, page_of
from records.forms.access import WhyForm
from records.models import Batch
from records.person_access import type_names
from records.refusals import Refused
from records.services.grant_batches import GIVEN, revoke_many

from .access import said
from .all_access import granters_only


@require_safe
@granters_only
def access_batches(request: HttpRequest) -> HttpResponse:
    """The newest batches of grants, and of revoking them."""
    rows = [_about(batch) for batch in batches_for(request.user)]
    return render(request, "records/access_batches.html", {"tab": "batches", "rows": rows})


@require_safe
@granters_only
def access_batch(request: HttpRequest, pk: int) -> HttpResponse:
    """What the batch gave or revoked, and how that is now."""
    batch, start = _batch_or_404(request, pk), id_in(request.GET.get("after", "")) or 0
    page = page_of(batch, request.user, now(), start)
    return render(request, "records/access_batch.html", _about(batch) | {"page": page, "started": start})


@require_http_methods(["GET", "HEAD", "POST"])
@granters_only
def access_batch_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for the reason, then end what stands of the batch."""
    batch = _batch_or_404(request, pk)
    if batch.kind != GIVEN:
        raise Http404
    form = WhyForm(request.POST if request.method == "POST" else None, auto_id="revoke_%s")
    standing = page_of(batch, request.user, now()).standing
    if not form.is_bound or not form.is_valid():
        context = _about(batch) | {"form": form, "standing": standing}
        return render(request, "records/access_batch_revoke.html", context, status=422 if form.is_bound else 200)
    try:
        done = revoke_many(batch=batch, **said(request, form))
    except Refused as no:
        messages.warning(request, " ".join(no.messages()))
        return redirect("records:access_batch", batch.pk)
    count = done.batch.count
    words = ngettext("%(count)s grant is revoked.", "%(count)s grants are revoked.", count)
    messages.success(request, words % {"count": f"{count:,}"})
    return redirect("records:access_batch", done.batch.pk)


def _batch_or_404(request: HttpRequest, pk: int) -> Batch:
    batch = find_batch(pk, request.user)
    if batch is None:
        raise Http404
    return batch


def _about(batch: Batch) -> dict[str, Any]:
    """The batch and its terms, as it was given."""
    facts = batch.facts
    redates = facts.get("right") == "redate"
    return {
        "batch": batch,
        "minute": batch.at.replace(second=0, microsecond=0),
        "given": batch.kind == GIVEN,
        "title": _("Batch of grants") if batch.kind == GIVEN else _("Revoked grants"),
        "types": type_names()[batch.record_type],
        "until": parse_datetime(facts.get("until") or ""),
        "redates": redates,
        "reach": days_in_words(facts.get("days_back"), facts.get("longest_move")) if redates else "",
    }
