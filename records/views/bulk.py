"""Changing many at once: chosen on a list, previewed row by row, tried on a few, then the rest, or taken back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit import jobs
from audit.times import now, zone_label
from records.bulk_pages import figures_of, months_of, rows_of
from records.filters import ListFilter
from records.forms.bulk import WAYS, BulkForm, MoveForm, OwnerForm, initial_of
from records.lists import LISTS
from records.models import RECORDS, BulkChange, Reason
from records.refusals import Refused
from records.services import bulk_changes
from records.services.bulk_changes import ARCHIVE, AT_ONCE, MOST, MOVE, OWNER
from records.services.bulk_requests import ask_many

from .bulk_export import export

TRIED = 5  # rows of a trial where none are chosen
TITLES = {
    MOVE: gettext_lazy("Change entry times"),
    OWNER: gettext_lazy("Assign owner"),
    ARCHIVE: gettext_lazy("Archive"),
}


@require_POST
def bulk_new(request: HttpRequest, record_type: str) -> HttpResponse:
    """From the rows picked on a list, or all that its filter matches: a bulk change, or a file of them."""
    if record_type not in RECORDS:
        raise Http404
    kind, query = request.POST.get("do", ""), request.POST.get("query", "")[:4000]
    if kind not in (MOVE, OWNER, ARCHIVE, "csv", "xlsx"):
        raise Http404
    rows = _chosen(request, record_type, query)
    if kind in ("csv", "xlsx"):
        return export(request, rows, kind, query)
    ids = list(rows.values_list("pk", flat=True)[: MOST + 1])
    model: Any = RECORDS[record_type]
    if not ids or len(ids) > MOST:
        sentence = _("Choose at least one row.") if not ids else _("A page changes up to %(most)s rows at once. ")
        more = _("Narrow the filter, or use manage.py change_entry_time.") if ids else ""
        messages.warning(request, sentence % {"most": f"{MOST:,}"} + more)
        return redirect(f"{reverse(model.page('list'))}?{query}")
    made = bulk_changes.begin_bulk(model=model, ids=ids, kind=kind, by=request.user, at=now(), asked=query)
    return redirect("records:bulk_detail", made.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def bulk_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What to do, and the preview of every row; a POST previews anew."""
    bulk = _bulk_or_404(request, pk)
    if request.method != "POST":
        return _show(request, bulk, _form(bulk))
    form = _form(bulk, request.POST)
    if bulk.state != BulkChange.State.PREVIEW or _under_way(bulk):
        messages.warning(request, _("This is begun. Choose rows on a list to change many again."))
        return redirect("records:bulk_detail", bulk.pk)
    if not form.is_valid():
        return _show(request, bulk, form, status=422)
    given = form.cleaned_data
    bulk.spec, bulk.note, bulk.on_moved = form.spec(), given["note"], given["on_moved"]
    bulk.reason = given.get("why", "")
    try:
        zone = timezone.get_current_timezone()
        bulk_changes.preview(bulk=bulk, by=request.user, at=now(), zone=zone)
    except Refused as no:
        form.add_error(None, " ".join(no.messages()))
        return _show(request, bulk, form, status=422)
    return redirect(f"{reverse('records:bulk_detail', args=[bulk.pk])}#preview")


@require_POST
def bulk_apply(request: HttpRequest, pk: int) -> HttpResponse:
    """Do what was previewed: `trial` to the rows picked (or the first few), `all` to every allowed row."""
    bulk = _bulk_or_404(request, pk)
    step = request.POST.get("step", "")[:40]
    if step != bulk_changes.step_of(bulk) or _under_way(bulk):
        messages.warning(request, _("Sent before, or previewed anew since. Look at the rows again."))
        return redirect("records:bulk_detail", bulk.pk)
    trail = {"remote_addr": request.remote_addr}  # type: ignore[attr-defined]
    only = _tried(request, bulk) if request.POST.get("do") == "trial" else None
    if only is None and figures_of(bulk).open > AT_ONCE:
        bulk_changes.ask_for_bulk(bulk=bulk, by=request.user, at=now(), trail=trail)
        return redirect("records:bulk_detail", bulk.pk)
    token = f"bulk-{bulk.pk}-{step}"
    try:
        made = bulk_changes.apply(bulk=bulk, by=request.user, clock=now, only=only, token=token, trail=trail)
    except Refused as no:
        messages.error(request, " ".join(no.messages()))
        return redirect("records:bulk_detail", bulk.pk)
    words = ngettext("%(n)d row is changed.", "%(n)d rows are changed.", made.done) % {"n": made.done}
    messages.success(request, words) if made.done else messages.warning(request, _("Nothing was changed."))
    return redirect("records:bulk_detail", bulk.pk)


