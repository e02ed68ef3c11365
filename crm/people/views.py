"""People, for administrators: the list, adding, changing, and whether they may sign in."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from audit import times
from crm.models import Role, Team, User

from . import services
from .finding import Filters, find, tab_counts, to_minute
from .gate import administrators_only
from .invitation import invite
from .person_forms import NewPersonForm, PersonForm, WhyForm
from .saving import ask, page
from .told import story_of
from .weight import weight_of


@require_safe
@administrators_only
def people(request: HttpRequest) -> HttpResponse:
    """Everybody who may sign in or once might."""
    filters = Filters.of(request.GET)
    found = find(filters)
    shown = {
        "people": found,
        "active": sum(person.is_active for person in found),
        "filters": filters,
        "roles": Role.objects.all(),
        "teams": Team.objects.all(),
        "counts": tab_counts(),
    }
    return render(request, "crm/people.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def person_new(request: HttpRequest) -> HttpResponse:
    """Add a person; without a password they get a mail with a link."""
    form = NewPersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        added = ask(request, form, services.add_person, **form.values())
        if added is not None:
            _say_added(request, added, form.cleaned_data["first"])
            return redirect("person", added.pk)
    return page(request, "crm/person_new.html", form=form)


def _say_added(request: HttpRequest, added: User, first: str) -> None:
    if first == "set":
        messages.success(request, _("%(name)s was added.") % {"name": added})
    elif invite(added):
        messages.success(request, _("%(name)s was added, and gets a mail to set a password.") % {"name": added})
    else:
        said = _(
            "%(name)s was added, but the mail could not be sent. “Forgot password?” on the sign-in page sends one."
        )
        messages.warning(request, said % {"name": added})


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a person's name, e-mail, roles and team; beside it, what was changed before."""
    found = get_object_or_404(User.objects.select_related("team"), pk=pk)
    form = PersonForm(request.POST or None, person=found)
    if request.method == "POST" and form.is_valid():
        seen = form.cleaned_data["seen"]
        changed = ask(request, form, services.change_person, person=found, seen=seen, **form.values())
        if changed is not None:
            name = {"name": form.cleaned_data["display_name"]}
            messages.success(request, _("%(name)s was changed.") % name if changed else _("Nothing was changed."))
            return redirect("people")
    return page(
        request,
        "crm/person.html",
        form=form,
        person=found,
        story=story_of(found),
        signed_in=to_minute(found.last_login),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def person_deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    """What it means, asked once; then the person may no longer sign in."""
    said = _("%(name)s can no longer sign in.")
    return _switch(request, pk, services.deactivate_person, "crm/person_deactivate.html", said)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def person_activate(request: HttpRequest, pk: int) -> HttpResponse:
    """The way back."""
    said = _("%(name)s may sign in again.")
    return _switch(request, pk, services.activate_person, "crm/person_activate.html", said)


def _switch(request: HttpRequest, pk: int, service: Callable[..., bool], template: str, said: str) -> HttpResponse:
    found = get_object_or_404(User, pk=pk)
    form = WhyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        answer = ask(request, form, service, person=found, note=form.cleaned_data["note"])
        if answer is not None:
            messages.success(request, said % {"name": found})
            return redirect("people")
    return page(request, template, form=form, person=found, weight=weight_of(found, times.now()))
