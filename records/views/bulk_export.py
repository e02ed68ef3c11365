"""Records of a list as a file that Redate reads back."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone, translation

from audit.events import record_event
from audit.formats import TYPES
from audit.times import now
from records.importing.own_format import csv_file, xlsx_file
from records.lists import seen
from records.models import Customer
from records.services.matching import owner_texts

PARENTS = ("customer", "opportunity", "parent")

NAMED = 100  # rows whose numbers are kept in the trail; of more, a digest of their ids


def export(request: HttpRequest, rows: QuerySet, form: str, query: str | None) -> StreamingHttpResponse:
    """The rows as csv or xlsx, streamed; which were exported is kept before the first byte leaves.

    `query` is the filter that matches them; None where they were ticked, each by itself: then these very rows stand in
    the trail.
    """
    model = rows.model
    name, zone, language = model._meta.model_name, timezone.get_current_timezone(), translation.get_language() or "en"
    title = str(model._meta.verbose_name_plural)
    record_event(
        kind="export",
        by=request.user,
        at=now(),
        remote_addr=request.remote_addr,  # type: ignore[attr-defined]
        what={"types": [name], "format": form} | _which(rows, title, query),
    )
    people, records = owner_texts(), _records(rows, request.user)
    write = xlsx_file if form == "xlsx" else csv_file

    def pieces():  # type: ignore[no-untyped-def]
        with translation.override(language):
            yield from write(name, records, zone, people)

    response = StreamingHttpResponse(pieces(), content_type=TYPES[form])
    filename = f"{title}-{now().astimezone(zone):%Y-%m-%d-%H%M}.{form}".replace(" ", "-")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(filename)}"
    return response


def _which(rows: QuerySet, title: str, query: str | None) -> dict[str, Any]:
    """What the trail says of them: the filter and how many, or the rows themselves."""
    if query is not None:
        return {"filter": f"{title} {query}".strip(), "count": rows.count()}
    picked = list(rows.values_list("pk", "number"))
    said: dict[str, Any] = {"filter": title, "count": len(picked)}
    if len(picked) <= NAMED:
        return said | {"rows": [number for _pk, number in picked]}
    return said | {"rows_sha256": sha256(" ".join(str(pk) for pk, _number in picked).encode()).hexdigest()}


def _records(rows: QuerySet, user: Any) -> Iterator[Any]:
    """The records with what they hang on; what a customer is part of only where the person may see that."""
    rows = rows.select_related(*(name for name in PARENTS if hasattr(rows.model, f"{name}_id"))).defer("search_text")
    if rows.model is Customer:
        rows = rows.annotate(above=seen(Customer.objects, user, "parent_id"))
    for record in rows.iterator(chunk_size=500):
        if getattr(record, "above", 0) is None:
            record.parent = None
        yield record
