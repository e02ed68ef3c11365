"""A company that has been sealed for days, built once through the services; every test tampers with its own copy.

Its copy is a savepoint. The clock begins now, because the presets of a fresh database do.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any
from unittest import mock

from django.core.management import call_command
from django.db import connection, transaction
from django.test import TestCase, override_settings

from audit import times
from audit.acts import act
from audit.models import Event, Review, ReviewItem
from audit.seals import seal
from audit.verify import run as run_all
from crm.models import Team, User
from crm.people.services import add_person, add_team, change_team
from records.models import Batch, CompanyRules, Customer, FollowUp, TypeRule
from records.services.bulk import insert_many
from records.services.contacts import add_contact
from records.services.entry_time import change_entry_time
from records.services.exceptions import add_exception
from records.services.grant_batches import grant_many
from records.services.grants import Terms, grant, revoke
from records.services.numbers import next_numbers
from records.services.records import archive_record, create_record, update_record
from records.services.request_answers import approve
from records.services.request_states import Seen
from records.services.rules import change_rule
from records.services.time_requests import ask
from records.services.undo import undo_change
from tests import cast as make
from tests.audit.house import POSTGRES, run

PEOPLE = {
    "anna": ("administrator", "Office"),
    "sam": ("sales", "East"),
    "mia": ("sales_manager", "East"),
    "kim": ("senior_sales_manager", "Office"),
    "otto": ("auditor", None),
}


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = times.now() + dt.timedelta(days=1)

    def __call__(self) -> dt.datetime:
        return self.at

    def wait(self, **time: float) -> dt.datetime:
        """Let so much time pass."""
        self.at += dt.timedelta(**time)
        return self.at


@dataclass
class House:
    """The people by name, what they made, where the heads are."""

    heads: Path
    clock: Clock = field(default_factory=Clock)
    people: dict[str, User] = field(default_factory=dict)
    customers: list[Any] = field(default_factory=list)
    calls: list[Any] = field(default_factory=list)
    made: dict[str, Any] = field(default_factory=dict)

    def by(self, name: str) -> dict[str, Any]:
        """Who does it, how, when."""
        self.clock.wait(minutes=1)
        return {"by": self.people[name], "channel": "web", "clock": self.clock}

    def redate(self, record: Any, by: str, **back: float) -> Any:
        """Move a record's entry time back."""
        fresh = type(record).objects.get(pk=record.pk)
        how = {"reason": "back_fill", "note": "Card found", "typed": "3 days ago", "typed_zone": "Asia/Shanghai"}
        moment = fresh.entered_at - dt.timedelta(**back)
        return change_entry_time(
            record=fresh, seen_version=fresh.version, entered_at=moment, **how | self.by(by), acknowledged=["order"]
        )

    def rename(self, record: Any, by: str, **values: Any) -> Any:
        """Change ordinary fields."""
        fresh = type(record).objects.get(pk=record.pk)
        return update_record(record=fresh, seen_version=fresh.version, values=values, **self.by(by))

    def seal(self) -> Any:
        """What the worker does every hour."""
        self.clock.wait(hours=1)
        return seal(self.clock)


def build(heads: Path) -> House:
    """People, rules, records, grants, corrections, a request, batches, a review; seals between, some rows after."""
    house = House(heads)
    _people(house)
    house.seal()
    house.clock.wait(days=1)
    _records(house)
    house.seal()
    house.clock.wait(days=1)
    _corrections(house)
    _request(house)
    _batches(house)
    house.seal()
    house.clock.wait(days=1)
    house.redate(house.calls[4], "mia", days=4)
    _review(house)
    house.seal()
    house.clock.wait(hours=3)
    house.rename(house.customers[0], "mia", note="Called again")
    house.redate(house.calls[6], "mia", days=1)
    return house


