"""Roles, for administrators: what each may, and its names."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from crm.models import Role

from . import services
from .finding import tab_counts
from .gate import administrators_only
from .person_forms import RoleForm
from .role_facts import role_facts, sentences
from .saving import ask, page


@require_safe
@administrators_only
def roles(request: HttpRequest) -> HttpResponse:
    """The roles, built in, with how far back each may move an entry time."""
    return render(request, "crm/roles.html", {"section": "people", "roles": role_facts(), "counts": tab_counts()})


@require_http_methods(["GET", "HEAD", "POST"])
@administrators_only
def role(request: HttpRequest, key: str) -> HttpResponse:
    """What a role may, sentence by sentence, and renaming it in both languages."""
    found = get_object_or_404(Role.objects.select_related("group"), key=key)
    form = RoleForm(request.POST or None, role=found)
    if request.method == "POST" and form.is_valid():
        changed = ask(request, form, services.rename_role, role=found, **form.cleaned_data)
        if changed is not None:
            messages.success(request, _("The role was renamed.") if changed else _("Nothing was changed."))
            return redirect("roles")
    return page(request, "crm/role.html", form=form, role=found, sentences=sentences(found))
