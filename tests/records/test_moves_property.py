"""Random people do random things at random moments. After each: no time moved against the rules of that moment.

The rules are told again in tests/records/town.py. A seed that fails is repeated with `-k 'seed-name'`.
"""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group

from crm.models import Role, User
from records.models import GRANTS, RECORDS, Contract, FollowUp, PeriodException, TimeRequest, TypeRule, Window
from records.refusals import Refused, StaleRecord
from records.rules import WindowLimit
from records.services import exceptions, grants, rules, time_requests, windows
from records.services.assign import change_importance, change_owner
from records.services.behalf import change_on_behalf
from records.services.entry_time import change_entry_time
from records.services.records import archive_record, create_record, restore_record, update_record
from records.services.undo import undo_change
from tests import cast as make
from tests.cast import NOW
from tests.records.town import Facts, day

MINUTE, DAY = dt.timedelta(minutes=1), dt.timedelta(days=1)
STEPS = 300
SEEDS = [*range(3), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(3, 20))]
CLOSED = ("closed_through", "closed_hard_through", "reported_through")
ROLES = ("sales", "sales", "sales_manager", "senior_sales_manager", "administrator", "auditor")
RULES: dict[str, Callable[[random.Random, dt.datetime], Any]] = {
    "owners_may": lambda dice, at: dice.random() < 0.8,
    "closed_through": lambda dice, at: dice.choice([None, None, day(at) - DAY * dice.randint(1, 60)]),
    "closed_hard_through": lambda dice, at: day(at) - DAY * dice.randint(15, 60),
    "grace_days": lambda dice, at: dice.choice([None, None, None, 0, 5, 17, 18, 40]),
    "reported_through": lambda dice, at: dice.choice([None, None, day(at) - DAY * dice.randint(3, 50)]),
    "approval_days": lambda dice, at: dice.choice([None, None, 2, 10, 30]),
    "approval_on_key": lambda dice, at: dice.random() < 0.3,
    "lock_signed": lambda dice, at: dice.random() < 0.8,
    "lock_opportunity": lambda dice, at: dice.random() < 0.5,
    "requests_allowed": lambda dice, at: dice.random() < 0.8,
    "request_days": lambda dice, at: dice.choice([1, 5, 14]),
}


