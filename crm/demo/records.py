"""Records as they were entered over the months: customers, opportunities, follow-ups, contracts."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from records.models import Contract, Customer, FollowUp, Opportunity
from records.refusals import WARNINGS
from records.services.assign import change_importance
from records.services.contacts import add_contact
from records.services.records import create_record, update_record

from . import texts
from .companies import Company
from .notices import maybe_follow
from .story import Clock, World

DAY = dt.timedelta(days=1)
MANAGERS = {"East": "han", "South": "han", "Europe": "olivia"}


def language_of(world: World, customer: Any) -> int:
    """0 English, 1 Chinese."""
    return int(world.currencies.get(customer.pk, "CNY") == "CNY")


def manager_of(world: World, owner: Any) -> Any:
    """Who leads the owner's team."""
    return world.people[MANAGERS[owner.team.name]]


def enter(world: World, clock: Clock, model: Any, values: dict[str, Any], *, late: bool = False) -> Any:
    """Create a record of `values["owner"]`; a late one by whoever may give it an earlier time."""
    by, entered_at, extra = values["owner"], None, {}
    if late:
        customer = values.get("customer")
        key = customer is not None and customer.importance == "key"
        by = world.people["wang"] if key else by if model is not Contract else manager_of(world, by)
        entered_at = _earlier(world, clock(), 6 if by == values["owner"] else 12)
        reason, note = world.rng.choice(texts.LATE[language_of(world, customer) if customer else 0])
        extra = {"reason": reason, "note": note, "acknowledged": WARNINGS}
    how = {"by": by, "entered_at": entered_at, "channel": "web", "clock": clock}
    made = create_record(model=model, values=values, **how, **extra)
    maybe_follow(made, manager_of(world, made.owner))
    return made


def _earlier(world: World, at: dt.datetime, days: int) -> dt.datetime:
    """A working minute up to `days` days before."""
    return min(world.working_moment((at - world.rng.randint(1, days) * DAY).date()), at - dt.timedelta(minutes=40))


def customer(company: Company) -> Any:
    """The step that enters a company with its contacts, and marks a key one some days later."""

    def step(world: World, clock: Clock) -> None:
        owner = world.people[company.owner]
        made = enter(world, clock, Customer, company.values | {"owner": owner}, late=world.chance(0.15))
        world.customers.append(made)
        world.currencies[made.pk] = company.currency
        for values in company.contacts:
            add_contact(customer=made, values=values, by=owner, channel="web", clock=clock)
        if company.key:
            world.at(clock() + world.rng.randint(1, 12) * DAY, lambda w, c: _mark_key(w, c, made))

    return step


def _mark_key(world: World, clock: Clock, customer: Customer) -> None:
    saved = change_importance(
        record=customer,
        seen_version=customer.version,
        importance="key",
        by=manager_of(world, customer.owner),
        reason="business_change",
        note=("Named a key account in the quarterly review.", "季度会议确定为重点客户。")[language_of(world, customer)],
        channel="web",
        clock=clock,
    )
    customer.importance, customer.version = "key", saved.version


