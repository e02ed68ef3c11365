"""What `verify` also looks at, of records: batches against their rows, requests against their changes and files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q

from audit.models import Event
from audit.verify import Found, Look, checks, originals

from .models import GRANTS, RECORDS, Batch, Contact, ProofFile, TimeRequest

GIVEN, REVOKED, UNDO = "grants", "grants_revoked", "undo"  # kinds of batches; the first two are about grants
_HISTORIES: dict[str, Any] = {name: model.history.model for name, model in (RECORDS | {"contact": Contact}).items()}
_FILES = 4  # read at a time, of up to 2 MB each
_BATCH, _REQUEST = Batch._meta.label_lower, TimeRequest._meta.label_lower


def register() -> None:
    """Add the checks to those of every run."""
    checks.add("batches", batches)
    checks.add("requests", requests)
    checks.add("proofs", proofs)


def batches(look: Look) -> Iterator[Found]:
    """Every batch made as many rows as it says, all by its person at its moment; no row names one that is not there."""
    yield from _counts(look)
    for history in originals():
        yield from _of_others(history)


def _counts(look: Look) -> Iterator[Found]:
    """Batches that say another number than their rows."""
    held = {name: _held(history) for name, history in _HISTORIES.items()}
    for batch in Batch.objects.order_by("pk").iterator():
        history = _history_of(batch)
        if batch.kind == UNDO:  # of all that the batch before it made, whatever its type
            number = sum(each.written[batch.pk] for each in held.values())
        elif batch.kind in (GIVEN, REVOKED):
            each = _held(history, batch.pk)
            number = (each.ended if batch.kind == REVOKED else each.written)[batch.pk]
        elif batch.facts.get("what") == "changes":  # an old system's, several of one record
            number = held[batch.record_type].brought[batch.pk]
        else:  # a file may bring customers nothing but contacts
            number = held[batch.record_type].written[batch.pk] or held["contact"].written[batch.pk]
        purged = look.purges.count(history._meta.label_lower)
        if number != batch.count and not 0 < batch.count - number <= purged:
            yield _found("batch_count", batch.pk, said=batch.count, held=number)


def _history_of(batch: Batch) -> Any:
    """The history whose rows the batch is of."""
    if batch.kind in (GIVEN, REVOKED):
        model: Any = GRANTS[batch.record_type][batch.facts.get("holder") == "group"]
        return model.history.model
    return _HISTORIES[batch.record_type]


@dataclass
class _Held:
    """By batch: how many things it wrote a row of, and ended; how many rows it brought in from elsewhere."""

    written: Counter[int] = field(default_factory=Counter)
    ended: Counter[int] = field(default_factory=Counter)
    brought: Counter[int] = field(default_factory=Counter)


def _held(history: Any, batch: int | None = None) -> _Held:
    rows = history.objects.filter(**{"batch": batch} if batch is not None else {"batch__isnull": False}).order_by()
    own, found = Q(brought_in_at__isnull=True), _Held()
    numbers = rows.values("batch").annotate(
        written=Count("id", distinct=True, filter=own & ~Q(history_type="-")),
        ended=Count("id", distinct=True, filter=Q(history_type="-")),
        brought=Count("pk", filter=~own),
    )
    for row in numbers.iterator():
        for name in ("written", "ended", "brought"):
            getattr(found, name)[row["batch"]] = row[name]
    return found


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


def proofs(look: Look) -> Iterator[Found]:
    """The file that proves a request is the one that came with it, and none is lost or slipped in."""
    said: dict[int, dict[str, Any]] = {}
    events = Event.objects.filter(kind=ProofFile.EVENT).order_by("pk").values_list("what", flat=True)
    for what in events.iterator():
        if isinstance(what, dict) and isinstance(what.get("request"), int):
            said.setdefault(what["request"], what)
    files = ProofFile.objects.order_by("pk").values_list("request_id", "name", "data")
    for request, name, data in files.iterator(chunk_size=_FILES):
        told, held = said.pop(request, None), ProofFile.fingerprint(str(name), _bytes(data))
        if told is None:
            yield from _of_request("proof_unknown", request, held=held["sha256"])
        elif any(told.get(each) != value for each, value in held.items()):
            yield from _of_request("proof_altered", request, said=told.get("sha256"), held=held["sha256"])
    for request, told in said.items():
        yield from _of_request("proof_missing", request, said=told.get("sha256"))


def _bytes(data: Any) -> bytes:
    """What a column of bytes holds; SQLite takes text there too."""
    return data.encode("utf-8", "surrogatepass") if isinstance(data, str) else bytes(data)


def _of_request(code: str, pk: int, **facts: Any) -> Iterator[Found]:
    about = TimeRequest.objects.filter(pk=pk).values_list("record_type", "record_id").first() or ("", None)
    place = {"table": ProofFile._meta.db_table, "row": pk, "request": f"R-{pk:04d}"}
    yield Found(code, _REQUEST, pk, *about, facts=place | facts)
