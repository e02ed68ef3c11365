"""Search over all types: newest first, ten of each, and the list for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from audit.words import in_a_row
from records.keyset import COUNTED, Page, paginate
from records.lists import LISTS, NEWEST, List, tell_moves
from records.models import Contact
from records.search import squeezed

from .marking import excerpt, hits, marked, words_of

SHOWN, LONGEST = 10, 200
ICONS = {"customer": "customers", "opportunity": "target", "followup": "chat", "contract": "doc"}


@dataclass(frozen=True)
class Result:
    """A found record: its title and, below, where the words stand or what tells it from others, as markup."""

    record: Any
    title: SafeString
    found_in: SafeString


@dataclass(frozen=True)
class Group:
    """What was found of one type; `number` is "1,000+" where no more are counted."""

    name: str
    title: Any
    icon: str
    address: str
    results: list[Result]
    number: str
    rest: bool


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """The results for `?q=`; an empty page asks for words."""
    typed = request.GET.get("q", "").strip()
    too_long = len(typed) > LONGEST
    groups = [_group(name, typed, request.user) for name in LISTS] if typed and not too_long else []
    found = [group for group in groups if group.results]
    context = {"typed": typed, "too_long": too_long, "groups": groups, "found": found}
    return render(request, "crm/search.html", context, status=422 if too_long else 200)


def _group(name: str, typed: str, user: Any) -> Group:
    listing: List = LISTS[name]
    rows = listing.model.objects.visible_to(user).live().matching(typed)
    more = ("content",) if name == "followup" else ()
    page = paginate(rows, NEWEST, size=SHOWN, dress=lambda rows: listing.dress(rows, user, *more))
    words = words_of(typed)
    contacts = _contacts(page.rows, words) if name == "customer" else {}
    return Group(
        name=name,
        title=listing.words["title"],
        icon=ICONS[name],
        address=f"{reverse(listing.model.page('list'))}?{urlencode({'q': typed})}",
        results=[_result(row, words, contacts) for row in tell_moves(page.rows)],
        number=_number(page),
        rest=page.total > len(page.rows),
    )


def _number(page: Page) -> str:
    return _("1,000+") if page.total > COUNTED else str(page.total)


def _result(row: Any, words: list[str], contacts: dict[int, str]) -> Result:
    where = contacts.get(row.pk, "")
    if row._meta.model_name == "followup":
        where = excerpt(row.content, words) or excerpt(row.next_step, words)
    return Result(row, marked(row.title, words), marked(where, words))


def _contacts(customers: list[Any], words: list[str]) -> dict[int, str]:
    """Of each customer the first contact in whose details a word stands, in one query for all."""
    found: dict[int, str] = {}
    if customers:
        rows = Contact.objects.filter(customer__in=[each.pk for each in customers], archived_at__isnull=True)
        for pk, name, *ways in rows.values_list("customer", "name", "phone", "phone2", "email", "wechat"):
            shown = [way for way in ways if hits(way, words) or hits(squeezed(way), words)]
            if shown or hits(name, words):
                found.setdefault(pk, in_a_row([name, *shown]))
    return found
