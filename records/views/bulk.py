"""Changing many at once: chosen on a list, and previewed row by row."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from audit import jobs
from audit.findings.standing import is_idle
from audit.ids import id_in
from audit.times import now, zone_label
from records.bulk_choosing import matching, ticked
from records.bulk_months import MOST as MOST_OF_MONTH
from records.bulk_months import months_of
from records.bulk_pages import figures_of, rows_of
from records.bulk_words import number_of, what_of
from records.forms.bulk import BulkForm, MoveForm, OwnerForm, initial_of
from records.models import RECORDS, BulkChange, Reason
from records.refusals import Refused
from records.services import bulk_changes
from records.services.bulk_changes import ARCHIVE, MOVE, OWNER
from records.services.bulk_preview import preview
from records.services.bulk_work import CHOOSE, LOOKED_AT_ONCE, MOST, PREVIEW, ask_for, is_gathered, under_way

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
    model: Any = RECORDS[record_type]
    back = f"{reverse(model.page('list'))}?{query}"
    zone, picked = timezone.get_current_timezone(), numbers_in(request.POST.getlist("pick"))
    every = bool(request.POST.get("all"))
    rows = matching(record_type, query, request.user, zone) if every else ticked(record_type, picked, request.user)
    if not rows.exists():
        messages.warning(request, _("Choose at least one row."))
        return redirect(back)
    if kind in ("csv", "xlsx"):
        return export(request, rows, kind, query if every else None)
    number = rows.values("pk")[: MOST + 1].count()
    if number > MOST:
        words = _("A page changes up to %(most)s rows at once. Narrow the filter, or use manage.py change_entry_time.")
        messages.warning(request, words % {"most": f"{MOST:,}"})
        return redirect(back)
    made = _begin(request, rows, kind, query, number)
    return redirect("records:bulk_detail", made.pk)


def _begin(request: HttpRequest, rows: Any, kind: str, query: str, number: int) -> BulkChange:
    """The bulk change of these rows; very many are taken in by the worker."""
    given: dict[str, Any] = {"model": rows.model, "kind": kind, "by": request.user, "at": now(), "asked": query}
    if number <= LOOKED_AT_ONCE:
        return bulk_changes.begin_bulk(ids=list(rows.values_list("pk", flat=True)), **given)
    made = bulk_changes.new_bulk(**given)
    zone = str(timezone.get_current_timezone())
    ask_for(made, CHOOSE, by=request.user, at=given["at"], total=number, zone=zone)
    return made


@require_http_methods(["GET", "HEAD", "POST"])
def bulk_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What to do, and the preview of every row; a POST previews anew."""
    bulk = own_or_404(request, pk)
    if request.method != "POST":
        return _show(request, bulk, _form(bulk))
    form = _form(bulk, request.POST)
    if bulk.state != BulkChange.State.PREVIEW or under_way(bulk) or not is_gathered(bulk):
        messages.warning(request, _("This is begun. Choose rows on a list to change many again."))
        return redirect("records:bulk_detail", bulk.pk)
    if not form.is_valid():
        return _show(request, bulk, form, status=422)
    try:
        _preview(request, bulk, form)
    except Refused as no:
        form.add_error(None, " ".join(no.messages()))
        return _show(request, bulk, form, status=422)
    return redirect(f"{reverse('records:bulk_detail', args=[bulk.pk])}#preview")


def _preview(request: HttpRequest, bulk: BulkChange, form: BulkForm) -> None:
    """Preview as the form says; very many rows are judged by the worker. Raises Refused owner."""
    given, zone = form.cleaned_data, timezone.get_current_timezone()
    said = {"spec": form.spec(), "reason": given.get("why", ""), "note": given["note"], "on_moved": given["on_moved"]}
    number = bulk.rows.count()
    if number > LOOKED_AT_ONCE:
        ask_for(bulk, PREVIEW, by=request.user, at=now(), total=number, said=said, zone=str(zone))
        return
    for name, value in said.items():
        setattr(bulk, name, value)
    with transaction.atomic():
        preview(bulk=bulk, by=request.user, at=now(), zone=zone)


