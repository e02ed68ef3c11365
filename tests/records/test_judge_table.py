"""What `judge` says: a table by hand, and every combination against the rules told again in plain words.

Times are whole days ago at one time of day: 0 is now, -1 tomorrow. The company's zone is Shanghai, now is Wednesday
2026-03-18 14:32 there. So 18 days ago is the last of February, 46 days ago the last of January.
"""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from records.models import Window
from records.rules import Case, Limits, Neighbour, Verdict, WindowLimit, judge
from tests.cast import NOW, days

SHANGHAI = ZoneInfo("Asia/Shanghai")
TODAY = dt.date(2026, 3, 18)
# role → class → days back, as they stand from the first start; None: no limit; nothing: may not
PRESETS: dict[str, dict[str, int | None]] = {
    "sales": {"ordinary": 7},
    "manager": {"ordinary": 30},
    "senior": {"ordinary": 90, "key": 90},
    "admin": {"ordinary": None, "key": None},
}

# who, on what, from → to (days ago; "new": a creation), what holds besides, what is said ("": allowed)
# flags: ask = a request can carry it, second = needs a second person, excepted = only an exception let it through
TABLE = """
# -- the windows of the roles, on ordinary records
sales    | follow-up       | 0 → 1     |                               |
sales    | follow-up       | 0 → 7     |                               |
sales    | follow-up       | 0 → 8     |                               | window ask
sales    | follow-up       | 0 → 8     | no-requests                   | window
sales    | customer        | 0 → 7     |                               |
sales    | customer        | 0 → 8     |                               | window ask
sales    | contract        | 0 → 8     | no-requests                   | window
manager  | follow-up       | 0 → 8     |                               |
manager  | follow-up       | 0 → 30    |                               |
manager  | opportunity     | 0 → 31    |                               | window ask
senior   | follow-up       | 0 → 90    |                               |
senior   | contract        | 0 → 91    |                               | window ask
admin    | follow-up       | 0 → 91    |                               |
admin    | contract        | 0 → 4000  |                               |
# -- an old time may come closer, whatever it is; only where it goes counts
sales    | follow-up       | 400 → 1   |                               |
sales    | follow-up       | 400 → 7   |                               |
sales    | follow-up       | 400 → 399 |                               | window ask
admin    | customer        | 4000 → 0  |                               |
# -- key customers, and what hangs on them
sales    | key follow-up   | 0 → 0.1   |                               | window ask
sales    | key customer    | 0 → 1     | no-requests                   | window
manager  | key follow-up   | 0 → 1     |                               | window ask
senior   | key follow-up   | 0 → 90    |                               |
senior   | key contract    | 0 → 91    |                               | window ask
admin    | key customer    | 0 → 4000  |                               |
# -- a grant counts beside the roles, in either class
sales    | follow-up       | 0 → 14    | grant=14                      |
sales    | follow-up       | 0 → 15    | grant=14                      | window ask
sales    | follow-up       | 0 → 7     | grant=3                       |
sales    | key follow-up   | 0 → 14    | grant=14                      |
sales    | key follow-up   | 0 → 15    | grant=14                      | window ask
manager  | key contract    | 0 → 3     | grant=3                       |
# -- the longest move
sales    | follow-up       | 0 → 3     | longest=3                     |
sales    | follow-up       | 0 → 4     | longest=3                     | too_far ask
sales    | follow-up       | 6 → 0     | longest=3                     | too_far ask
sales    | follow-up       | 0 → 8     | longest=3                     | window ask
sales    | follow-up       | 0 → 4     | longest=3 grant=7             |
sales    | follow-up       | new → 7   | longest=3                     |
# -- the future
admin    | follow-up       | 0 → -1    |                               | future
sales    | follow-up       | 0 → -0.1  |                               | future
sales    | follow-up       | 0 → -0.1  | future                        |
sales    | follow-up       | 0 → -1    | future                        | forward ask
admin    | follow-up       | 0 → -1    | future                        | forward ask
sales    | follow-up       | 0 → -2    | future ahead=2                |
sales    | follow-up       | 0 → -3    | future ahead=2                | forward ask
sales    | follow-up       | 0 → -2    | ahead=2                       | future
sales    | follow-up       | 6 → -1    | future ahead=2 longest=3      | too_far ask
sales    | follow-up       | 0 → -1    | exception closed=5            | future
sales    | contract        | new → -1  |                               | future
# -- closed periods: nothing in, nothing out, whoever it is
sales    | follow-up       | 0 → 5     | closed=5                      | closed
sales    | follow-up       | 0 → 4     | closed=5                      |
admin    | follow-up       | 0 → 5     | closed=5                      | closed
admin    | follow-up       | 5 → 0     | closed=5                      | closed
admin    | follow-up       | 5 → 6     | closed=5                      | closed
admin    | follow-up       | 4 → 0     | closed=5                      |
sales    | follow-up       | 0 → 9     | closed=5                      | closed window
sales    | follow-up       | new → 5   | closed=5                      | closed
sales    | follow-up       | new       | closed=5                      |
sales    | follow-up       | new       | closed=0                      | closed
admin    | follow-up       | new       | closed=0                      | closed
# -- days of grace: a month closes by itself
admin    | follow-up       | 0 → 18    | grace=17                      | closed
admin    | follow-up       | 0 → 17    | grace=17                      |
admin    | follow-up       | 0 → 18    | grace=18                      |
admin    | follow-up       | 0 → 46    | grace=18                      | closed
admin    | follow-up       | 0 → 45    | grace=18                      |
admin    | follow-up       | 0 → 18    | grace=0                       | closed
admin    | follow-up       | 0 → 10    | grace=18 closed=5             | closed
admin    | follow-up       | 0 → 20    | grace=17 closed=60            | closed
admin    | follow-up       | 20 → 0    | grace=17                      | closed
# -- exceptions open closed periods, and nothing else
admin    | follow-up       | 0 → 5     | closed=5 exception            | excepted
admin    | follow-up       | 5 → 0     | closed=5 exception            | excepted
admin    | follow-up       | 0 → 4     | closed=5 exception            |
sales    | follow-up       | 0 → 7     | closed=5 exception            | excepted
sales    | follow-up       | 0 → 8     | closed=5 exception            | window ask
admin    | follow-up       | 0 → 18    | grace=17 exception            | excepted
sales    | follow-up       | new → 6   | closed=5 exception            | excepted
sales    | follow-up       | new       | closed=0 exception            | excepted
admin    | contract        | 0 → 5     | closed=5 exception lock       | locked
admin    | follow-up       | 0 → 5     | closed=5 exception no-reason  | reason
# -- closed for good: no exception opens it
admin    | follow-up       | 0 → 5     | hard=5                        | closed
admin    | follow-up       | 0 → 5     | hard=5 exception              | closed
admin    | follow-up       | 5 → 0     | hard=5 exception              | closed
admin    | follow-up       | 0 → 4     | hard=5 exception              |
admin    | follow-up       | 0 → 10    | closed=5 hard=20 exception    | excepted
admin    | follow-up       | 0 → 20    | closed=5 hard=20 exception    | closed
admin    | follow-up       | 20 → 10   | closed=5 hard=20 exception    | closed
admin    | follow-up       | 0 → 5     | closed=20 hard=5              | closed
# -- locks of signed contracts, for whoever it is; a creation moves nothing that stands
admin    | contract        | 0 → 1     | lock                          | locked
sales    | contract        | 0 → 1     | lock                          | locked
sales    | contract        | 0 → 8     | lock                          | locked window
admin    | opportunity     | 0 → 1     | lock=contract                 | locked
admin    | contract        | new → 1   | lock                          |
admin    | contract        | 0 → 1     | lock approved                 | locked
admin    | contract        | 5 → 1     | lock closed=4                 | closed locked
# -- a second person: large changes, key records, reported months
manager  | follow-up       | 0 → 10    | large=10                      |
manager  | follow-up       | 0 → 11    | large=10                      | approval second ask
manager  | follow-up       | 0 → 10.01 | large=10                      | approval second ask
manager  | follow-up       | 20 → 9    | large=10                      | approval second ask
manager  | follow-up       | 0 → 11    | large=10 approved             |
manager  | follow-up       | 0 → 11    | large=10 no-requests          | approval second
manager  | follow-up       | 0 → 31    | large=10                      | window ask
manager  | follow-up       | 0 → 31    | large=10 approved             | window ask
admin    | follow-up       | 0 → 0.1   | large=0                       | approval second ask
admin    | key follow-up   | 0 → 1     | key                           | approval second ask
admin    | follow-up       | 0 → 1     | key                           |
admin    | key follow-up   | 0 → 1     | key approved                  |
admin    | follow-up       | 0 → 18    | reported=18                   | approval second ask
admin    | follow-up       | 0 → 17    | reported=18                   |
admin    | follow-up       | 18 → 0    | reported=18                   | approval second ask
admin    | follow-up       | 18 → 0    | reported=18 approved          |
admin    | follow-up       | 0 → 18    | reported=18 closed=18         | closed
admin    | follow-up       | 0 → 18    | reported=18 closed=18 exception | approval second ask
admin    | follow-up       | 0 → 18    | reported=18 closed=18 exception approved | excepted
manager  | follow-up       | 0 → 11    | large=10 no-reason            | approval reason second
# -- creations: a time given counts as a change from now
sales    | follow-up       | new       |                               |
sales    | key follow-up   | new       | key large=0 reported=18       |
sales    | follow-up       | new → 7   |                               |
sales    | follow-up       | new → 8   |                               | window
manager  | follow-up       | new → 11  | large=10                      | approval second
manager  | follow-up       | new → 10  | large=10                      |
senior   | key follow-up   | new → 1   | key                           | approval second
manager  | follow-up       | new → 18  | reported=18                   | approval second
admin    | follow-up       | new → 400 | back-fill                     |
sales    | follow-up       | new → 400 | back-fill                     |
admin    | key follow-up   | new → 400 | back-fill large=10 key        |
admin    | follow-up       | new → 18  | back-fill reported=18         | approval second
admin    | follow-up       | new → 18  | back-fill closed=18           | closed
admin    | follow-up       | new → -1  | back-fill                     | future
admin    | follow-up       | new → 5   | back-fill no-reason           | reason
# -- taking one's own last change back: no window, no second person, no reason; closed, future and locks hold
sales    | follow-up       | 0 → 400   | taking-back                   |
sales    | follow-up       | 0 → 400   | taking-back no-reason note=9  |
sales    | key follow-up   | 0 → 400   | taking-back key large=1       |
sales    | follow-up       | 0 → 18    | taking-back reported=18       |
sales    | follow-up       | 0 → 18    | taking-back closed=18         | closed
sales    | follow-up       | 18 → 0    | taking-back grace=17          | closed
sales    | follow-up       | 0 → 18    | taking-back closed=18 exception | excepted
sales    | follow-up       | 0 → 18    | taking-back hard=18 exception | closed
sales    | contract        | 0 → 1     | taking-back lock              | locked
sales    | opportunity     | 0 → 1     | taking-back lock=contract     | locked
sales    | follow-up       | 0 → -1    | taking-back                   | future
# -- every type is judged alike
sales    | customer        | 0 → 5     | closed=5                      | closed
sales    | opportunity     | 0 → 5     | closed=5                      | closed
sales    | contract        | 0 → 5     | closed=5                      | closed
sales    | customer        | 0 → 4     | closed=5                      |
sales    | opportunity     | 0 → 7     |                               |
sales    | opportunity     | 0 → 8     |                               | window ask
manager  | customer        | 0 → 31    |                               | window ask
manager  | contract        | 0 → 30    |                               |
manager  | contract        | 0 → 31    | no-requests                   | window
senior   | customer        | 0 → 90    |                               |
senior   | opportunity     | 0 → 91    | grant=120                     |
senior   | key customer    | 0 → 91    | no-requests                   | window
senior   | key opportunity | 0 → 11    | large=10                      | approval second ask
admin    | key opportunity | 0 → 11    | large=10 approved             |
admin    | contract        | 0 → 31    | large=30                      | approval second ask
admin    | contract        | 0 → 30    | large=30                      |
admin    | contract        | 0 → 31    | large=30 lock                 | locked
admin    | customer        | 0 → 20    | hard=20 closed=20 exception   | closed
admin    | customer        | 0 → 19    | hard=20 closed=20 exception   |
admin    | opportunity     | 18 → 17   | grace=17 exception            | excepted
admin    | opportunity     | 18 → 17   | grace=17 exception hard=18    | closed
sales    | opportunity     | new → 7   |                               |
sales    | key opportunity | new → 1   |                               | window
sales    | key opportunity | new → 1   | grant=1                       |
sales    | key customer    | new → 5   | back-fill                     |
sales    | customer        | new → 8   | grant=9                       |
manager  | customer        | new → 31  | back-fill                     |
manager  | customer        | new → 46  | back-fill grace=18            | closed
manager  | customer        | new → 45  | back-fill grace=18            |
manager  | key customer    | 0 → 1     | grant=2 key                   | approval second ask
manager  | key customer    | 0 → 1     | grant=2 key approved          |
manager  | key customer    | 0 → 3     | grant=2 key approved          | window ask
# -- several things at once: what is hard comes first, and then nobody is asked
admin    | contract        | 5 → -1    | closed=5 lock                 | future closed locked
sales    | key contract    | 5 → 9     | closed=5 lock no-reason       | closed locked window reason
sales    | follow-up       | 0 → 8     | closed=7                      | closed window
sales    | follow-up       | 0 → 8     | hard=7 exception              | closed window
sales    | follow-up       | 0 → 8     | lock=contract                 | locked window
sales    | follow-up       | 0 → 8     | note=9                        | window note
sales    | follow-up       | 0 → 8     | reason=holiday                | window reason_unknown
sales    | follow-up       | 0 → 7     | large=3 key reported=5        | approval second ask
sales    | follow-up       | 0 → 7     | large=3 approved note=9       | note
sales    | follow-up       | 0 → -1    | future large=0                | forward ask
sales    | follow-up       | 0 → -1    | future large=0 ahead=1        | approval second ask
sales    | follow-up       | 0 → -1    | future ahead=1 reported=-5    | approval second ask
# -- reasons and words
sales    | follow-up       | 0 → 1     | no-reason                     | reason
sales    | follow-up       | 0 → 1     | no-reason optional            |
sales    | follow-up       | 0 → 1     | reason=holiday                | reason_unknown
sales    | follow-up       | 0 → 1     | reason=holiday optional       | reason_unknown
sales    | follow-up       | 0 → 1     | note=4                        |
sales    | follow-up       | 0 → 1     | note=5                        | note
sales    | follow-up       | 0 → 8     | no-reason                     | window reason
admin    | follow-up       | 0 → 5     | no-reason note=5 closed=5     | closed reason note
# -- an odd order is asked about, once nothing refuses
sales    | follow-up       | 0 → 4     | before_customer=3             | before_customer?
sales    | follow-up       | 0 → 3     | before_customer=3             |
sales    | follow-up       | 0 → 4     | before_customer=3 no-order    |
sales    | follow-up       | 0 → 8     | before_customer=3             | window ask
sales    | contract        | 0 → 4     | before_opportunity=3          | before_opportunity?
sales    | opportunity     | 4 → 2     | after_won=3                   | after_won?
sales    | opportunity     | 4 → 3     | after_won=3                   |
sales    | opportunity     | 4 → 1     | after_won=3 after_contract=2  | after_won? after_contract?
sales    | customer        | 4 → 1     | after_follow_up=2             | after_follow_up?
sales    | follow-up       | new → 4   | before_customer=3             | before_customer?
sales    | follow-up       | new       | before_customer=-1            |
sales    | follow-up       | 0 → 6     | before_customer=3 closed=5 exception | before_customer? excepted
"""
ROWS = [line for line in TABLE.strip().splitlines() if not line.startswith("#")]