@require_POST
def bulk_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the trial back."""
    bulk = _bulk_or_404(request, pk)
    if bulk.state != BulkChange.State.TRIAL:
        raise Http404
    trail = {"remote_addr": request.remote_addr}  # type: ignore[attr-defined]
    try:
        undone = bulk_changes.take_back(bulk=bulk, by=request.user, clock=now, trail=trail)
        bulk.refresh_from_db()
        bulk_changes.preview(bulk=bulk, by=request.user, at=now(), zone=timezone.get_current_timezone())
    except Refused as no:
        messages.error(request, " ".join(no.messages()))
        return redirect("records:bulk_detail", bulk.pk)
    count = len(undone.taken_back) if undone else 0
    words = ngettext("%(n)d row is taken back.", "%(n)d rows are taken back.", count) % {"n": count}
    messages.success(request, words)
    return redirect("records:bulk_detail", bulk.pk)


@require_POST
def bulk_ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask somebody else for the rows that need it, as one."""
    bulk = _bulk_or_404(request, pk)
    try:
        asked = ask_many(bulk=bulk, by=request.user, channel="bulk", clock=now, remote_addr=request.remote_addr)
    except Refused as no:
        messages.error(request, " ".join(no.messages()))
    else:
        count = len(asked.requests)
        words = ngettext("%(n)d change is asked for.", "%(n)d changes are asked for, as one.", count) % {"n": count}
        messages.success(request, words)
    return redirect("records:bulk_detail", bulk.pk)


@require_safe
def bulk_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far the work is; the page comes anew once it ended."""
    bulk = _bulk_or_404(request, pk)
    job = _under_way(bulk)
    response = render(request, "records/_bulk_progress.html", {"bulk": bulk, "job": job})
    if job is None:
        response.headers["HX-Refresh"] = "true"
    return response


def _chosen(request: HttpRequest, record_type: str, query: str) -> Any:
    """The rows of the list that are meant, as far as the person sees them."""
    listing = LISTS[record_type]
    rows = listing.model.objects.visible_to(request.user)
    if request.POST.get("all"):
        asked = ListFilter(QueryDict(query), listing.model, listing.filters, timezone.get_current_timezone())
        rows = asked.apply(rows, request.user) if asked.is_valid() else rows.none()
    else:
        rows = rows.filter(pk__in=_numbers(request.POST.getlist("pick")))
    return rows.order_by("pk")


def _tried(request: HttpRequest, bulk: BulkChange) -> list[int]:
    picked = _numbers(request.POST.getlist("pick"))
    allowed = bulk.rows.filter(verdict="ok", outcome="").order_by("pk").values_list("record_id", flat=True)
    return list(allowed.filter(record_id__in=picked)) if picked else list(allowed[:TRIED])


def _form(bulk: BulkChange, data: Any = None) -> BulkForm:
    zone = timezone.get_current_timezone()
    first = {"note": bulk.note, "on_moved": bulk.on_moved}
    if bulk.kind == OWNER:
        return OwnerForm(data, initial=first | bulk.spec)
    if bulk.kind == ARCHIVE:
        return BulkForm(data, initial=first)
    reasons = list(Reason.objects.filter(active=True).order_by("pk"))
    first |= initial_of(bulk.spec, zone) | {"why": bulk.reason}
    return MoveForm(data, initial=first, record_type=bulk.record_type, reasons=reasons)


def _show(request: HttpRequest, bulk: BulkChange, form: BulkForm, status: int = 200) -> HttpResponse:
    at, zone = now(), timezone.get_current_timezone()
    show, after = request.GET.get("v", ""), _numbers([request.GET.get("after", "")])
    rows, later = rows_of(bulk, request.user, at, show, after[0] if after else 0) if bulk.note else ([], None)
    model: Any = RECORDS[bulk.record_type]
    context = {
        "bulk": bulk,
        "title": TITLES[bulk.kind],
        "types": model._meta.verbose_name_plural,
        "list_url": f"{reverse(model.page('list'))}?{bulk.asked}",
        "form": form,
        "ways": _ways(form) if bulk.kind == MOVE else [],
        "figures": figures_of(bulk),
        "months": months_of(bulk, request.company.shown_zone),  # type: ignore[attr-defined]
        "rows": rows,
        "later": later,
        "show": show,
        "tried": TRIED,
        "job": _under_way(bulk),
        "step": bulk_changes.step_of(bulk),
        "why_not": _why_not(bulk),
        "batches": list(bulk.rows.exclude(batch=None).values_list("batch", flat=True).distinct().order_by("batch")),
        "zone": zone_label(zone, at),
        "now_text": at.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
    }
    return render(request, "records/bulk_detail.html", context, status=status)


def _ways(form: BulkForm) -> list[tuple[Any, ...]]:
    """(name, label, small words, whether it is chosen)."""
    return [(name, *words, form["how"].value() == name) for name, words in WAYS.items()]


def _under_way(bulk: BulkChange) -> Any:
    job = jobs.look(bulk.job) if bulk.job else None
    return job if job is not None and not job.is_over else None


def _why_not(bulk: BulkChange) -> str:
    """Why the work that was asked for changed nothing; "" where it did, or goes on."""
    job = jobs.look(bulk.job) if bulk.job and bulk.state != BulkChange.State.DONE else None
    if job is None or not job.is_over:
        return ""
    return " ".join(job.result.get("refused", [])) or _("The work has ended and changed nothing.")


def _bulk_or_404(request: HttpRequest, pk: int) -> BulkChange:
    found = BulkChange.objects.filter(pk=pk, by=request.user.pk).first()
    if found is None:
        raise Http404
    return found


def _numbers(texts: list[str]) -> list[int]:
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19]