def _people(house: House) -> None:
    how = {"note": "Start", "by": None, "channel": "command", "clock": house.clock}
    teams = {name: add_team(name=name, manager=None, **how) for name in ("East", "Office")}
    for name, (role, team) in PEOPLE.items():
        mail = f"{name}@redate.example"
        given = {"display_name": name.capitalize(), "email": mail, "roles": [role], "team": teams.get(team)}
        house.people[name] = add_person(username=name, password=make.PASSWORD, **given, **how)
    change_team(team=teams["East"], name="East", manager=house.people["mia"], **how)
    _rule(house, CompanyRules.objects.get(), zone="Asia/Shanghai", name="Yunqiao")
    for rule in TypeRule.objects.exclude(record_type="contract"):
        _rule(house, rule, owners_may=True, warn_order=False)


def _rule(house: House, rule: Any, **values: Any) -> None:
    change_rule(rule=rule, seen_version=rule.version, values=values, note="Agreed", **house.by("anna"))


def _new(house: House, model: Any, **values: Any) -> Any:
    return create_record(model=model, values=values, **house.by("sam"))


def _records(house: House) -> None:
    house.customers = [_new(house, Customer, name=f"Customer {n}", note="长江" if n else "") for n in range(4)]
    for n in range(12):
        house.calls.append(_new(house, FollowUp, summary=f"Call {n}", customer=house.customers[n % 4]))
    make.contract(house.people["sam"], house.customers[0], amount="12345.60", clock=house.clock)
    make.opportunity(house.people["sam"], house.customers[1], amount="0.10", clock=house.clock)
    add_contact(customer=house.customers[0], values={"name": "Li Wei", "phone": "13800000000"}, **house.by("sam"))


def _corrections(house: House) -> None:
    for n in range(8):
        house.redate(house.calls[n], "mia", days=3, hours=n)
    for _ in range(5):
        house.redate(house.calls[0], "mia", hours=2)
    result = house.redate(house.customers[2], "kim", days=2)
    undo_change(record=house.customers[2], history_id=result.history_id, **house.by("kim"))
    house.rename(house.customers[1], "sam", name="Customer 1, renamed")
    fresh = FollowUp.objects.get(pk=house.calls[11].pk)
    archive_record(record=fresh, seen_version=fresh.version, reason="", note="Twice", **house.by("sam"))
    terms = Terms(until=house.clock() + dt.timedelta(days=90), days_back=14)
    east = Team.objects.get(name="East").group
    for to in (house.people["sam"], east):
        house.made["grant"] = grant(record=house.calls[1], to=to, terms=terms, why="Cards", **house.by("kim"))
    ended = grant(record=house.calls[2], to=house.people["sam"], terms=terms, why="Cards", **house.by("kim"))
    revoke(grant=ended, why="Enough", **house.by("kim"))
    until = house.clock() + dt.timedelta(days=30)
    how = {"record_type": "followup", "until": until, "why": "Year end"}
    house.made["exception"] = add_exception(to=house.people["sam"], **how, **house.by("anna"))
    rule = TypeRule.objects.get(record_type="contract")
    _rule(house, rule, closed_through=(house.clock() - dt.timedelta(days=60)).date())


def _request(house: House) -> None:
    call = FollowUp.objects.get(pk=house.calls[9].pk)
    wanted = call.entered_at - dt.timedelta(days=12)
    words = {"why_code": "back_fill", "words": "Found the card only now.", "seen_version": call.version}
    asked = ask(record=call, wanted=wanted, **words, **house.by("sam"))
    approve(request=asked, seen=Seen.of(asked, call), note="Seen", **house.by("mia") | {"channel": "request"})
    house.made["request"] = asked