class Run:
    """One random life of the company: what happened, and what stood before."""

    def __init__(self, seed: int) -> None:
        self.dice, self.at, self.log = random.Random(seed), NOW, []
        self.done: Counter[str] = Counter()
        cast = make.make()
        self.people = [each for each in cast.everybody() if each != cast.gone]
        self.groups = [cast.east.group, cast.west.group, *(role.group for role in Role.objects.all())]
        ordinary, key = make.customer(cast.owner), make.customer(cast.colleague, importance="key")
        deal = make.opportunity(cast.owner, ordinary)
        self.records = [ordinary, key, deal, make.opportunity(cast.colleague, key)]
        self.records += [make.follow_up(cast.owner, ordinary), make.follow_up(cast.colleague, key)]
        self.records += [make.contract(cast.owner, ordinary, opportunity=deal), make.contract(cast.colleague, key)]
        self.old: list[Any] = list(self.records)  # as they were on pages opened long ago
        self.facts = Facts.read()
        self.change: tuple[Any, ...] | None = None  # what this step tries to move: about, who, to, further words
        self.may: bool | None = None  # where it must succeed or fail, and not only be allowed if it succeeds

    def clock(self) -> dt.datetime:
        return self.at

    @property
    def common(self) -> dict[str, Any]:
        return {"channel": "web", "clock": self.clock}

    def who(self) -> User:
        return User.objects.get(pk=self.dice.choice(self.people).pk)

    def able(self, record: Any) -> User:
        """Mostly somebody with a right on the record, were the time to change or not."""
        row = self.facts.records[about(record)]
        able = [each for each in self.people if self.facts.sources(each.pk, row, self.at)]
        return User.objects.get(pk=self.dice.choice(able).pk) if able and self.dice.random() < 0.8 else self.who()

    def boss(self) -> User:
        """Often somebody who may."""
        bosses = User.objects.filter(groups__role__key="administrator", is_active=True)
        return self.dice.choice(list(bosses) or [self.who()]) if self.dice.random() < 0.8 else self.who()

    def record(self) -> Any:
        """A record as it stands, or now and then as an old page has it."""
        if self.dice.random() < 0.15:
            return self.dice.choice(self.old)
        found = self.dice.choice(self.records[-14:])
        fresh = type(found).objects.get(pk=found.pk)
        self.old[self.dice.randrange(len(self.old))] = fresh
        return fresh

    def is_fresh(self, record: Any) -> bool:
        return record.version == self.facts.records[about(record)]["version"]

    def moment(self) -> dt.datetime:
        """A time near an edge or anywhere: minutes, days, months ago; now and then ahead."""
        back = self.dice.choice([0, 1, 2, 3, 6, 7, 8, 10, 11, 17, 18, 20, 29, 30, 31, 45, 60, 90, 91, 120])
        off = self.dice.choice([0, 0, 1, -1, 3600, -3600, self.dice.randint(-80_000, 80_000)])
        midnight = dt.datetime.combine(day(self.at), dt.time(), dt.UTC) - 8 * 60 * MINUTE
        start = self.dice.choice([self.at, midnight, midnight])
        shut = [value for rule in self.facts.rules.values() for name in CLOSED if (value := rule[name])]
        if shut and self.dice.random() < 0.15:  # the first open moment, and those around it
            start, back = dt.datetime.combine(self.dice.choice(shut) + DAY, dt.time(), dt.UTC) - 8 * 60 * MINUTE, 0
        return (start - back * DAY + dt.timedelta(seconds=off)).replace(microsecond=0)

    def step(self) -> None:
        """Some time passes, somebody does something, and all is looked at."""
        self.at += self.dice.choice([MINUTE, MINUTE, 5 * MINUTE, 10 * MINUTE, 16 * MINUTE, 120 * MINUTE, DAY])
        act = self.dice.choices(list(ACTS), weights=list(ACTS.values()))[0]
        self.change, self.may = None, None
        try:
            act(self)
        except (Refused, StaleRecord) as no:
            outcome = no.codes if isinstance(no, Refused) else ("stale",)
        else:
            outcome = ("done",)
            self.done[act.__name__] += 1
        self.log.append((f"{self.at:%m-%d %H:%M:%S}", act.__name__, self.change, outcome))
        self.look()

    def look(self) -> None:
        """What moved was allowed, what should have moved did, and the trail holds."""
        now = Facts.read()
        moved = {
            key
            for key, row in now.records.items()
            if self.facts.records.get(key, row)["entered_at"] != row["entered_at"]
        }
        told = self.log[-8:]
        assert moved <= ({self.change[0]} if self.change else set()), told
        if moved:
            key, who, to, words = self.change
            assert now.records[key]["entered_at"] == to, told
            assert self.facts.may_move(who, key, to, self.at, **words), told
        if self.may is not None:
            assert bool(moved) is self.may, told
        for key, rows in now.history.items():
            if len(rows) != len(self.facts.history.get(key, ())):
                check_chain(rows, now.records[key], told)
        assert self.facts.history.keys() <= now.history.keys(), told
        self.facts = now


def check_chain(rows: list[dict[str, Any]], live: dict[str, Any], told: Any) -> None:
    """before(n) = after(n - 1), the version steps by one, the live row is the last."""
    assert [row["version"] for row in rows] == list(range(1, len(rows) + 1)), told
    for earlier, later in itertools.pairwise(rows):
        before = later["previous_entered_at"]
        moved = earlier["entered_at"] != later["entered_at"]
        assert (before == earlier["entered_at"]) if moved else before is None, told
        assert earlier["history_date"] <= later["history_date"], told
    assert (live["version"], live["entered_at"]) == (rows[-1]["version"], rows[-1]["entered_at"]), told
    assert live["original_entered_at"] == rows[0]["entered_at"], told


def about(record: Any) -> tuple[str, int]:
    return record._meta.model_name, record.pk


# ---- what people do ----


def edit(run: Run) -> None:
    record, to = run.record(), run.moment()
    who = run.able(record)
    run.change = (about(record), who.pk, to, {})
    if run.is_fresh(record) and to != run.facts.records[about(record)]["entered_at"]:
        run.may = run.facts.may_move(who.pk, about(record), to, run.at)
    why = {"reason": "other", "note": "", "seen_version": record.version}
    change_entry_time(record=record, entered_at=to, by=who, **why, **run.common)


def take_back(run: Run) -> None:
    """Mostly one's own last change, now and then any row."""
    record = run.record()
    rows = run.facts.history[about(record)]
    last = run.facts.moves.get(about(record)) if run.dice.random() < 0.8 else run.dice.choice(rows)
    if last is None:
        return
    mine = [each for each in run.people if each.pk == last["history_user_id"]]
    who = mine[0] if mine and run.dice.random() < 0.7 else run.who()
    run.change = (about(record), who.pk, last["previous_entered_at"], {"undoes": last["history_id"]})
    undo_change(record=record, history_id=last["history_id"], by=who, channel="undo", clock=run.clock)


