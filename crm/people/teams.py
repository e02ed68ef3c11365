"""Teams, for administrators."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from crm.models import Team

from . import services
from .finding import tab_counts
from .gate import administrators_only
from .person_forms import TeamForm
from .saving import ask, page


@require_safe
@administrators_only
def teams(request: HttpRequest) -> HttpResponse:
    """The teams with their leads."""
    found = Team.objects.select_related("manager").annotate(size=Count("people"))
    return render(request, "crm/teams.html", {"section": "people", "teams": found, "counts": tab_counts()})


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def team_new(request: HttpRequest) -> HttpResponse:
    """Add a team."""
    form = TeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in ("name", "manager", "note")}
        added = ask(request, form, services.add_team, **values)
        if added is not None:
            messages.success(request, _("Team %(name)s was added.") % {"name": added})
            return redirect("teams")
    return page(request, "crm/team.html", form=form)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def team(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a team, or give it another lead."""
    found = get_object_or_404(Team, pk=pk)
    form = TeamForm(request.POST or None, team=found)
    if request.method == "POST" and form.is_valid():
        changed = ask(request, form, services.change_team, team=found, **form.cleaned_data)
        if changed is not None:
            name = {"name": form.cleaned_data["name"]}
            messages.success(request, _("Team %(name)s was changed.") % name if changed else _("Nothing was changed."))
            return redirect("teams")
    return page(request, "crm/team.html", form=form, team=found)