def _batches(house: House) -> None:
    """An import of three customers, as imports write; and grants given together."""
    by, at = house.people["kim"], house.clock.wait(minutes=1)
    stamp = at.replace(microsecond=0)
    when = {"entered_at": stamp, "original_entered_at": stamp, "recorded_at": stamp}
    with transaction.atomic():
        about = {"kind": "import", "record_type": "customer", "title": "old.csv", "count": 3}
        batch = Batch.objects.create(at=at, by=by, facts={"digest": "0" * 64}, **about)
        numbers = next_numbers(Customer, stamp, 3)
        rows = [Customer(name=f"Brought {n}", number=n, owner=house.people["sam"], **when) for n in numbers]
        with act(by=by, reason="import", note="old.csv", channel="import", at=at, batch=batch.pk):
            insert_many(rows)
    house.made["batch"] = batch
    terms = Terms(until=house.clock() + dt.timedelta(days=40), days_back=9)
    given = {"records": house.calls[3:7], "to": house.people["sam"], "terms": terms, "why": "Cards", "token": "t1"}
    grant_many(**given, **house.by("kim"))


def _review(house: House) -> None:
    row = house.calls[5].history.filter(previous_entered_at__isnull=False).latest("history_id")
    about = {"kind": "audit.historicalfollowup", "history_id": row.history_id}
    about |= {"record_type": "followup", "record_id": row.id}
    at, otto = house.clock.wait(minutes=5), house.people["otto"]
    item = ReviewItem.objects.create(at=row.history_date, risk=3, state="ok", state_at=at, **about)
    Review.objects.create(outcome="ok", note="Seen the card", by_id=otto.pk, by_name=str(otto), at=at, **about)
    house.made["item"] = item
    Event.objects.create(at=at, kind="exported", actor_id=otto.pk, actor_name="Otto", channel="web", what={"rows": 9})


# ---- tampering, and the command ----


@contextmanager
def past_triggers() -> Iterator[None]:
    """As somebody with the database's password: take the triggers out of the way, and put them back."""
    if POSTGRES:
        run("SET CONSTRAINTS ALL IMMEDIATE")
        tables = [
            row[0] for row in run("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal")
        ]
        for table in tables:
            run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        run("SET CONSTRAINTS ALL IMMEDIATE")
        for table in tables:
            run(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        return
    triggers = run("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    for name, _sql in triggers:
        run(f'DROP TRIGGER "{name}"')
    yield
    with connection.cursor() as cursor:
        for _name, sql in triggers:
            cursor.execute(sql)


def verify(house: House, *options: str) -> tuple[int, str]:
    """`manage.py verify` by the clock of the house: its exit code and what it prints."""
    out, code = StringIO(), 0
    try:
        with mock.patch.object(times, "now", house.clock):
            call_command("verify", f"--heads={house.heads}", *options, stdout=out, stderr=StringIO())
    except SystemExit as end:
        code = int(end.code or 0)
    return code, out.getvalue()


class InTheHouse(TestCase):
    """Tests that stand in one house; what one does to it is rolled back, triggers and all, and its file put back."""

    house: House

    @classmethod
    def setUpClass(cls) -> None:
        """A file for the heads, then the house."""
        cls.heads = Path(cls.enterClassContext(tempfile.TemporaryDirectory())) / "heads.jsonl"
        cls.enterClassContext(override_settings(SEAL_HEADS=str(cls.heads)))
        super().setUpClass()

    @classmethod
    def setUpTestData(cls) -> None:
        """Built once."""
        cls.house = build(cls.heads)

    def setUp(self) -> None:
        """The file is no part of the database."""
        self.addCleanup(self.heads.write_bytes, self.heads.read_bytes())

    def _should_check_constraints(self, connection: Any) -> bool:
        return False  # somebody with the password may leave rows that point at nothing


class Whole(InTheHouse):
    """Runs of `verify` in the house."""

    def run_it(self, **options: Any) -> Any:
        """A run of the auditor."""
        return run_all(by=self.house.people["otto"], clock=self.house.clock, **options)

    def alter(self, statement: str, *params: Any) -> None:
        """Raw SQL past the triggers."""
        with past_triggers():
            run(statement, params)


def places(report: Any) -> set[tuple[str, str, int | None]]:
    """Code, table and row of all that was found."""
    return {(found.code, found.facts["table"], found.row_id) for found in report.findings}