def _pick_customer(world: World) -> Any:
    """Some customer; known and key ones more often."""
    found = world.rng.choice(world.customers)
    if found.importance != "key" and world.chance(0.25):
        return world.rng.choice(world.customers[: max(12, len(world.customers) // 4)])
    return found


def opportunity(world: World, clock: Clock) -> None:
    """An opportunity, which moves on over the weeks."""
    customer = None if world.chance(0.03) else _pick_customer(world)
    owner = customer.owner if customer else world.people[world.rng.choice(("lin", "marcus", "chen"))]
    language = language_of(world, customer) if customer else int(owner.username in ("lin", "chen"))
    year = (clock() + 60 * DAY).year
    name = world.rng.choice(texts.OPPORTUNITIES[language]).format(year=year)
    if customer is None:
        name = ("Enquiry from the web form: {}", "官网咨询：{}")[language].format(name)
    values = {
        "customer": customer,
        "owner": owner,
        "name": f"{customer.short_name}, {name}" if customer and world.chance(0.4) else name,
        "stage": world.rng.choice(("lead", "lead", "qualified")),
        "amount": Decimal(world.rng.randint(8, 900) * 1000),
        "currency": world.currencies[customer.pk] if customer else "CNY",
        "probability": world.rng.choice((10, 20, 30)),
        "expected_close_on": (clock() + world.rng.randint(30, 150) * DAY).date(),
    }
    made = enter(world, clock, Opportunity, values, late=world.chance(0.15))
    world.opportunities.append(made)
    if customer is not None and world.chance(0.75):
        world.at(_later(world, clock(), 12, 60), lambda w, c: _move_on(w, c, made))


NEXT_STAGE = {
    "lead": (("qualified", 40), ("proposal", 60), ("lost", 10)),
    "qualified": (("proposal", 60), ("lost", 20)),
    "proposal": (("negotiation", 80), ("won", 70), ("lost", 50)),
    "negotiation": (("won", 100), ("lost", 40)),
}
PROBABILITY = {"qualified": 40, "proposal": 60, "negotiation": 80, "won": 100, "lost": 0}


def _move_on(world: World, clock: Clock, opportunity: Any) -> None:
    choices = NEXT_STAGE.get(opportunity.stage)
    if choices is None:
        return
    stage = world.rng.choices([name for name, _ in choices], [weight for _, weight in choices])[0]
    edit(opportunity, {"stage": stage, "probability": PROBABILITY[stage]}, opportunity.owner, clock)
    world.at(_later(world, clock(), 20, 90), lambda w, c: _move_on(w, c, opportunity))


def edit(record: Any, values: dict[str, Any], by: Any, clock: Clock) -> None:
    """An ordinary edit, kept on the object in hand too."""
    saved = update_record(record=record, seen_version=record.version, values=values, by=by, channel="web", clock=clock)
    for name, value in values.items():
        setattr(record, name, value)
    record.version = saved.version


def _later(world: World, at: dt.datetime, least: int, most: int) -> dt.datetime:
    return world.working_moment((at + world.rng.randint(least, most) * DAY).date())


def follow_up(world: World, clock: Clock) -> None:
    """Something said with some customer."""
    customer = _pick_customer(world)
    language = language_of(world, customer)
    kind, summary, content = world.rng.choice(texts.FOLLOW_UPS[language])
    values = {"customer": customer, "owner": customer.owner, "kind": kind, "summary": summary, "content": content}
    if world.chance(0.3):
        values["opportunity"] = next((o for o in reversed(world.opportunities) if o.customer_id == customer.pk), None)
    if world.chance(0.5):
        values["outcome"] = world.rng.choice(texts.OUTCOMES[language])
    if world.chance(0.3):
        values["next_step"] = world.rng.choice(texts.NEXT_STEPS[language])
        values["next_step_on"] = (clock() + world.rng.randint(1, 14) * DAY).date()
    made = enter(world, clock, FollowUp, values, late=world.chance(0.15))
    world.follow_ups.append(made)
    if made.next_step_on:
        _do_later(world, clock(), made)


def _do_later(world: World, at: dt.datetime, made: Any) -> None:
    """A next step is done about its day; the youngest ones are sometimes forgotten."""
    if world.now - at < 12 * DAY and world.chance(0.2):
        return
    when = world.working_moment(made.next_step_on + world.rng.choice((-1, 0, 0, 0, 1)) * DAY)
    if when > at:
        world.at(when, lambda w, c: edit(made, {"done": True}, made.owner, c))


def contract(world: World, clock: Clock) -> None:
    """A contract, where there is one on an opportunity that was won."""
    signed = {made.opportunity_id for made in world.contracts}
    won = [o for o in world.opportunities if o.stage == "won" and o.pk not in signed]
    source = world.rng.choice(won) if won else None
    customer = source.customer if source else _pick_customer(world)
    language = language_of(world, customer)
    today = clock().date()
    starts = today + world.rng.randint(3, 25) * DAY
    values = {
        "customer": customer,
        "opportunity": source,
        "owner": customer.owner,
        "name": world.rng.choice(texts.CONTRACTS[language]).format(year=starts.year),
        "amount": source.amount if source else Decimal(world.rng.randint(20, 600) * 1000),
        "currency": world.currencies[customer.pk],
        "signed_on": today - world.rng.randint(0, 5) * DAY,
        "starts_on": starts,
        "ends_on": starts + 364 * DAY,
        "status": "signed",
    }
    if world.now.date() - today < 20 * DAY and world.chance(0.3):
        values |= {"status": "draft", "signed_on": None}
    made = enter(world, clock, Contract, values, late=world.chance(0.15))
    world.contracts.append(made)
    for day, status in ((starts, "running"), (values["ends_on"] + DAY, "ended")):
        if values["status"] == "signed":
            world.at(
                world.working_moment(day), lambda w, c, status=status: edit(made, {"status": status}, made.owner, c)
            )
