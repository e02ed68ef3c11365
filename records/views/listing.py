"""A list page: filters and order from the address, one page by key, the rows with what they show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from records.filters import VIEWS, ListFilter
from records.keyset import NOTHING, Order, Page, paginate
from records.lists import NEWEST, Column, List, tell_moves


def show(request: HttpRequest, listing: List) -> HttpResponse:
    """The list page; 422 with a sentence, and no rows, where a filter cannot be understood."""
    asked = Asked(request, listing)
    page = asked.page()
    return render(
        request,
        listing.model.page("list").replace(":", "/") + ".html",
        {
            "list": listing,
            "filter": asked.filter,
            "page": page,
            "any_changed": any(row.is_changed for row in page.rows),
            "tabs": asked.tabs(),
            "heads": asked.heads(),
            "sort": request.GET.get("sort", ""),
            "newer": page.newer and asked.address(before=page.newer),
            "older": page.older and asked.address(after=page.older),
            "found": found(page, listing),
            "record_type": listing.model._meta.model_name,
            "query": asked.address().removeprefix("?"),
            "new_url": asked.new_url(),
            "grant_url": asked.grant_url() if page.rows else "",
        },
        status=200 if asked.filter.is_valid() else 422,
    )


@dataclass(frozen=True)
class Head:
    """The head of a column, and where a click on it leads."""

    label: Any
    css: str
    name: str = ""
    address: str = ""
    aria_sort: str = ""


class Asked:
    """What the address asks of a list."""

    def __init__(self, request: HttpRequest, listing: List) -> None:
        self.request, self.listing = request, listing
        zone = timezone.get_current_timezone()
        self.filter = ListFilter(request.GET, listing.model, listing.filters, zone)
        self.order: Order = listing.order(request.GET.get("sort", ""))

    def page(self) -> Page:
        """The rows, dressed; none where a filter is refused."""
        if not self.filter.is_valid():
            return NOTHING
        user, asked = self.request.user, self.request.GET
        rows = self.filter.apply(self.listing.model.objects.visible_to(user), user)
        found = paginate(
            rows,
            self.order,
            after=asked.get("after", ""),
            before=asked.get("before", ""),
            dress=lambda rows: self.listing.dress(rows, user),
        )
        self.listing.finish(found.rows, user)
        return Page(tell_moves(found.rows), found.newer, found.older, found.total)

    @cached_property
    def kept(self) -> Any:
        """What other addresses of this list keep: the filters and the order, not the page."""
        kept = self.request.GET.copy()
        for name in list(kept):
            values = [value for value in kept.getlist(name) if value]
            kept.setlist(name, values)
            if not values or name not in {*self.filter.fields, "sort"}:
                del kept[name]
        return kept

    def address(self, **changes: str) -> str:
        """This list with other words in its address; an empty one takes its word away."""
        query = self.kept.copy()
        for name, value in changes.items():
            query.pop(name, None)
            if value:
                query[name] = value
        return f"?{query.urlencode()}"

    def tabs(self) -> list[tuple[Any, str, bool]]:
        """(label, address, whether it is shown) of All, Mine, Key accounts, Time changed."""
        now = self.request.GET.get("view", "")
        return [(label, self.address(view=view), view == now) for view, label in VIEWS.items()]

    def heads(self) -> list[Head]:
        """The heads of the columns."""
        return [self._head(column) for column in self.listing.columns]

    def _head(self, column: Column) -> Head:
        order = column.order
        if order is None:
            return Head(column.label, column.css)
        name = order.name.removeprefix("-")
        if name != self.order.name.removeprefix("-"):
            return Head(column.label, column.css, name, self.address(sort=_word(order)))
        direction = "descending" if self.order.parts[0].down else "ascending"
        return Head(column.label, column.css, name, self.address(sort=_word(self.order.turned())), direction)

    def new_url(self) -> str:
        """Where a record of this type is entered; empty for somebody who may not."""
        if not self.request.user.has_perm(f"records.add_{self.listing.model._meta.model_name}"):
            return ""
        try:
            return reverse(self.listing.model.page("new"))
        except NoReverseMatch:
            return ""

    def grant_url(self) -> str:
        """Where access to all rows of this list is granted, by who may; empty for others."""
        if not self.request.user.has_perm("records.grant_access"):
            return ""
        return reverse("records:access_many", args=[self.listing.model._meta.model_name]) + self.address(sort="")


def _word(order: Order) -> str:
    return "" if order.name == NEWEST.name else order.name


def found(page: Page, listing: List) -> str:
    """How many there are: all by number, the first thousand exactly, and no more than that is counted."""
    if page.uncounted:
        return _("%(shown)d of more than 1,000") % {"shown": len(page.rows)}
    if page.total > len(page.rows):
        return _("%(shown)d of %(total)d") % {"shown": len(page.rows), "total": page.total}
    return listing.words["count"] % {"n": page.total}
