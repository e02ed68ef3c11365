"""All access on one page: by grant, by person, by record, and checking a person."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit.times import now
from records.access_panel import SHOWN as MOST_SHOWN
from records.all_grants import GrantPage, Wanted, listed
from records.checking import check_person, exceptions_of
from records.finding_records import find_records, record_of
from records.forms.all_access import SHOWS, CheckForm, GrantFilter, PersonForm
from records.models.access import person
from records.person_access import owner_rules_for, roles_of
from records.who_may import who_hold

from .not_allowed import NotAllowed

View = Callable[..., HttpResponse]


def granters_only(view: View) -> View:
    """403 with a sentence, and the names of those who may grant, for everybody else."""

    @functools.wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "grant_access" not in person(request.user).permissions:
            raise NotAllowed(_("Access is for those who may grant rights."), helpers=who_hold("grant_access"))
        return view(request, *args, **kwargs)

    return run


@require_safe
@granters_only
def all_access(request: HttpRequest) -> HttpResponse:
    """The grants that the person may give and end, on all records; filtered by the address."""
    form, at = GrantFilter(request.GET), now()
    page = GrantPage([])
    if form.is_valid():
        keys = {name: request.GET.get(name, "") for name in ("after", "before")}
        page = listed(form.wanted(), request.user, at, **keys)
    shown = request.GET.get("show", "")
    context = {
        "tab": "grants",
        "filter": form,
        "page": page,
        "now": at,
        "shows": [(label, _address(request, show=show), show == shown) for show, label in SHOWS],
        "ended": shown in ("ended", "quick"),
        "quick": shown == "quick",
        "earlier": page.before and _address(request, before=page.before),
        "later": page.after and _address(request, after=page.after),
        "next": urlencode({"next": request.get_full_path()}),
    }
    return render(request, "records/all_access.html", context, status=200 if form.is_valid() else 422)


def _address(request: HttpRequest, **changes: str) -> str:
    """This list with other words in its address, on its first page."""
    query = request.GET.copy()
    for name in ("after", "before", *changes):
        query.pop(name, None)
    for name, value in changes.items():
        if value:
            query[name] = value
    return f"?{query.urlencode()}"


@require_safe
@granters_only
def access_person(request: HttpRequest) -> HttpResponse:
    """What the person named by `?person=` may, and through what."""
    form, at = PersonForm(request.GET or None), now()
    found = form.found()
    context = {"tab": "person", "form": form, "found": found, "now": at}
    if found is not None:
        context |= _of_person(request, found, at)
    return render(request, "records/access_person.html", context, status=422 if form.errors else 200)


def _of_person(request: HttpRequest, found: Any, at: Any) -> dict[str, Any]:
    who = person(found)
    wanted = Wanted(users=frozenset({found.pk}), groups=who.groups)
    return {
        "roles": roles_of(found) if found.is_active else [],
        "owner_rules": owner_rules_for(found) if found.is_active else [],
        "page": listed(wanted, request.user, at, size=MOST_SHOWN),
        "exceptions": exceptions_of(who, at),
        "next": urlencode({"next": request.get_full_path()}),
    }


@require_safe
@granters_only
def access_record(request: HttpRequest) -> HttpResponse:
    """The records named by `?q=`: the access page of the one, or a choice of several."""
    typed = request.GET.get("q", "").strip()[:240]
    found = find_records(request.user, typed)
    if len(found) == 1:
        return redirect(found[0].page("access"), found[0].pk)
    addresses = [(record, reverse(record.page("access"), args=[record.pk])) for record in found]
    return render(request, "records/access_record.html", {"tab": "record", "typed": typed, "found": addresses})


@require_safe
@granters_only
def access_check(request: HttpRequest) -> HttpResponse:
    """Whether the person named by `?person=` may change the entry time of the record `?record=`, and why."""
    form = CheckForm(request.GET if request.GET else None)
    context: dict[str, Any] = {"tab": "check", "form": form}
    who = form.found()
    if who is not None:
        typed = form.cleaned_data["record"]
        one = record_of(request.user, typed)
        found = [one] if one else find_records(request.user, typed)
        if not found:
            form.add_error(
                "record", _("No record is called so. Write a number like C-2026-0317, or words of the name.")
            )
        elif len(found) == 1:
            context["checked"] = check_person(who, found[0], now())
            context["access_url"] = reverse(found[0].page("access"), args=[found[0].pk])
        else:
            context["choices"] = [(record, _check_address(who, record)) for record in found]
    return render(request, "records/access_check.html", context, status=422 if form.errors else 200)


def _check_address(who: Any, record: Any) -> str:
    query = urlencode({"person": who.pk, "record": f"{record._meta.model_name}:{record.pk}"})
    return f"{reverse('records:access_check')}?{query}"
