"""Records that came from elsewhere: two imports with a few rows refused, and one that waits for its columns."""

from __future__ import annotations

from typing import Any

from audit.jobs import run_now
from records.import_pages import begun
from records.importing.opening import look_into
from records.models import Import
from records.services.import_drafts import begin
from records.services.import_work import ask_for_load

from . import files
from .story import COMPANY_ZONE, Clock, World

REPORT, LIST, LEDGER = "salesforce-opportunities.csv", "宁波跟进台账.xlsx", "客户台账.csv"


def from_salesforce(world: World, clock: Clock) -> None:
    """The open opportunities of a branch that worked with Salesforce until now."""
    _load(_begin(world, clock, "olivia", REPORT, files.salesforce_report(clock()), "opportunity"), world, clock)


def from_a_list(world: World, clock: Clock) -> None:
    """What was said on the phone and kept in a sheet."""
    _load(_begin(world, clock, "han", LIST, files.chinese_list(clock()), "followup"), world, clock)


def half_read(world: World, clock: Clock) -> None:
    """A ledger that was uploaded; nobody has gone on yet."""
    _begin(world, clock, "admin", LEDGER, files.ledger(clock()), "customer")


def _begin(world: World, clock: Clock, who: str, name: str, data: bytes, record_type: str) -> Import:
    """The upload, with what is recognised of it, as the first page keeps it."""
    by, look = world.people[who], look_into(data, name)
    kind, said = begun(look, record_type, history=False, by=by, zone=COMPANY_ZONE.key)
    return begin(by=by, at=clock(), name=name, data=data, record_type=kind, said=said)


def _load(draft: Import, world: World, clock: Clock) -> None:
    """Load what can be loaded, and leave out the rows that are refused."""
    job: Any = ask_for_load(draft, by=draft.by, at=clock(), rows=0, skip=True)
    run_now(job, clock)
