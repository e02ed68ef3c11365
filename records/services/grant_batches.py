"""Grants on many records as one act: given together, and revoked together.

One transaction under the rules lock; a Batch row, whose id stands on every history row of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import Exists, OuterRef, QuerySet

from records.access import Checker
from records.models import GRANTS, Batch, Customer
from records.models.access import permission_id
from records.refusals import Refused, refuse
from records.rules import Finding

from .bulk import insert_many
from .granting import Said, Terms, check, check_why, may_grant, terms_of, within
from .grants import delete_rows, holder_column, new_row, write_terms
from .locks import rules_lock
from .notices import tell_of_grant
from .records import Clock, actor
from .refusing import service

MOST = 2_000  # records of one batch
TOLD_EACH = 20  # notices of one batch; a bigger one is told once
GIVEN, REVOKED = "grants", "grants_revoked"
OF_ALL = frozenset({"value", "grant_self", "grant_holder", "grant_end", "why"})  # no record changes these answers


@dataclass
class Foreseen:
    """What granting would do to each record: a new grant, a standing one widened, or why not, by code."""

    new: list[Any] = field(default_factory=list)
    replaced: list[Any] = field(default_factory=list)  # grants that have ended, in the way of new ones
    wider: list[tuple[Any, Terms]] = field(default_factory=list)
    refused: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many records are granted on."""
        return len(self.new) + len(self.wider)

    def refuse(self, code: str, record: Any) -> None:
        """Leave a record out."""
        self.refused.setdefault(code, []).append(record)


@dataclass(frozen=True)
class Granted:
    """The batch, and how many records were left out by code; `repeated`: the same was sent before."""

    batch: Batch
    refused: dict[str, int] = field(default_factory=dict)
    repeated: bool = False


@service("grant_many", about="batch")
def grant_many(
    *,
    records: Sequence[Any],
    to: Any,
    terms: Terms,
    why: str,
    by: Any,
    channel: str,
    clock: Clock,
    token: str,
    extend: bool = False,
    facts: dict[str, Any] | None = None,
    remote_addr: str | None = None,
) -> Granted:
    """Give `to` the right on all of `records` (one type, at most MOST) that `by` may grant on; the others are left.

    Where an open grant of the right stands it is left, or with `extend` made as wide as the terms, never narrower.
    `token` names this act: sent again, it gives the first batch back. Raises Refused as `grant` does, and with the
    codes of all records where none could be granted on.
    """
    rules_lock(exclusive=True)
    checker = actor(by, clock())
    earlier = Batch.objects.filter(kind=GIVEN, by=checker.user, facts__token=token).first()
    if earlier is not None:
        return Granted(earlier, earlier.facts["refused"], repeated=True)
    plan = foresee_many(_read_again(records), to, terms, why, checker, extend=extend)
    if not plan.count:
        raise Refused(*(Finding(code) for code in sorted(plan.refused))) if plan.refused else refuse("grant_none")
    refused = {code: len(left) for code, left in plan.refused.items()}
    model_name = (plan.new or [plan.wider[0][0].content_object])[0]._meta.model_name
    holder = "group" if isinstance(to, Group) else "user"
    about = {"token": token, "holder": holder, "to": to.pk, "extended": len(plan.wider), "refused": refused}
    batch = _batch(GIVEN, checker, model_name, why, plan.count, (facts or {}) | about)
    _give(plan, to, terms, Said(checker, why.strip(), channel, remote_addr, batch.pk))
    return Granted(batch, refused)


def foresee_many(
    records: Sequence[Any], to: Any, terms: Terms, why: str, checker: Checker, *, extend: bool
) -> Foreseen:
    """What grant_many would do. Raises Refused for what is wrong with the terms themselves. Three queries or so."""
    checker.prefetch_perms(records)
    standing = _standing_on(records, to, terms.kind)
    plan, answers = Foreseen(), {}
    for record in records:
        found = standing.get(record.pk)
        open_one = found if found is not None and found.until > checker.at else None
        wanted = widened(terms_of(open_one), terms) if open_one and extend else terms
        asked = (record.is_key, may_grant(record, checker, terms.kind), wanted)  # all that `check` looks at
        if asked not in answers:
            answers[asked] = _answer(record, to, wanted, why, checker)
        stays = open_one and (not extend or wanted.columns(record) == terms_of(open_one).columns(record))
        if answers[asked] == "grant_right" or (answers[asked] and not stays):
            plan.refuse(answers[asked], record)
        elif stays:
            plan.refuse("grant_stands", record)
        elif open_one:
            plan.wider.append((open_one, wanted))
        else:
            plan.new.append(record)
            plan.replaced += [found] if found is not None else []
    return plan


