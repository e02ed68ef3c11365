"""The whole demo company, in the order of its calendar."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from audit.events import record_event
from crm.backups.working import ask_for_one
from records.services.time_requests import expire_due

from .auditing import audits, close_the_day
from .companies import make_companies
from .corrections import correct, refused
from .many import many
from .notices import read_all, told_besides
from .people import make_people, set_rules
from .records import DAY, contract, customer, follow_up, opportunity
from .requests import requests
from .scenes import grants, lins_week
from .story import COMPANY_ZONE, World
from .stricter import close_months, exceptions, guard_contracts, use_exception
from .texts import LINS_WEEK


@dataclass(frozen=True)
class Size:
    """How many of each."""

    customers: int
    opportunities: int
    follow_ups: int
    contracts: int
    corrections: int
    refusals: int


SIZES = {"full": Size(300, 600, 2000, 150, 118, 6), "small": Size(20, 30, 90, 10, 12, 2)}


def make_demo(now: dt.datetime, size: Size) -> dt.date:
    """Write people, rules, records, their corrections and grants; then close the months. Gives the last closed day.

    The same `now` and size give the same data. Not one transaction: every act is its own, as in life.
    """
    record_event(kind="demo_started", by=None, at=now, channel="command")
    world = World(now=now)
    world.people = people = make_people(world.first - 2 * DAY)
    world.zones = {name: ZoneInfo(person.zone or COMPANY_ZONE.key) for name, person in people.items()}
    admin = people["admin"]
    set_rules(admin, now)  # their first rows are as old as the database
    plan(world, size)
    world.play()
    expire_due(lambda: now)
    closed = close_months(admin, now)
    use_exception(world, closed)
    guard_contracts(admin, now)
    close_the_day(world)
    ask_for_one(admin, now)
    read_all(now)
    record_event(kind="demo_finished", by=admin, at=now, channel="command")
    return closed


def plan(world: World, size: Size) -> None:
    """Spread everything over the months."""
    for index, company in enumerate(make_companies(world.rng, size.customers)):
        world.at(_entered(world, index, company.owner), customer(company))
    steps = (
        (opportunity, size.opportunities),
        (follow_up, size.follow_ups - len(LINS_WEEK)),
        (contract, size.contracts),
        (correct, size.corrections),
        (refused, size.refusals),
    )
    for step, count in steps:
        for _ in range(count):
            world.at(world.some_moment(world.first + 20 * DAY), step)
    lins_week(world)
    grants(world)
    told_besides(world)
    exceptions(world)
    requests(world)
    many(world)
    audits(world)


def _entered(world: World, index: int, owner: str) -> dt.datetime:
    """The known companies and many others stand in the books from the first weeks."""
    if index < 10 or world.chance(0.35):
        return world.some_moment(world.first, world.zones[owner], world.first + 15 * DAY)
    return world.some_moment(world.first, world.zones[owner])
