"""The whole demo company, in the order of its calendar."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from audit.events import record_event
from records.services.time_requests import expire_due

from .companies import make_companies
from .corrections import correct, refused
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
    people = make_people(now)
    admin = people["admin"]
    set_rules(admin, now)
    zones = {name: ZoneInfo(person.zone or COMPANY_ZONE.key) for name, person in people.items()}
    world = World(now=now, people=people, zones=zones)
    plan(world, size)
    world.play()
    expire_due(lambda: now)
    closed = close_months(admin, now)
    use_exception(world, closed)
    guard_contracts(admin, now)
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


def _entered(world: World, index: int, owner: str) -> dt.datetime:
    """The known companies and many others stand in the books from the first weeks."""
    if index < 10 or world.chance(0.35):
        return world.some_moment(world.first, world.zones[owner], world.first + 15 * DAY)
    return world.some_moment(world.first, world.zones[owner])
