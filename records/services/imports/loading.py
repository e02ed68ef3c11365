"""The load: what a plan says is judged row by row, then stored at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from records.access import Checker
from records.importing.errors import RowError
from records.importing.plan import Plan, Planned
from records.models import RECORDS, Customer, Opportunity
from records.refusals import refuse
from records.services.entry_time.many_judge import TRAIL
from records.services.locks import rules_lock
from records.services.many_rows import act_of, lock_rows
from records.services.matching import People, find_records
from records.services.records import Clock, actor
from records.services.refusing import service

from .batching import loaded_before, new_batch
from .contact_rows import Found, Wish, judge_contacts, write_contacts
from .creating import insert_rows, lacking
from .duplicates import find_duplicates
from .judging import Judge
from .outcome import SKIPPED, ImportRefused, Loaded, Outcome, all_lines, stands_already
from .resolving import NewRow, Resolver
from .standing import find_standing, pairs
from .updating import Updates, Updating, write_updates


@service("import_records", about="plan")
def load(
    *,
    plan: Plan,
    file: str,
    digest: str,
    by: Any,
    clock: Clock,
    channel: str,
    owner: Any = None,
    blank_owner: Any = None,
    owners: dict[str, Any] | None = None,
    create_missing_customers: bool = False,
    skip_bad_rows: bool = False,
    note: str = "",
    trial: bool = False,
    acknowledged: Iterable[str] = (),
    job: int | None = None,
    beat: Any = None,
    then: Any = None,
) -> Loaded:
    """Store the rows of `plan`, read from the file called `file` whose bytes have that `digest`.

    Rows whose record stands already are skipped, updated or refused, as `plan.spec.existing` says. `owners` says which
    person a text of the owner column means, `owner` who gets the others, `blank_owner` those without a text. Entry
    times of new records obey the rules as everyone's, only the window is lifted by the right to back-fill; changed ones
    of standing records walk through the door with the reason "back-fill", `acknowledged` are codes of warnings ticked
    for them. `note` is the person's words beside the file's name. Raises ImportRefused with every row that cannot be
    stored, unless `skip_bad_rows`; Refused without the right to import. `trial` does all of it and takes it back; `job`
    is the worker's, whose load is done once; `beat.step(done, total, said)` is told how far it is; `then(loaded)` is
    called before the commit, and what it writes is undone with the rest.
    """
    loading = _Loading(plan, file, digest, channel, note, job, beat, then)
    return loading.run(
        by=by,
        clock=clock,
        people=lambda: People(owners or {}, owner or (None if owners or blank_owner else by), blank_owner),
        create_missing=create_missing_customers,
        skip_bad_rows=skip_bad_rows,
        trial=trial,
        ticked=frozenset(acknowledged),
    )


class _Loading:
    """One load, step by step."""

    def __init__(
        self, plan: Plan, file: str, digest: str, channel: str, note: str, job: int | None, beat: Any, then: Any
    ) -> None:
        self.plan, self.spec, self.file, self.digest = plan, plan.spec, file, digest
        self.channel, self.job, self.beat, self.then = channel, job, beat, then
        self.words = f"{file}: {note}" if note else file
        self.model: Any = RECORDS[plan.spec.record_type]
        self.errors: list[RowError] = list(plan.errors)
        self.duplicates: list[RowError] = []
        self.known_exception: int | None = None  # that alone lets in customers which only the file knows

    def run(
        self, *, by: Any, clock: Clock, people: Any, create_missing: bool, skip_bad_rows: bool, trial: bool, ticked: Any
    ) -> Loaded:
        """All of it, inside the service's transaction: rows are locked first, then the rules."""
        standing = find_standing(self.plan, self.model)
        if self.spec.existing == "update":
            lock_rows(self.model, standing.values())
        rules_lock(exclusive=False)
        self.checker = actor(by, clock())
        _need_rights(self.checker, self.plan, create_missing)
        if (before := loaded_before(self.plan, self.digest, self.job)) is not None:
            return self._ended(stands_already(self.plan, before))
        self.people = people()
        updates, skipped = self._of_standing(standing, ticked)
        new = self._of_new([row for row in self.plan.rows if row.line not in standing], create_missing)
        contacts = self._of_contacts(standing)
        self.errors.sort(key=lambda error: error.line)
        done = [*updates.outcome, *skipped]
        if self.errors and not skip_bad_rows:
            raise ImportRefused(self.errors, all_lines(self.plan, done, self.errors, self.duplicates))
        loaded = self._ended(self._store(new, updates, skipped, contacts))
        if trial:
            transaction.set_rollback(True)
        return loaded

    def _ended(self, loaded: Loaded) -> Loaded:
        if self.then is not None:
            self.then(loaded)
        return loaded

    def _of_standing(self, standing: dict[int, int], ticked: frozenset[str]) -> tuple[Updates, list[Outcome]]:
        """What comes of rows whose record stands."""
        found = pairs(self.plan.rows, standing)
        if self.spec.existing == "update":
            updating = Updating(self.plan, self.checker, self.model, self.file, self.channel, ticked)
            updates = updating.judge(found, self.people, self._parents(found))
            self.errors += updates.errors
            return updates, []
        numbers = self._numbers(standing)
        if self.spec.existing == "refuse":
            named = ((row.line, numbers.get(pk, row.number or row.external_id)) for pk, row in found)
            self.errors += [RowError(line, "exists", "", {"number": number}) for line, number in named]
            return Updates(), []
        return Updates(), [Outcome(row.line, SKIPPED, numbers.get(pk, ""), pk) for pk, row in found]

    def _parents(self, found: list[tuple[int, Planned]]) -> dict[str, dict[str, Any]]:
        """By column what its texts name, for records that stand."""
        source, by, at = self.spec.source, self.checker.user, self.checker.at
        models: dict[str, Any] = {"customer": Customer, "opportunity": Opportunity, "parent": Customer}
        texts = {name: {getattr(row, name) for _pk, row in found} for name in models}
        return {name: find_records(model, texts[name], source, by, at) for name, model in models.items()}

    def _numbers(self, standing: dict[int, int]) -> dict[int, str]:
        """Numbers of the records that the person may see."""
        ids = sorted(set(standing.values()))
        found: dict[int, str] = {}
        for start in range(0, len(ids), 500):
            rows = self.model.objects.visible_to(self.checker.user, self.checker.at).filter(
                pk__in=ids[start : start + 500]
            )
            found |= dict(rows.values_list("pk", "number"))
        return found

    def _of_new(self, rows: list[Planned], create_missing: bool) -> list[NewRow]:
        """The new rows that may be stored."""
        unknown = [row for row in rows if row.number]
        self.errors += [RowError(row.line, "no_record", "number", {"value": row.number}) for row in unknown]
        rows = [row for row in rows if not row.number]
        if self.spec.existing == "update" or any(name == "number" for _heading, name in self.spec.mapping):
            lacks = lacking(self.plan, rows)
            self.errors += lacks
            lines = {error.line for error in lacks}
            rows = [row for row in rows if row.line not in lines]
        resolver = Resolver(self.plan, self.checker, self.people, create_missing)
        resolved = resolver.resolve(rows)
        judge = Judge(self.spec.record_type, self.checker, self.channel, self.words)
        good = [row for row in resolved if judge.allows(row.planned, row.owner, row.customer, row.opportunity)]
        for row in good:
            row.exception = judge.excepted.get(row.planned.line)
        self.known_exception = judge.stamp_exception("customer")
        self.errors += [*resolver.errors, *judge.errors]
        found = find_duplicates([row.planned for row in good], self.spec, self.checker)
        if self.spec.duplicates == "refuse":
            self.errors += found
        else:
            self.duplicates = found
        bad = {error.line for error in self.errors}
        return self._with_parents([row for row in good if row.planned.line not in bad])

    def _with_parents(self, rows: list[NewRow]) -> list[NewRow]:
        """Without the rows that belong to a row which is refused."""
        while True:
            there = {id(row) for row in rows}
            lost = [row for row in rows if isinstance(row.parent, NewRow) and id(row.parent) not in there]
            if not lost:
                return rows
            for row in lost:
                params = {"value": row.planned.parent[:80], "line": row.parent.planned.line}
                self.errors.append(RowError(row.planned.line, "parent_wrong", "parent", params))
            gone = {id(row) for row in lost}
            rows = [row for row in rows if id(row) not in gone]

    def _of_contacts(self, standing: dict[int, int]) -> Found:
        """Contacts that rows of customers that stand bring along; where those are left as they are, none."""
        if self.spec.existing != "update" or self.spec.record_type != "customer":
            return Found()
        bad = {error.line for error in self.errors}
        rows = [row for row in self.plan.rows if row.contact and row.line in standing and row.line not in bad]
        wishes = [Wish(row.line, standing[row.line], row.contact or {}) for row in rows]
        found = judge_contacts(wishes, self.checker, "update")
        self.errors += found.errors
        return found

    def _store(self, new: list[NewRow], updates: Updates, skipped: list[Outcome], contacts: Found) -> Loaded:
        """Write it all under one batch; no batch where there is nothing to write."""
        changed = {row.pk for row in (*updates.writes, *updates.moves)}
        known = [row.customer for row in new if row.customer is not None and row.customer.pk is None]
        done, batch = [], None
        if new or changed or contacts.count:
            count = len(new) + len(changed) or contacts.count
            batch = new_batch(self.plan, self.checker, self.words, count, self.digest, self.job)
            with act_of(batch, self.checker, reason="import", note=self.words, channel=self.channel, trail=None):
                write_updates(updates, self.model, self.checker)
                write_contacts(contacts)
                done = insert_rows(self.model, self.plan, new, self.checker.at, self._step, self.known_exception)
        let_in = excepted(new, updates)
        notes = [*self.duplicates, *(RowError(line, "excepted", "entered_at") for line in let_in)]
        return Loaded(
            batch=batch,
            excepted=dict(Counter(let_in.values())),
            created=len(done),
            existing=len(skipped),
            customers=len({id(customer) for customer in known}),
            errors=self.errors,
            updated=len(changed),
            unchanged=len(updates.outcome) - len(changed),
            moved=len(updates.moves),
            contacts=contacts.count + sum(1 for row in new if row.planned.contact),
            duplicates=self.duplicates,
            outcome=all_lines(self.plan, [*done, *updates.outcome, *skipped], self.errors, notes),
        )

    def _step(self, done: int, said: str = "writing") -> None:
        if self.beat is not None:
            self.beat.step(done, len(self.plan.rows), said)


def excepted(new: Iterable[NewRow], updates: Updates) -> dict[int, int]:
    """Line → the exception that alone lets it into a closed period."""
    found = {row.planned.line: row.exception for row in new if row.exception is not None}
    lines, place = {each.pk: each.line for each in updates.outcome}, TRAIL.index("exception_id")
    return found | {lines[move.pk]: move.trail[place] for move in updates.moves if move.trail[place] is not None}


def _need_rights(checker: Checker, plan: Plan, create_missing: bool) -> None:
    held = checker.who.permissions
    needed = {f"add_{plan.spec.record_type}"} | ({"add_customer"} if create_missing else set())
    if "import_records" not in held or not needed <= held:
        raise refuse("import_right")
