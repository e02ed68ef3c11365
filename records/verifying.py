"""What `verify` also looks at, of records: batches against their rows, approved requests against their changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q

from audit.verify import Found, Look, checks, originals

from .models import GRANTS, RECORDS, Batch, TimeRequest

GIVEN, REVOKED = "grants", "grants_revoked"  # kinds of batches about grants; all others are about records
_BATCH, _REQUEST = Batch._meta.label_lower, TimeRequest._meta.label_lower


def register() -> None:
    """Add the checks to those of every run."""
    checks.add("batches", batches)
    checks.add("requests", requests)


def batches(look: Look) -> Iterator[Found]:
    """Every batch made as many rows as it says, all by its person at its moment; no row names one that is not there."""
    for histories, kinds in _tables():
        yield from _counts(look, histories, kinds)
    for history in originals():
        yield from _of_others(history)


def _tables() -> Iterator[tuple[dict[str, type[models.Model]], Q]]:
    """By record type the history that a batch's count is of, and which batches those are."""
    yield {name: model.history.model for name, model in RECORDS.items()}, ~Q(kind__in=(GIVEN, REVOKED))
    for place, holder in enumerate(("user", "group")):
        about = Q(kind__in=(GIVEN, REVOKED), facts__holder=holder)
        yield {name: pair[place].history.model for name, pair in GRANTS.items()}, about


def _counts(look: Look, histories: dict[str, type[models.Model]], kinds: Q) -> Iterator[Found]:
    for record_type, history in histories.items():
        made = dict(_made(history, ended=False))
        ended = dict(_made(history, ended=True))
        said = Batch.objects.filter(kinds, record_type=record_type).values_list("pk", "kind", "count")
        for pk, kind, count in said.iterator():
            held = (ended if kind == REVOKED else made).get(pk, 0)
            if held != count and not 0 < count - held <= look.purges.count(history._meta.label_lower):
                yield _found("batch_count", pk, said=count, held=held)


def _made(history: type[models.Model], *, ended: bool) -> Iterable[tuple[int, int]]:
    """Batch → how many records it wrote a row of, or ended."""
    rows: Any = history._default_manager.filter(batch__isnull=False)
    rows = rows.filter(history_type="-") if ended else rows.exclude(history_type="-")
    return rows.order_by().values("batch").values_list("batch", Count("id", distinct=True)).iterator()


def _of_others(history: Any) -> Iterator[Found]:
    """Rows of a batch that is not there, and batches whose rows are of another person or moment."""
    rows = history._default_manager.filter(batch__isnull=False).order_by()
    known = Batch.objects.filter(pk=OuterRef("batch"))
    for row_id, batch in rows.filter(~Exists(known)).values_list("history_id", "batch").iterator():
        facts = {"table": history._meta.db_table, "row": row_id, "batch": batch}
        yield Found("batch_unknown", history._meta.label_lower, row_id, facts=facts)
    same = known.filter(by=OuterRef("history_user_id"), at=OuterRef("history_date"))
    here = rows.filter(brought_in_at__isnull=True)  # others keep the person and the moment they had elsewhere
    apart = here.filter(Exists(known), ~Exists(same))
    for pk, held in apart.values("batch").annotate(held=Count("pk")).values_list("batch", "held"):
        yield _found("batch_differs", pk, held=held, about=history._meta.label_lower)


def _found(code: str, pk: int, about: str = "", **facts: Any) -> Found:
    return Found(code, _BATCH, pk, facts={"table": Batch._meta.db_table, "row": pk} | facts, about=about)


def requests(look: Look) -> Iterator[Found]:
    """An approved request names the change that it asked for, and a change the request that allowed it."""
    for record_type, model in RECORDS.items():
        yield from _approved(look, record_type, model.history.model)
        yield from _unasked(record_type, model.history.model)


def _approved(look: Look, record_type: str, history: Any) -> Iterator[Found]:
    change = history.objects.filter(
        history_id=OuterRef("change_id"),
        id=OuterRef("record_id"),
        time_request_id=OuterRef("pk"),
        entered_at=OuterRef("wanted"),
        approver_id=OuterRef("answered_by_id"),
    )
    approved, made = Q(state=TimeRequest.State.APPROVED), Q(change_id__isnull=False)
    wrong = (approved & made & ~Exists(change)) | (approved & ~made & ~Q(before=F("wanted"))) | (~approved & made)
    found = TimeRequest.objects.filter(wrong, record_type=record_type).values_list("pk", "record_id", "change_id")
    for pk, record_id, row_id in found.iterator():
        if row_id is not None and look.purges.holds(history._meta.label_lower, row_id):
            continue
        facts = {"table": TimeRequest._meta.db_table, "row": pk, "history": row_id}
        yield Found("request_differs", _REQUEST, pk, record_type, record_id, facts)


def _unasked(record_type: str, history: Any) -> Iterator[Found]:
    asked = TimeRequest.objects.filter(
        pk=OuterRef("time_request_id"), record_type=record_type, change_id=OuterRef("history_id")
    )
    rows = history.objects.filter(~Exists(asked), time_request_id__isnull=False).order_by()
    for row_id, record_id, request in rows.values_list("history_id", "id", "time_request_id").iterator():
        facts = {"table": history._meta.db_table, "row": row_id, "request": request}
        yield Found("request_unasked", history._meta.label_lower, row_id, record_type, record_id, facts)