def edit_and_take_back(run: Run) -> None:
    """A change, and a look at it; a while later the same person, or another, takes it back."""
    edit(run)
    run.look()
    record = run.change[0]
    live = RECORDS[record[0]].objects.get(pk=record[1])
    who = User.objects.get(pk=run.change[1]) if run.dice.random() < 0.6 else run.able(live)
    run.at += run.dice.choice([MINUTE, 14 * MINUTE, 15 * MINUTE, 15 * MINUTE + dt.timedelta(seconds=1)])
    run.may = None
    last = run.facts.moves.get(record)
    if last is None:
        return  # it was the same time
    run.change = (record, who.pk, last["previous_entered_at"], {"undoes": last["history_id"]})
    if last["version"] == live.version:
        run.may = run.facts.may_move(*(who.pk, record, last["previous_entered_at"], run.at), undoes=last["history_id"])
    undo_change(record=live, history_id=last["history_id"], by=who, channel="undo", clock=run.clock)


def ask(run: Run) -> None:
    record, why = run.record(), {"why_code": "other", "words": ""}
    time_requests.ask(
        record=record, seen_version=record.version, wanted=run.moment(), by=run.who(), **why, **run.common
    )


def answer(run: Run) -> None:
    """Approve, mostly; with what was seen, or with what an old page shows."""
    waiting = list(TimeRequest.objects.open() if run.dice.random() < 0.9 else TimeRequest.objects.all())
    if not waiting:
        return
    request, who = run.dice.choice(waiting), run.boss()
    record = request.record_model.objects.get(pk=request.record_id)
    shown = record if run.dice.random() < 0.9 else run.dice.choice(run.old)
    seen = time_requests.Seen.of(request, shown)
    if run.dice.random() < 0.2:
        time_requests.reject(request=request, seen=seen, by=who, note="No", clock=run.clock)
        return
    run.change = (about(record), who.pk, request.wanted, {"asker": request.asked_by_id})
    time_requests.approve(request=request, seen=seen, by=who, clock=run.clock)
    facts = run.facts.requests[request.pk]
    if facts["state"] == "open":
        assert facts["expires_at"] > run.at
        assert facts["before"] == run.facts.records[about(record)]["entered_at"]


def withdraw(run: Run) -> None:
    waiting = list(TimeRequest.objects.open())
    if waiting:
        time_requests.withdraw(request=run.dice.choice(waiting), by=run.who(), **run.common)


def expire(run: Run) -> None:
    time_requests.expire_due(run.clock)


def behalf(run: Run) -> None:
    record, who, to = run.record(), run.boss(), run.moment()
    run.change = (about(record), who.pk, to, {})
    change_on_behalf(
        record=record,
        seen_version=record.version,
        entered_at=to,
        reason="other",
        note="",
        asker=run.who(),
        how="phone",
        proof="Call at noon",
        by=who,
        clock=run.clock,
    )


def create(run: Run) -> None:
    who, to, customer = run.who(), run.moment(), run.dice.choice(run.records[:2])
    row = {"name": "followup", "owner_id": who.pk, "customer_id": customer.pk, "entered_at": None}
    before, may = FollowUp.objects.count(), run.facts.may_create(who.pk, row, to, run.at)
    values = {"customer": customer, "summary": "Fair"}
    archived = run.facts.records[about(customer)]["archived_at"] is not None
    try:
        made = create_record(model=FollowUp, values=values, by=who, entered_at=to, reason="other", **run.common)
        run.records.append(made)
    finally:
        assert (FollowUp.objects.count() > before) is (may and not archived), (who, to, run.at)


def give(run: Run) -> None:
    dice, record = run.dice, run.record()
    to = dice.choice(run.people) if dice.random() < 0.7 else dice.choice(run.groups)
    cap = dice.choice([None, None, 5])
    terms = grants.Terms(
        until=run.at + dice.choice([10 * MINUTE, DAY, 9 * DAY]),
        days_back=dice.choice([0, 5, 14, 30]),
        longest_move=cap,
        covers=dice.random() < 0.5,
    )
    grants.grant(record=record, to=to, terms=terms, why="Holiday", by=run.boss(), **run.common)


