"""The batch of a load: what it says of the file, and how a load is known that was done before."""

from __future__ import annotations

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from records.access import Checker
from records.importing.plan import Plan
from records.models import Batch


def loaded_before(plan: Plan, digest: str, job: int | None) -> Batch | None:
    """The batch of the same work; or, of a file whose rows bear neither ids nor numbers, of the same bytes."""
    if job is not None and (done := Batch.objects.filter(job=job).first()) is not None:
        return done
    if any(row.external_id or row.number for row in plan.rows):
        return None
    return loads_of(digest).filter(record_type=plan.spec.record_type).first()


def loads_of(digest: str) -> QuerySet:
    """The batches that loaded a file of these bytes, newest first; one that is taken back as a whole does not count."""
    undos = Batch.objects.filter(kind="undo")
    again = undos.filter(undoes=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    undo = undos.filter(undoes=OuterRef("pk")).annotate(again=Subquery(again)).order_by("-pk")
    batches = Batch.objects.filter(kind="import", facts__digest=digest).select_related("by")
    batches = batches.annotate(undone=Subquery(undo.values("count")[:1]), redone=Subquery(undo.values("again")[:1]))
    return batches.filter(Q(undone=None) | Q(undone__lt=F("count")) | Q(redone__isnull=False)).order_by("-pk")


def new_batch(plan: Plan, checker: Checker, words: str, count: int, digest: str, job: int | None) -> Batch:
    """The batch, with what was said about the file."""
    facts = {
        "digest": digest,
        "source": plan.spec.source,
        "zone": str(plan.spec.zone),
        "formats": plan.formats,
        "mapping": [list(pair) for pair in plan.spec.mapping],
        "blank": plan.spec.blank,
        "existing": plan.spec.existing,
        "rows": plan.read,
        "left_out": plan.left_out,
        "blank_rows": plan.blank,
    }
    return Batch.objects.create(
        kind="import",
        at=checker.at,
        by=checker.user,
        record_type=plan.spec.record_type,
        title=words[:200],
        count=count,
        reason="import",
        job=job,
        facts=facts,
    )