def _form(bulk: BulkChange, data: Any = None) -> BulkForm:
    zone = timezone.get_current_timezone()
    first = {"note": bulk.note, "on_moved": bulk.on_moved}
    if bulk.kind == OWNER:
        owner = {"owner": bulk_changes.owner_of(bulk)} if "owner" in bulk.spec else {}
        return OwnerForm(data, initial=first | owner)
    if bulk.kind == ARCHIVE:
        return BulkForm(data, initial=first)
    reasons = list(Reason.objects.filter(active=True).order_by("pk"))
    first |= initial_of(bulk.spec, zone) | {"why": bulk.reason}
    batch = bulk.spec.get("batch", 0)
    return MoveForm(data, initial=first, record_type=bulk.record_type, reasons=reasons, batch=batch)


def _show(request: HttpRequest, bulk: BulkChange, form: BulkForm, status: int = 200) -> HttpResponse:
    at, zone = now(), timezone.get_current_timezone()
    show, after = request.GET.get("v", ""), id_in(request.GET.get("after", "")) or 0
    rows, later = rows_of(bulk, request.user, at, show, after) if bulk.note else ([], None)
    months, more_months = months_of(bulk, request.user, request.company.shown_zone)  # type: ignore[attr-defined]
    job = under_way(bulk)
    model: Any = RECORDS[bulk.record_type]
    context = {
        "bulk": bulk,
        "title": TITLES[bulk.kind],
        "types": model._meta.verbose_name_plural,
        "list_url": f"{reverse(model.page('list'))}?{bulk.asked}",
        "form": form,
        "ways": _ways(form),
        "what": what_of(bulk, zone),
        "owner": bulk_changes.owner_of(bulk) if bulk.spec.get("owner") else None,
        "figures": figures_of(bulk, request.user, at),
        "months": months,
        "more_months": more_months,
        "most_of_month": MOST_OF_MONTH,
        "rows": rows,
        "later": later,
        "show": show,
        "tried": TRIED,
        "job": job,
        "idle": job is not None and is_idle(job, at),
        "gathered": is_gathered(bulk),
        "step": bulk_changes.step_of(bulk),
        "why_not": _why_not(bulk),
        "batches": [(batch, number_of(batch)) for batch in _batches(bulk)],
        "zone": zone_label(zone, at),
        "now_text": at.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
    }
    return render(request, "records/bulk_detail.html", context, status=status)


def _batches(bulk: BulkChange) -> list[int]:
    """The batches that stand; one of a trial taken back does not."""
    return list(bulk.rows.exclude(batch=None).values_list("batch", flat=True).distinct().order_by("batch"))


def _ways(form: BulkForm) -> list[tuple[Any, ...]]:
    """(name, label, small words, whether it is chosen)."""
    ways = form.ways if isinstance(form, MoveForm) else {}
    return [(name, *words, form["how"].value() == name) for name, words in ways.items()]


def _why_not(bulk: BulkChange) -> str:
    """Why the work that was asked for changed nothing; "" where it did, or goes on."""
    job = jobs.look(bulk.job) if bulk.job and bulk.state != BulkChange.State.DONE else None
    if job is None or not job.is_over:
        return ""
    return " ".join(job.result.get("refused", [])) or _("The work has ended and changed nothing.")


def own_or_404(request: HttpRequest, pk: int) -> BulkChange:
    """The bulk change, for who began it."""
    found = BulkChange.objects.filter(pk=pk, by=request.user.pk).first()
    if found is None:
        raise Http404
    return found


def numbers_in(texts: list[str]) -> list[int]:
    """Those that can be ids."""
    return [pk for text in texts if (pk := id_in(text)) is not None]