def take_away(run: Run) -> None:
    standing = [row for pair in GRANTS.values() for model in pair for row in model.objects.all()]
    if standing:
        grants.revoke(grant=run.dice.choice(standing), why="Back", by=run.boss(), **run.common)


def except_somebody(run: Run) -> None:
    to: Any = run.dice.choice(run.people) if run.dice.random() < 0.7 else run.dice.choice(run.groups)
    until, kind = run.at + run.dice.choice([10 * MINUTE, DAY, 9 * DAY]), run.dice.choice(list(RECORDS))
    by = run.boss()
    if isinstance(to, Group) and run.dice.random() < 0.5:
        by.groups.remove(to)  # nobody excepts themselves
    exceptions.add_exception(to=to, record_type=kind, until=until, why="Year end", by=by, **run.common)


def end_exception(run: Run) -> None:
    standing = list(PeriodException.objects.all())
    if standing:
        exceptions.revoke_exception(exception=run.dice.choice(standing), why="Over", by=run.boss(), **run.common)


def set_rule(run: Run) -> None:
    rule = run.dice.choice(list(TypeRule.objects.all()))
    name = run.dice.choice(list(RULES))
    if name == "closed_hard_through" and run.dice.random() < 0.5:
        return  # it can never be lowered: not too often
    values = {name: RULES[name](run.dice, run.at)}
    rules.change_rule(rule=rule, seen_version=rule.version, values=values, by=run.boss(), note="Decided", **run.common)


def set_window(run: Run) -> None:
    role, kind = run.dice.choice(list(Role.objects.all())), run.dice.choice(list(RECORDS))
    size = run.dice.choice(["ordinary", "key"])
    row = Window.objects.filter(role=role, record_type=kind, customer_class=size).first()
    limit = WindowLimit(run.dice.choice([None, 0, 7, 30, 90]), 0, run.dice.choice([None, None, 10]))
    cell = {"role": role, "record_type": kind, "customer_class": size, "limit": limit}
    windows.set_window(**cell, seen=(row.pk, row.version) if row else None, by=run.boss(), note="Decided", **run.common)


def classify(run: Run) -> None:
    record = type(run.records[0]).objects.get(pk=run.dice.choice(run.records[:2]).pk)
    value = run.dice.choice(["ordinary", "key"])
    why = {"reason": "", "note": "", "seen_version": record.version, "by": run.boss()}
    change_importance(record=record, importance=value, **why, **run.common)


def hand_over(run: Run) -> None:
    record = run.record()
    why = {"reason": "", "note": "", "seen_version": record.version, "by": run.boss()}
    change_owner(record=record, owner=run.who(), **why, **run.common)


def sign(run: Run) -> None:
    record = Contract.objects.get(pk=run.dice.choice(run.records[6:8]).pk)
    values = {"status": run.dice.choice(["draft", "signed", "signed", "running", "cancelled"])}
    update_record(record=record, seen_version=record.version, values=values, by=run.boss(), **run.common)


def archive(run: Run) -> None:
    record, why = run.record(), {"reason": "", "note": "x"}
    service = restore_record if run.dice.random() < 0.7 else archive_record
    service(record=record, seen_version=record.version, by=run.boss(), **why, **run.common)


def come_and_go(run: Run) -> None:
    who = run.who()
    who.is_active = not who.is_active or run.dice.random() < 0.6
    who.save(update_fields=["is_active"])


def become(run: Run) -> None:
    """Another role; the last administrator stays."""
    who = run.who()
    if who.username not in ("administrator", "root"):
        who.groups.set([group for group in who.groups.all() if not Role.objects.filter(group=group).exists()])
        who.groups.add(Role.objects.get(key=run.dice.choice(ROLES)).group)


ACTS: dict[Callable[[Run], None], int] = {
    edit: 36,
    take_back: 8,
    edit_and_take_back: 10,
    ask: 14,
    answer: 14,
    withdraw: 1,
    expire: 1,
    behalf: 6,
    create: 5,
    give: 7,
    take_away: 2,
    except_somebody: 6,
    end_exception: 1,
    set_rule: 9,
    set_window: 4,
    classify: 3,
    hand_over: 3,
    sign: 4,
    archive: 2,
    come_and_go: 3,
    become: 3,
}


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: f"seed-{seed}")
def test_no_sequence_of_acts_moves_a_time_against_the_rules_of_its_moment(db, seed):
    run = Run(seed)
    for _ in range(STEPS):
        run.step()
    moves = sum(len([row for row in rows if row["previous_entered_at"]]) for rows in Facts.read().history.values())
    assert moves >= 20, run.done
