"""What the auditor did in the last days: filters kept, times looked over, changes reviewed; and the trail sealed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from audit import seals, verify
from audit.browse.saved import save_filter
from audit.findings.about import people_of
from audit.findings.explaining import explain
from audit.models import Finding, ReviewItem
from records import entry_checks
from records.services.review_filling import fill_queue
from records.services.reviews import Seen, had_a_hand, record_of, sign_off

from .story import Clock, World

# name, query, whether all see it
FILTERS = (
    ("Contracts whose time moved", "field=time&type=contract", True),
    ("Moved by more than 2 days", "field=time&days=2", False),
)
# how many of the riskiest, the outcome, and what was said
REVIEWED = (
    ("ok", "Compared with the call list, it is as the note says."),
    ("ok", "The list that was typed in says the same."),
    ("back", "The note does not say which call list. Add it, or put the time back."),
    ("ok", "The customer's mail names the day."),
)
LATE, EXPLAINED = "outside_hours", "Marcus is in Berlin. It was about one o'clock in the afternoon there."


def audits(world: World) -> None:
    """Filters early, a look at the times and a review in the last days."""
    steps = ((20, "16:05", _keep_filters), (3, "16:40", _look_over), (3, "17:05", _review))
    for ago, clock, step in steps:
        world.at(world.working_day(ago, clock), step)


def close_the_day(world: World) -> None:
    """At the end of the story: all changes wait for their review, the trail is sealed, and verified as every night."""

    def clock() -> dt.datetime:
        return world.now

    fill_queue(clock, whole=True)
    entry_checks.run(by=None, clock=clock)
    seals.seal_all(clock, whole=True)
    verify.run(by=None, clock=clock)


def _keep_filters(world: World, clock: Clock) -> None:
    for name, query, shared in FILTERS:
        save_filter(world.people["auditor"], name, query, shared=shared)


def _look_over(world: World, clock: Clock) -> None:
    """The periodic look at entry times; one of the things found is explained."""
    auditor = world.people["auditor"]
    entry_checks.run(by=auditor, clock=clock, channel="web")
    late = Finding.objects.filter(code=LATE, explained_at=None, gone_at=None)
    found = next((each for each in late if people_of(each) == {world.people["marcus"].pk}), None)
    if found is not None:
        explain(finding=found, words=EXPLAINED, by=auditor, clock=clock)


def _review(world: World, clock: Clock) -> None:
    """The riskiest of what the auditor had no hand in."""
    fill_queue(clock, whole=True)
    auditor = world.people["auditor"]
    waiting = ReviewItem.objects.filter(state="open").order_by("-risk", "pk")
    for item, (outcome, note) in zip(waiting[: len(REVIEWED)], REVIEWED, strict=False):
        _sign(item, auditor, outcome, note, clock)


def _sign(item: ReviewItem, auditor: Any, outcome: str, note: str, clock: Clock) -> None:
    record = record_of(item, auditor)
    if record is None or had_a_hand(item, auditor.pk):
        return
    said = {"outcome": outcome, "note": note, "by": auditor, "channel": "web", "clock": clock}
    sign_off(item=item, record=record, seen=str(Seen.of(item)), **said)