def widened(standing: Terms, terms: Terms) -> Terms:
    """The standing terms as wide as the new ones; where neither window holds the other, the standing one stays."""
    window = terms if within(standing.window, [terms.window]) else standing
    ends = [until for until in (standing.until, terms.until) if until is not None]
    return replace(window, kind=standing.kind, until=max(ends, default=None), covers=standing.covers or terms.covers)


@service("revoke_many", about="batch")
def revoke_many(
    *, batch: Batch, why: str, by: Any, channel: str, clock: Clock, remote_addr: str | None = None
) -> Granted:
    """End all grants of a batch that stand as it left them and that `by` may end; gives the batch of the revoking.

    Raises Refused: grant_right (on none of them), batch_ended (nothing of it stands), why, value.
    """
    rules_lock(exclusive=True)
    checker = actor(by, clock())
    check_why(why)
    standing = list(standing_of(batch, checker.at))
    checker.prefetch_perms([grant.content_object for grant in standing])
    mine = [grant for grant in standing if may_grant(grant.content_object, checker, terms_of(grant).kind)]
    if not mine:
        raise refuse("grant_right" if standing else "batch_ended")
    about = {name: batch.facts.get(name) for name in ("holder", "to", "name")} | {"of": batch.pk}
    made = _batch(REVOKED, checker, batch.record_type, why, len(mine), about)
    said = Said(checker, why.strip(), channel, remote_addr, made.pk)
    _tell(mine, "revoked", said)
    delete_rows(mine, said)
    return Granted(made, {"grant_right": len(standing) - len(mine)} if len(mine) < len(standing) else {})


def grants_of_batch(batch: Batch) -> Any:
    """The model of the grants of a batch."""
    return GRANTS[batch.record_type][batch.facts.get("holder") == "group"]


def standing_of(batch: Batch, at: Any) -> QuerySet:
    """The grants in force that are as the batch left them, with their records."""
    model = grants_of_batch(batch)
    left = model.history.filter(batch=batch.pk, id=OuterRef("pk"), version=OuterRef("version"))
    joins = ["content_object"] if batch.record_type == "customer" else ["content_object", "content_object__customer"]
    mine = model.objects.filter(pk__in=model.history.filter(batch=batch.pk).values("id"))
    return mine.in_force(at).filter(Exists(left.exclude(history_type="-"))).select_related(*joins).order_by("pk")


def _answer(record: Any, to: Any, terms: Terms, why: str, checker: Checker) -> str:
    """Why the terms may not be given on such a record; "" where they may."""
    try:
        check(record, to, terms, why, checker)
    except Refused as no:
        if OF_ALL & set(no.codes):
            raise
        return no.codes[0]
    return ""


def _read_again(records: Sequence[Any]) -> list[Any]:
    if len(records) > MOST:
        raise refuse("grant_many")
    if not records:
        return []
    model = type(records[0])
    rows = model._default_manager.filter(pk__in=[record.pk for record in records]).order_by("-entered_at", "-id")
    return list(rows if model is Customer else rows.select_related("customer"))


def _standing_on(records: Sequence[Any], to: Any, kind: str) -> dict[int, Any]:
    """The grants of that right to that holder, ended ones too, by record."""
    if not records:
        return {}
    name = records[0]._meta.model_name
    rows = GRANTS[name][isinstance(to, Group)].objects.filter(
        content_object__in=[record.pk for record in records],
        permission=permission_id(kind.format(name)),
        **holder_column(to),
    )
    found = {grant.content_object_id: grant for grant in rows}
    for record in records:
        if record.pk in found:
            found[record.pk].content_object = record
    return found


def _batch(kind: str, checker: Checker, record_type: str, why: str, count: int, facts: dict[str, Any]) -> Batch:
    return Batch.objects.create(
        kind=kind,
        at=checker.at,
        by=checker.user,
        record_type=record_type,
        title=why.strip()[:200],
        count=count,
        facts=facts,
    )


def _give(plan: Foreseen, to: Any, terms: Terms, said: Said) -> None:
    delete_rows(plan.replaced, said)
    made = [new_row(record, to, terms, said) for record in plan.new]
    with said.act():
        insert_many(made)
    for grant, wanted in plan.wider:
        write_terms(grant, wanted, said)
    _tell([*made, *(grant for grant, _terms in plan.wider)], "granted", said)


def _tell(grants: Iterable[Any], kind: str, said: Said) -> None:
    """Tell who holds them; of many only the first, with how many more."""
    grants = list(grants)
    few = len(grants) <= TOLD_EACH
    why = said.why if few else f"{said.why} (+{len(grants) - 1:,})"
    for grant in grants if few else grants[:1]:
        tell_of_grant(grant, kind=kind, at=said.checker.at, actor=said.checker.user, why=why)
