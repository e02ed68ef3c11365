"""An old system's history of changes as rows of the trail of records that stand, marked as brought in.

No live value is touched: each row holds the record as it stands, the words say what the old system changed, its date
is when the old system did it, and `brought_in_at` and `brought_in_by` who brought it here, and when.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from audit.set_rows import SetRow
from records.access import Checker
from records.importing.changes import Change, ChangePlan
from records.importing.errors import RowError
from records.models import RECORDS, Batch
from records.models.access import CHANGE
from records.models.record import has_outside_id
from records.refusals import refuse
from records.services.bulk import set_many
from records.services.locks import rules_lock
from records.services.many_rows import act_of, chunks, lock_rows
from records.services.matching import parts
from records.services.records import Clock, actor
from records.services.refusing import service

from .outcome import CREATED, REFUSED, UNCHANGED, ImportRefused, Loaded, Outcome

TRAIL = ("history_date", "history_user_id", "actor_name", "actor_role", "history_change_reason", "proof")


@service("import_changes", about="plan")
def load_changes(
    *,
    plan: ChangePlan,
    file: str,
    digest: str,
    by: Any,
    clock: Clock,
    channel: str,
    skip_bad_rows: bool = False,
    note: str = "",
    trial: bool = False,
    job: int | None = None,
    beat: Any = None,
    then: Any = None,
) -> Loaded:
    """Bring in the changes of `plan` for records known by their number or their id in the plan's system.

    A change that was brought in before is left out, known by its id. Raises ImportRefused with every row that cannot
    be stored, unless `skip_bad_rows`; Refused without the right to import. `then(loaded)` is called before the commit.
    """
    model = RECORDS[plan.spec.record_type]
    ids = _records(plan, model)
    lock_rows(model, set(ids.values()))
    rules_lock(exclusive=False)
    checker = actor(by, clock())
    if "import_records" not in checker.who.permissions:
        raise refuse("import_right")
    if job is not None and (before := Batch.objects.filter(job=job).first()) is not None:
        return Loaded(earlier=before)
    errors = sorted([*plan.errors, *_errors(plan, ids, checker, model)], key=lambda error: error.line)
    bad = {error.line for error in errors}
    good = [(ids[row.record], row) for row in plan.rows if row.line not in bad]
    new = _new(good, plan, model)
    outcome = _outcome(good, new, errors)
    if errors and not skip_bad_rows:
        raise ImportRefused(errors, outcome)
    batch = _store(new, plan, model, checker, (file, note, digest), channel, job) if new else None
    if beat is not None:
        beat.step(len(new), len(plan.rows), "writing")
    if trial:
        transaction.set_rollback(True)
    loaded = Loaded(batch, len(new), len(good) - len(new), errors=errors, outcome=outcome)
    if then is not None:
        then(loaded)
    return loaded


def _records(plan: ChangePlan, model: Any) -> dict[str, int]:
    """Texts → ids: a number comes before an id of the source."""
    texts = sorted({row.record for row in plan.rows})
    found: dict[str, int] = {}
    for some in parts(texts):
        own = model._default_manager.filter(has_outside_id(some), external_source=plan.spec.source)
        found |= dict(own.values_list("external_id", "pk"))
        found |= dict(model._default_manager.filter(number__in=some).values_list("number", "pk"))
    return found


def _errors(plan: ChangePlan, ids: dict[str, int], checker: Checker, model: Any) -> list[RowError]:
    may = _changeable(set(ids.values()), checker, model)
    errors = []
    for row in plan.rows:
        if ids.get(row.record) not in may:
            errors.append(RowError(row.line, "no_record", "record", {"value": row.record[:80]}))
        elif row.at > checker.at:
            errors.append(RowError(row.line, "not_past", "when"))
    return errors


def _changeable(ids: set[int], checker: Checker, model: Any) -> set[int]:
    """Who may not change a record adds nothing to its history."""
    found: set[int] = set()
    for some in chunks(sorted(ids)):
        records = list(model._default_manager.filter(pk__in=some).defer("search_text"))
        checker.prefetch_perms(records)
        found |= {r.pk for r in records if checker.has_perm(CHANGE.format(model._meta.model_name), r)}
        checker.forget()
    return found


def _new(good: list[tuple[int, Change]], plan: ChangePlan, model: Any) -> list[tuple[int, Change]]:
    """The changes that were not brought in before."""
    known: set[tuple[int, str]] = set()
    for some in parts(sorted({pk for pk, _row in good})):
        rows = model.history.model.objects.filter(id__in=some, brought_in_at__isnull=False)
        known |= set(rows.values_list("id", "proof"))
    found = []
    for pk, row in sorted(good, key=lambda each: (each[1].at, each[1].line)):
        if (pk, proof := _proof(plan, row)) not in known:
            known.add((pk, proof))
            found.append((pk, row))
    return found


def _proof(plan: ChangePlan, row: Change) -> str:
    return f"{plan.spec.source} {row.id}"


def _outcome(good: list[tuple[int, Change]], new: list[tuple[int, Change]], errors: list[RowError]) -> list[Outcome]:
    lines = {row.line for _pk, row in new}
    found = [Outcome(row.line, CREATED if row.line in lines else UNCHANGED, pk=pk) for pk, row in good]
    found += [Outcome(error.line, REFUSED, said=(error,)) for error in errors]
    return sorted(found, key=lambda each: each.line)


def _store(
    new: list[tuple[int, Change]],
    plan: ChangePlan,
    model: Any,
    checker: Checker,
    told: tuple[str, str, str],
    channel: str,
    job: int | None,
) -> Batch:
    file, note, digest = told
    words = f"{file}: {note}" if note else file
    batch = Batch.objects.create(
        kind="import",
        at=checker.at,
        by=checker.user,
        record_type=plan.spec.record_type,
        title=words[:200],
        count=len(new),
        reason="import",
        job=job,
        facts={"digest": digest, "source": plan.spec.source, "zone": str(plan.spec.zone), "what": "changes"},
    )
    brought = {"brought_in_at": checker.at, "brought_in_by": str(checker.user)}
    with act_of(batch, checker, reason="import", note=words, channel=channel, trail=brought):
        for rows in _rounds(new):
            _write(rows, plan, model, file)
    return batch


def _rounds(new: list[tuple[int, Change]]) -> list[list[tuple[int, Change]]]:
    """Changes that can be written together: one of each record, in the order of time."""
    rounds: list[list[tuple[int, Change]]] = []
    placed: dict[int, int] = defaultdict(int)
    for pk, row in new:
        place = placed[pk]
        placed[pk] += 1
        if place == len(rounds):
            rounds.append([])
        rounds[place].append((pk, row))
    return rounds


def _write(rows: list[tuple[int, Change]], plan: ChangePlan, model: Any, file: str) -> None:
    for some in chunks(rows):
        ids = [pk for pk, _row in some]
        stand = {
            pk: rest for pk, *rest in model._default_manager.filter(pk__in=ids).values_list("pk", "version", "name_key")
        }
        made = []
        for pk, row in some:
            version, name_key = stand[pk]
            trail = (row.at, None, row.who, "", change_words(row, file), _proof(plan, row))
            made.append(SetRow(pk, version, (name_key,), trail))
        set_many(model, made, columns=["name_key"], trail=TRAIL)


def change_words(row: Change, file: str) -> str:
    """What the old system changed, and where that is written."""
    parts_ = [f"{name}: {old or '–'} → {new or '–'}" for name, old, new in row.words]
    return _("%(changes)s (%(file)s row %(line)s)") % {"changes": "; ".join(parts_), "file": file, "line": row.line}
