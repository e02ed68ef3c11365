"""One answer for one case: the form, a request and its approval, on behalf, taking back, a new record, a file.

What each channel must say is asked of `judge`, with limits written here by hand. Channels with a page are tried over
HTTP; the answer is read from the database: what the record counts as, and the codes of the refusal that was kept.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.urls import reverse

from audit.models import Event
from audit.times import format_time
from records.importing.plan import Spec, make_plan
from records.importing.reader import read_table
from records.models import FollowUp, TypeRule, Window
from records.refusals import Refused
from records.rules import Case, Limits, WindowLimit, judge
from records.services.entry_time import change_entry_time
from records.services.exceptions import add_exception
from records.services.imports import ImportRefused, load
from records.services.records import update_record
from records.services.undo import undo_change
from tests import cast as make
from tests.cast import NOW, clock, days
from tests.records.requesting import answer, asked

pytestmark = pytest.mark.usefixtures("at_now")
SHANGHAI = ZoneInfo("Asia/Shanghai")
BACK = 30  # days of the window, of everybody who acts here
TODAY = dt.date(2026, 3, 18)


@dataclass(frozen=True)
class Try:
    """A record that counts as entered `start` days ago is to count as entered `to` days ago, under `rules`."""

    name: str
    to: float
    rules: dict[str, Any] = field(default_factory=dict)
    start: float = 0
    key: bool = False
    locked: str = ""
    excepted: bool = False
    note: str = "Found the card"

    @property
    def at(self) -> dt.datetime:
        """Where it shall go."""
        return NOW - days(self.to)

    def codes(self, **of_case: Any) -> tuple[str, ...]:
        """What `judge` says."""
        given: dict[str, Any] = {"before": NOW - days(self.start), "locked_by": self.locked, "note": self.note}
        case = Case(
            "followup", "key" if self.key else "ordinary", after=self.at, **{"reason": "other"} | given | of_case
        )
        names = {
            "closed_through",
            "closed_hard_through",
            "grace_days",
            "approval_days",
            "approval_on_key",
            "note_length",
        }
        limits = Limits(
            windows=(WindowLimit(BACK),),
            zone=SHANGHAI,
            excepted_by=1 if self.excepted else None,
            reasons=frozenset({"other", "undo", "import"}),
            **{name: value for name, value in self.rules.items() if name in {*names, "reported_through"}},
        )
        return judge(case, None if self.rules.get("missing") else limits, NOW).codes


def ago(number: int) -> dt.date:
    return TODAY - dt.timedelta(days=number)


TRIES = [
    Try("inside the window", 1),
    Try("the last day of the window", BACK),
    Try("a day beyond the window", BACK + 1),
    Try("towards now", 0.5, start=20),
    Try("the future", -0.1),
    Try("into a closed period", 5, {"closed_through": ago(5)}),
    Try("the first open day", 4, {"closed_through": ago(5)}),
    Try("out of a closed period", 1, {"closed_through": ago(5)}, start=6),
    Try("into a month whose grace is over", 18, {"grace_days": 17}),
    Try("into a month still in grace", 18, {"grace_days": 18}),
    Try("into a closed period with an exception", 5, {"closed_through": ago(5)}, excepted=True),
    Try("beyond the window with an exception", 31, {"closed_through": ago(5)}, excepted=True),
    Try("into what is closed for good with an exception", 5, {"closed_hard_through": ago(5)}, excepted=True),
    Try("larger than one may alone", 11, {"approval_days": 10}),
    Try("as large as one may alone", 10, {"approval_days": 10}),
    Try("into a reported month", 18, {"reported_through": ago(18)}),
    Try("on a key customer", 1, {"approval_on_key": True}, key=True),
    Try("closed and large", 11, {"approval_days": 10, "closed_through": ago(9)}),
    Try("too few words", 1, {"note_length": 15}),
    Try("beyond the window with too few words", 31, {"note_length": 15}),
    Try("without a rule", 1, {"missing": True}),
]
EVERY = pytest.mark.parametrize("case", TRIES, ids=lambda case: case.name)
PAST = pytest.mark.parametrize("case", [case for case in TRIES if case.to >= 0], ids=lambda case: case.name)


@pytest.fixture
def town(cast):
    """Everybody who acts has the same window; the record hangs on an ordinary and on a key customer."""
    for window in Window.objects.all():
        make.set_rule(window, no_limit=False, days_back=BACK, days_forward=0)
    cast.by_class = {
        key: make.customer(cast.owner, importance="key" if key else "ordinary", clock=lambda: NOW - days(60))
        for key in (False, True)
    }
    return cast


def record_of(cast: Any, case: Try) -> FollowUp:
    return make.follow_up(cast.owner, cast.by_class[case.key], by=cast.senior, clock=lambda: NOW - days(case.start))


def apply(cast: Any, case: Try, *people: Any) -> None:
    """The rules of the case, from now on."""
    rule, values = TypeRule.objects.get(record_type="followup"), dict(case.rules)
    if values.pop("missing", False):
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM records_typerule WHERE record_type = 'followup'")
    elif values:
        make.set_rule(rule, **values)
    for person in people if case.excepted else ():
        by = cast.root if person != cast.root else cast.administrator
        about = {"record_type": "followup", "until": NOW + days(1), "why": "Year end", "by": by}
        add_exception(to=person, channel="web", clock=clock, **about)


def outcome(record: FollowUp, case: Try) -> tuple[str, ...]:
    """The codes of the refusal; none where the record counts as entered where it should."""
    event = Event.objects.filter(kind="refused").order_by("-id").first()
    live = FollowUp.objects.get(pk=record.pk)
    if event is None:
        assert live.entered_at == case.at
        return ()
    assert live.entered_at == NOW - days(case.start)
    return tuple(event.what["codes"])


def typed(case: Try, record: Any = None, **more: str) -> dict[str, str]:
    at = format_time(case.at, SHANGHAI)
    return {
        "version": str(record.version),
        "entered_at": at,
        "why": "other",
        "note": case.note,
        "confirmed": "y",
    } | more


@EVERY
def test_the_form(town, sign_in, case):
    record = record_of(town, case)
    apply(town, case, town.senior)
    response = sign_in(town.senior).post(reverse("records:follow_up_entry_time", args=[record.pk]), typed(case, record))
    assert outcome(record, case) == case.codes()
    assert response.status_code == (422 if case.codes() else 302)


@EVERY
def test_on_behalf(town, sign_in, case):
    record = record_of(town, case)
    apply(town, case, town.administrator)
    who = {"asker": str(town.owner.pk), "how": "phone", "proof": "Call at noon"}
    sign_in(town.administrator).post(reverse("records:follow_up_behalf", args=[record.pk]), typed(case, record, **who))
    assert outcome(record, case) == case.codes()


@PAST
def test_a_request_and_its_approval(town, sign_in, case):
    """Asked before the rules of the case stood, so that each is met by the approval."""
    record = record_of(town, case)
    request = asked(record, town.colleague, case.at, why_code="other", words=case.note)
    apply(town, case, town.senior)
    answer(sign_in(town.senior), request)
    assert outcome(record, case) == case.codes(approved=True)


@EVERY
def test_asking_says_at_once_what_nobody_could_approve(town, case):
    """Who has no right asks; refused is only what is refused to everybody."""
    record = record_of(town, case)
    apply(town, case, town.colleague)
    askable = {"window", "too_far", "forward", "approval"}
    never = tuple(code for code in case.codes() if code not in askable)
    codes: tuple[str, ...] = ()
    try:
        asked(record, town.colleague, case.at, why_code="other", words=case.note)
    except Refused as no:
        codes = no.codes
    assert codes == never


def moved(town: Any, case: Try, by: Any) -> tuple[FollowUp, int]:
    """A record moved from where the case goes to where it starts, under rules that let it."""
    record = make.follow_up(town.owner, town.by_class[case.key], by=town.senior, clock=lambda: case.at)
    done = change_entry_time(
        record=record,
        seen_version=1,
        entered_at=NOW - days(case.start),
        reason="other",
        note="",
        by=by,
        channel="web",
        clock=clock,
    )
    return record, done.history_id


@PAST
def test_undoing_what_somebody_else_changed(town, sign_in, case):
    record, history_id = moved(town, case, town.administrator)
    apply(town, case, town.senior)
    sign_in(town.senior).post(reverse("records:follow_up_undo", args=[record.pk, history_id]))
    assert outcome(record, case) == case.codes(reason="undo", note="")


@PAST
def test_taking_back_ones_own_last_change(town, sign_in, case):
    record, history_id = moved(town, case, town.senior)
    apply(town, case, town.senior)
    sign_in(town.senior).post(reverse("records:follow_up_undo", args=[record.pk, history_id]))
    assert outcome(record, case) == case.codes(taking_back=True)


@PAST
def test_undoing_ones_own_change_after_a_quarter_of_an_hour(town, case):
    record, history_id = moved(town, case, town.senior)
    apply(town, case, town.senior)
    codes: tuple[str, ...] = ()
    try:
        late: Callable[[], dt.datetime] = lambda: NOW + dt.timedelta(minutes=15, seconds=1)  # noqa: E731
        undo_change(record=record, history_id=history_id, by=town.senior, channel="undo", clock=late)
    except Refused as no:
        codes = no.codes
    assert codes == case.codes(reason="undo", note="")


# ---- creations: no distance from what stood, no lock ----

SAID = {
    "window": "More than 30 days back.",
    "future": "Later than now.",
    "closed": "Closed ",
    "approval": "Save it as now, and ask for the change then.",
    "note": "in at least 15 characters",
    "no_rule": "",  # the page offers no earlier time
}
NEW = pytest.mark.parametrize("case", [case for case in TRIES if not case.start], ids=lambda case: case.name)


@NEW
@pytest.mark.parametrize("who", ["senior", "administrator"])
def test_the_page_of_a_new_record(town, sign_in, case, who):
    person, customer = getattr(town, who), town.by_class[case.key]
    apply(town, case, person)
    data = {
        "customer": customer.number,
        "kind": "call",
        "summary": "Fair",
        "owner": person.pk,
        "entered-when": "earlier",
    }
    data |= {"entered-at": format_time(case.at, SHANGHAI), "entered-reason": "other", "entered-note": case.note}
    response = sign_in(person).post("/follow-ups/new/", data)
    codes = case.codes(before=None, backfill=who == "administrator")
    assert (response.status_code, FollowUp.objects.count()) == ((422, 0) if codes else (302, 1))
    page = response.content.decode()
    for code in codes:
        assert SAID[code] in page


@NEW
@pytest.mark.parametrize("who", ["senior", "administrator"])
def test_a_file(town, case, who):
    person, customer = getattr(town, who), town.by_class[case.key]
    apply(town, case, person)
    text = f"no,customer,summary,made\n1,{customer.number},Fair,{format_time(case.at, SHANGHAI)}\n"
    mapping = [("no", "external_id"), ("customer", "customer"), ("summary", "summary"), ("made", "entered_at")]
    plan = make_plan(read_table(text.encode()), Spec("followup", mapping, SHANGHAI, blank="moment"))
    assert not plan.errors, plan.errors
    codes: tuple[str, ...] = ()
    about = {"file": "old.csv", "digest": hashlib.sha256(text.encode()).hexdigest(), "channel": "import"}
    try:
        load(plan=plan, by=person, owner=town.owner, clock=clock, **about)
    except ImportRefused as no:
        codes = tuple(error.code for error in no.errors)
    expected = case.codes(before=None, backfill=who == "administrator", reason="import", note="old.csv")
    assert codes == expected
    assert FollowUp.objects.count() == (0 if codes else 1)


# ---- a lock: of a contract, so in a case of its own ----


def test_a_lock_says_the_same_in_every_channel(town, sign_in):
    customer = town.by_class[False]
    contract = make.contract(town.owner, customer, status="draft")
    request = asked(contract, town.colleague, NOW - days(1))
    make.set_rule(TypeRule.objects.get(record_type="contract"), lock_signed=True)
    values = {"status": "signed"}
    update_record(record=contract, seen_version=1, values=values, by=town.owner, channel="web", clock=clock)
    data = typed(Try("lock", 1), contract)
    who = {"asker": str(town.owner.pk), "how": "phone", "proof": "Call at noon"}
    told = []
    for person, page, more in ((town.senior, "entry_time", {}), (town.administrator, "behalf", who)):
        sign_in(person).post(reverse(f"records:contract_{page}", args=[contract.pk]), data | {"version": "2"} | more)
        told.append(Event.objects.filter(kind="refused").latest("pk").what["codes"])
    answer(sign_in(town.senior), request)
    told.append(Event.objects.filter(kind="refused").latest("pk").what["codes"])
    with pytest.raises(Refused) as no:
        asked(type(contract).objects.get(), town.stranger, NOW - days(2))
    assert no.value.codes == ("locked",)
    assert told == [["locked"]] * 3
    assert type(contract).objects.get().entered_at == NOW
