"""The batch of a load: what it says of the file, and how a load is known that was done before."""

from __future__ import annotations

from records.access import Checker
from records.importing.plan import Plan
from records.models import Batch


def loaded_before(plan: Plan, digest: str, job: int | None) -> Batch | None:
    """The batch of the same work; or, of a file whose rows bear neither ids nor numbers, of the same bytes."""
    if job is not None and (done := Batch.objects.filter(job=job).first()) is not None:
        return done
    if any(row.external_id or row.number for row in plan.rows):
        return None
    batches = Batch.objects.filter(kind="import", record_type=plan.spec.record_type, facts__digest=digest)
    return batches.order_by("-id").first()


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
