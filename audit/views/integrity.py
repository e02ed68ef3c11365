"""Whether the trail is whole: the last check, the seals, what was found, and why it is fine."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit import jobs, keys, seals
from audit.findings import about, listing, tellers
from audit.findings.explaining import CannotExplain, explain
from audit.findings.links import links
from audit.findings.standing import Standing, open_findings, standing
from audit.ids import id_in
from audit.models import Finding, Job, Seal
from audit.times import now
from audit.verify.keeping import SOURCE as TRAIL
from audit.verify.marks import digest

from .gate import verifiers_only

CHAIN, WAITING = 6, 1_000  # seals shown, and rows counted
TIMES = about.TIMES


@require_safe
@verifiers_only
def integrity(request: HttpRequest) -> HttpResponse:
    """The page; while a check runs, htmx asks for the verdict alone, and for the whole page once it is over."""
    at = now()
    trail = standing(tellers()[TRAIL], at)
    if request.GET.get("looking"):
        return _verdict(request, trail)
    state = request.GET.get("state", "open")
    found = listing.page(
        state if state in listing.STATES else "open",
        request.user,
        after=_number(request, "after"),
        before=_number(request, "before"),
    )
    context = {
        "section": "integrity",
        "standing": trail,
        "times": standing(tellers()[TIMES], at),
        "looked_for": tellers()[TIMES].looked_for(),
        "open": open_findings(),
        "counted": listing.COUNTED,
        "state": state if state in listing.STATES else "open",
        "page": found,
        **_seals(at),
    }
    return render(request, "audit/integrity.html", context)


def _verdict(request: HttpRequest, trail: Standing) -> HttpResponse:
    """How far the check is; once it is over the browser loads the page anew."""
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect("audit:integrity")
    response = render(request, "audit/_integrity_verdict.html", {"standing": trail})
    if trail.state != "running":
        response["HX-Refresh"] = "true"
    return response


class Ring(NamedTuple):
    """A seal as the page shows it: to the minute."""

    number: int
    at: dt.datetime
    count: int
    head: str


def _seals(at: dt.datetime) -> dict[str, Any]:
    newest = Seal.objects.order_by("-number").values_list("number", "at", "count", "head")[:CHAIN]
    chain = [Ring(number, _minute(made), count, head) for number, made, count, head in newest][::-1]
    return {
        "chain": chain,
        "last_seal": chain[-1] if chain else None,
        "waiting": seals.waiting(WAITING + 1),
        "most": WAITING,
        "next_due": _minute(seals.next_due(lambda: at)),
        "keyed": keys.usable(settings.SEAL_KEY),
        "every": settings.SEAL_EVERY,
        "heads": bool(settings.SEAL_HEADS or settings.SEAL_MAIL),
    }


def _minute(at: dt.datetime) -> dt.datetime:
    return at.replace(second=0, microsecond=0)


def _number(request: HttpRequest, name: str) -> int:
    """A key of the address; 0 for what is none."""
    return id_in(request.GET.get(name, "")) or 0


@require_POST
@verifiers_only
def integrity_verify(request: HttpRequest) -> HttpResponse:
    """Ask the worker to check the trail now, or the entry times; once, where that is asked for already."""
    teller = tellers()[TIMES if request.POST.get("what") == TIMES else TRAIL]
    waiting = Job.objects.filter(kind=teller.work, state__in=(Job.State.WAITING, Job.State.RUNNING))
    if waiting.exists():
        messages.info(request, _("A check is under way already."))
    else:
        jobs.ask_for(kind=teller.work, by=request.user, at=now())
        messages.success(request, _("The check begins. It goes on when you leave the page."))
    return redirect("audit:integrity")


@require_http_methods(["GET", "HEAD", "POST"])
@verifiers_only
def integrity_finding(request: HttpRequest, pk: int) -> HttpResponse:
    """One finding; posting says why it is fine: 422 where the words are too short, 403 on one's own change."""
    if pk >= 2**63:
        raise Http404
    finding = get_object_or_404(Finding, pk=pk)
    words, error = "", ""
    if request.method == "POST":
        words = request.POST.get("words", "")
        try:
            who = {"by": request.user, "clock": now, "remote_addr": request.remote_addr}  # type: ignore[attr-defined]
            explain(finding=finding, words=words, seen=request.POST.get("seen", ""), **who)
        except CannotExplain as no:
            if no.refused:
                raise PermissionDenied(no.message) from no
            error = no.message
        else:
            messages.success(request, _("Kept: looked at, and fine."))
            return redirect("audit:integrity_finding", pk)
        finding.refresh_from_db()
    return _one(request, finding, words, error)


def _one(request: HttpRequest, finding: Finding, words: str, error: str) -> HttpResponse:
    shown = listing.shown([finding], request.user)[0]
    context = {
        "section": "integrity",
        "shown": shown,
        "finding": finding,
        "links": links(shown, request.user),
        "own": request.user.pk in about.people_of(finding),
        "words": words,
        "seen": digest(finding.facts),
        "error": error,
    }
    return render(request, "audit/integrity_finding.html", context, status=422 if error else 200)
