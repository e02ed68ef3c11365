"""Filters that people keep under a name, for themselves or for all who see the page."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import QueryDict

from audit.models import SavedFilter

PAGE, MOST = "trail", 50


def filters_for(user: Any) -> QuerySet:
    """The person's own filters, and those that others share, by name."""
    rows = SavedFilter.objects.filter(Q(user=user.pk) | Q(shared=True), page=PAGE)
    named = rows.select_related("user").only("name", "query", "shared", "user__display_name", "user__username")
    return named.order_by("name", "pk")[:MOST]


def save_filter(user: Any, name: str, query: str, *, shared: bool) -> SavedFilter:
    """Keep the query under the name; a filter of that person and name is overwritten."""
    with transaction.atomic():
        kept, _made = SavedFilter.objects.update_or_create(
            user_id=user.pk, page=PAGE, name=name, defaults={"query": query, "shared": shared}
        )
    return kept


def own_filter(user: Any, pk: int) -> SavedFilter | None:
    """The person's own filter of that id."""
    return SavedFilter.objects.filter(user=user.pk, page=PAGE, pk=pk).first()


def share(kept: SavedFilter, *, shared: bool) -> None:
    """Show it to all who see the page, or no longer."""
    kept.shared = shared
    kept.save(update_fields=["shared"])


def cleaned_query(text: str, fields: Any) -> str:
    """The query of an address with the words of the filter alone, without empty ones."""
    given, kept = QueryDict(text[:4000]), QueryDict(mutable=True)
    for name in fields:
        values = [value for value in given.getlist(name) if value]
        if values:
            kept.setlist(name, values)
    return kept.urlencode()
