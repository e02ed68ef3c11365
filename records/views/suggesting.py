"""Suggestions while a customer, or a person, is being typed: parts of pages, fetched by htmx."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from records.choosing import suggestions, written
from records.forms.entered import unjudged
from records.forms.placing import PlaceForm
from records.holders import CIRCLES
from records.models import FollowUp
from records.models.access import person

NEEDED = {  # rights of who opens the pages that offer the circle; the others stand on lists, which are everybody's
    "others": "change_on_behalf",
    "holders": "grant_access",
    "listed": "grant_access",
    "everybody": "manage_rules",
}


@require_safe
def customer_suggest(request: HttpRequest) -> HttpResponse:
    """At most ten options of customers the person may see, for `?customer=` or `?part_of=`."""
    typed = request.GET.get("customer") or request.GET.get("part_of", "")
    found = suggestions(request.user, typed[:240])
    return render(request, "records/_suggestions.html", {"suggestions": [written(each) for each in found]})


@require_safe
def opportunity_suggest(request: HttpRequest) -> HttpResponse:
    """The choice of an opportunity of the customer named by `?customer=`; of none where nobody is meant."""
    place = PlaceForm({"customer": request.GET.get("customer", "")}, model=FollowUp, user=request.user)
    place.is_valid()
    unjudged(place)
    return render(request, "records/_place_opportunity.html", {"place": place})


@require_safe
def holder_suggest(request: HttpRequest) -> HttpResponse:
    """At most ten options of the people, roles and teams of `?of=`, for what is typed under the name `?name=`.

    404 for circles that only pages offer which the person may not open.
    """
    asked = request.GET.get("of", "")
    circle, needed = CIRCLES.get(asked), NEEDED.get(asked)
    if circle is None or (needed and needed not in person(request.user).permissions):
        raise Http404
    typed = request.GET.get(request.GET.get("name", ""), "")
    return render(request, "records/_suggestions.html", {"suggestions": circle(request.user).suggest(typed[:240])})