def ago(number: float) -> dt.datetime:
    """That many days ago."""
    return (NOW - days(number)).replace(microsecond=0)


def day(number: int | None) -> dt.date | None:
    """The company's day that many days ago."""
    return None if number is None else TODAY - dt.timedelta(days=number)


def windows(who: str, customer_class: str, also: dict[str, Any]) -> tuple[WindowLimit, ...]:
    found = []
    if customer_class in PRESETS[who]:
        found.append(WindowLimit(PRESETS[who][customer_class], int(also.get("ahead", 0)), also.get("longest")))
    return (*found, WindowLimit(also["grant"])) if "grant" in also else tuple(found)


def conditions(text: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for word in text.split():
        name, _, value = word.partition("=")
        found[name] = (int(value) if value.lstrip("-").isdigit() else value) if value else True
    return found


def asked(who: str, about: str, moved: str, also: dict[str, Any]) -> Verdict:
    """The verdict on a row of the table."""
    kind, customer_class = about.split()[-1], "key" if about.startswith("key ") else "ordinary"
    start, _, end = (part.strip() for part in moved.partition("→"))
    names = ("before_customer", "before_opportunity", "after_won", "after_follow_up", "after_contract")
    case = Case(
        record_type=kind.replace("-", ""),
        customer_class=customer_class,
        before=None if start == "new" else ago(float(start)),
        after=ago(float(end or 0)),
        reason="" if "no-reason" in also else also.get("reason", "other"),
        note="word",
        taking_back="taking-back" in also,
        backfill="back-fill" in also,
        stamped=not end,
        approved="approved" in also,
        locked_by={True: "signed", None: ""}.get(also.get("lock"), also.get("lock")),
        order=tuple(Neighbour(name, ago(also[name]), "x") for name in names if name in also),
    )
    limits = Limits(
        windows=windows(who, customer_class, also),
        zone=SHANGHAI,
        closed_through=day(also.get("closed")),
        closed_hard_through=day(also.get("hard")),
        grace_days=also.get("grace"),
        excepted_by=9 if "exception" in also else None,
        allow_future="future" in also,
        reason_required="optional" not in also,
        note_length=also.get("note", 0),
        reasons=frozenset({"other"}),
        requests_allowed="no-requests" not in also,
        approval_days=also.get("large"),
        approval_on_key="key" in also,
        reported_through=day(also.get("reported")),
        warn_order="no-order" not in also,
    )
    return judge(case, limits, NOW)


def said(verdict: Verdict) -> str:
    """The verdict in the words of the table."""
    flags = {"second": verdict.needs_approval, "ask": verdict.may_ask, "excepted": verdict.excepted}
    warned = [f"{finding.code}?" for finding in verdict.warnings]
    return " ".join([*verdict.codes, *warned, *(name for name, is_set in flags.items() if is_set)])


def test_the_table_is_long_enough():
    assert len(ROWS) >= 200
    assert len({row.rpartition("|")[0] for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=[" ".join(row.rpartition("|")[0].split()) for row in ROWS])
def test_the_table(row):
    who, about, moved, also, expected = (cell.strip() for cell in row.split("|"))
    assert said(asked(who, about, moved, conditions(also))) == expected


def test_the_table_has_the_presets_of_the_first_start(db):
    roles = {"sales": "sales", "sales_manager": "manager", "senior_sales_manager": "senior", "administrator": "admin"}
    stored = Window.objects.values_list("role__key", "customer_class", "days_back", "no_limit", "days_forward")
    found = {(roles[key], size, None if no_limit else back) for key, size, back, no_limit, _ in stored}
    assert found == {(who, size, back) for who, by_class in PRESETS.items() for size, back in by_class.items()}
    assert {ahead for *_, ahead in stored} == {0}


# ---- every combination ----

GRACE = {17: 18, 18: 46}  # days of grace → the last closed day, in days ago
MOVES = [(None, 0), (None, 3), (None, 35), (0, 3), (0, 8), (0, 35), (0, 95), (20, 2), (50, 49), (0, -1)]
CLOSED = [{}, {"closed": 5}, {"closed": 40}, {"grace": 17}, {"grace": 18, "closed": 30}, {"hard": 25}]
CLOSED += [{"closed": 5, "hard": 25}, {"closed": 30, "hard": 5}]
SECOND = [{}, {"large": 9}, {"key": True}, {"reported": 18}, {"large": 9, "reported": 18, "approved": True}]
STATES = [{}, {"taking-back": True}, {"lock": True}, {"lock": "contract"}, {"future": True}, {"back-fill": True}]


def plainly(who: str, customer_class: str, before: int | None, after: int, also: dict[str, Any]) -> str:
    """The rules, told again by whole days ago. More days ago are earlier."""
    new, back, fill = before is None, "taking-back" in also, "back-fill" in also
    start, stamped = (0 if new else before), new and after == 0
    oldest = after if new else max(start, after)
    shut = [also[name] for name in ("closed", "hard") if name in also] + [GRACE[n] for n in (also.get("grace"),) if n]
    in_closed, in_hard = oldest >= min(shut, default=9999), oldest >= also.get("hard", 9999)
    codes = []
    if after < 0 and "future" not in also:
        codes.append("future")
    if in_hard or (in_closed and "exception" not in also):
        codes.append("closed")
    if "lock" in also and not new:
        codes.append("locked")
    reaches = PRESETS[who].get(customer_class, -1)
    free = back or fill or stamped
    if not free and after < 0 and "future" in also:
        codes.append("forward")
    elif not free and after >= 0 and reaches is not None and after > reaches:
        codes.append("window")
    large, key = abs(after - start) > also.get("large", 9999), "key" in also and customer_class == "key"
    second = ((large or key) and not fill) or max(after, start) >= also.get("reported", 9999)
    if second and not (codes or back or stamped or "approved" in also):
        codes.append("approval")
    ask = set(codes) in ({"window"}, {"forward"}, {"approval"}) and not new and "no-requests" not in also
    flags = ["second"] * ("approval" in codes) + ["ask"] * ask + ["excepted"] * (in_closed and not codes)
    return " ".join(codes + flags)


@pytest.mark.parametrize("who", PRESETS)
@pytest.mark.parametrize("about", ["follow-up", "key contract"])
def test_every_combination_is_what_the_rules_say_in_plain_words(who, about):
    customer_class, number = "key" if "key" in about else "ordinary", 0
    for (before, after), closed, second, state in itertools.product(MOVES, CLOSED, SECOND, STATES):
        if (before is None and state.keys() & {"taking-back"}) or (before is not None and "back-fill" in state):
            continue  # one cannot take back a creation, nor back-fill what stands
        for exception, requests in itertools.product(({}, {"exception": True}), ({}, {"no-requests": True})):
            also = closed | second | state | exception | requests
            moved = "new" if (before, after) == (None, 0) else f"{'new' if before is None else before} → {after}"
            found = said(asked(who, about, moved, also))
            assert found == plainly(who, customer_class, before, after, also), (moved, also)
            number += 1
    assert number > 5000
