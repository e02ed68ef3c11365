"""Services of the rules: who may, what each refuses, and that every change leaves exactly one row of the trail."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from audit.models import Event
from crm.models import Role
from records.models import CompanyRules, Reason, TypeRule, Window
from records.refusals import Refused
from records.rules import WindowLimit
from records.services.reasons import add_reason, change_reason
from records.services.rules import change_rule, fill_presets
from records.services.windows import limit_of, remove_window, seen_as, set_window, set_windows
from tests import cast as make
from tests.cast import clock

pytestmark = pytest.mark.django_db
FEBRUARY, JANUARY = dt.date(2026, 2, 28), dt.date(2026, 1, 31)


def rule(record_type="followup"):
    return TypeRule.objects.get(record_type=record_type)


def change(row, by, note="As agreed", seen=None, **values: Any):
    return change_rule(
        rule=row, seen_version=seen or row.version, values=values, by=by, note=note, channel="web", clock=clock
    )


def said(by, note="As agreed"):
    return {"by": by, "note": note, "channel": "web", "clock": clock}


def refused(code):
    return pytest.raises(Refused, match=f"^{code}$")


def window(role="sales", record_type="followup", customer_class="ordinary"):
    return Window.objects.filter(role__key=role, record_type=record_type, customer_class=customer_class).first()


@pytest.fixture
def rows():
    """How many rows the trail of each model gained."""
    models = (CompanyRules, TypeRule, Window, Reason)
    before = {model: model.history.count() for model in models}
    return lambda: {m.__name__: m.history.count() - before[m] for m in models if m.history.count() != before[m]}


# ---- the company and the types ----


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("owners_may", True),
        ("requests_allowed", False),
        ("request_days", 3),
        ("approval_days", 30),
        ("approval_on_key", True),
        ("reported_through", JANUARY),
        ("reason_required", False),
        ("note_length", 20),
        ("allow_future", True),
        ("grace_days", 3),
        ("closed_through", FEBRUARY),
        ("closed_hard_through", JANUARY),
        ("lock_signed", True),
        ("lock_opportunity", True),
        ("warn_order", True),
    ],
)
def test_every_clause_is_one_row_with_person_and_reason(cast, name, value, rows):
    assert name in change(rule("contract"), cast.administrator, **{name: value}).changed
    last = TypeRule.history.first()
    assert rows() == {"TypeRule": 1}
    assert (last.history_user_id, last.history_change_reason, last.channel) == (
        cast.administrator.pk,
        "As agreed",
        "web",
    )
    assert (last.actor_role, last.history_date, getattr(last, name)) == ("administrator", make.NOW, value)


@pytest.mark.parametrize("who", ["owner", "manager", "senior", "auditor", "outsider"])
def test_others_change_nothing_and_the_try_is_kept(cast, who, rows):
    person = getattr(cast, who)
    tries = [
        lambda: change(rule(), person, owners_may=False),
        lambda: change(CompanyRules.objects.get(), person, name="Mine"),
        lambda: set_windows(record_type="followup", cells={}, seen={}, **said(person)),
        lambda: remove_window(window=window(), seen_version=1, **said(person)),
        lambda: add_reason(name_en="Mine", name_zh="我的", **said(person)),
        lambda: change_reason(reason=Reason.objects.first(), seen_version=1, values={"active": False}, **said(person)),
    ]
    for attempt in tries:
        with refused("rules_right"):
            attempt()
    assert rows() == {}
    assert Event.objects.filter(kind="refused", actor_id=person.pk).count() == len(tries)


@pytest.mark.parametrize("note", ["", "   "])
def test_without_words_nothing_changes(cast, note, rows):
    with refused("why"):
        change(rule(), cast.administrator, note=note, owners_may=False)
    with refused("why"):
        set_windows(record_type="followup", cells={}, seen={}, **said(cast.administrator, note))
    with refused("why"):
        add_reason(name_en="New", name_zh="新", **said(cast.administrator, note))
    assert rows() == {}


def test_a_rule_seen_before_somebody_elses_change_is_refused(cast, rows):
    seen = rule()
    change(rule(), cast.administrator, owners_may=False)
    with refused("stale_rule"):
        change(seen, cast.root, seen=seen.version, note_length=5)
    assert rows() == {"TypeRule": 1}


def test_what_changes_nothing_leaves_no_row(cast, rows):
    assert change(rule(), cast.administrator, owners_may=True).changed == ()
    assert rows() == {}


# ---- closed periods ----


def test_closing_and_reopening(cast, rows):
    change(rule(), cast.administrator, closed_through=FEBRUARY)
    change(rule(), cast.administrator, closed_through=JANUARY)
    change(rule(), cast.administrator, closed_through=None)
    assert rows() == {"TypeRule": 3}


def _administrators_lose(codename):
    group = Role.objects.get(key="administrator").group
    group.permissions.remove(group.permissions.get(codename=codename))


def test_reopening_needs_its_own_right(cast, rows):
    make.set_rule(rule(), closed_through=FEBRUARY, grace_days=3)
    _administrators_lose("reopen_periods")
    for values in ({"closed_through": JANUARY}, {"closed_through": None}):
        with refused("period_lower"):
            change(rule(), cast.administrator, **values)
    make.set_rule(rule(), closed_through=None)
    for days in (None, 30):  # with 3 days of grace February is closed on 18 March, with 30 it is not
        with refused("period_lower"):
            change(rule(), cast.administrator, grace_days=days)
    change(rule(), cast.administrator, grace_days=17)
    change(rule(), cast.administrator, closed_through=FEBRUARY)


def test_closing_needs_its_own_right(cast):
    _administrators_lose("close_periods")
    tries = ({"closed_through": FEBRUARY}, {"closed_hard_through": FEBRUARY}, {"grace_days": 3})
    for values in tries:
        with refused("period_raise"):
            change(rule(), cast.administrator, **values)


def test_a_hard_close_takes_the_soft_one_along_and_never_comes_back(cast, rows):
    change(rule(), cast.administrator, closed_hard_through=JANUARY)
    assert (rule().closed_through, rule().closed_hard_through) == (JANUARY, JANUARY)
    day = dt.date(2026, 1, 30)
    tries = tuple({name: value} for name in ("closed_hard_through", "closed_through") for value in (day, None))
    for values in tries:
        with refused("period_hard") as no:
            change(rule(), cast.administrator, **values)
        assert "2026-01-31" in no.value.messages()[0]
    change(rule(), cast.administrator, closed_through=FEBRUARY)
    change(rule(), cast.administrator, closed_hard_through=dt.date(2026, 2, 10))
    assert rule().closed_through == FEBRUARY
    assert rows() == {"TypeRule": 3}


@pytest.mark.parametrize("name", ["closed_through", "closed_hard_through"])
def test_a_day_that_is_not_over_is_not_closed(cast, name):
    today = dt.date(2026, 3, 18)
    for day in (today, dt.date(2226, 1, 1)):
        with refused("period_ahead"):
            change(rule(), cast.administrator, **{name: day})
    change(rule(), cast.administrator, **{name: today - dt.timedelta(days=1)})


def test_another_zone_must_not_open_what_is_closed(cast):
    company = CompanyRules.objects.get()
    make.set_rule(rule(), closed_through=FEBRUARY)
    change(company, cast.administrator, zone="Asia/Tokyo")  # an hour of February opens: an administrator may
    _administrators_lose("reopen_periods")
    with refused("period_lower"):
        change(CompanyRules.objects.get(), cast.administrator, zone="Pacific/Auckland")
    change(CompanyRules.objects.get(), cast.administrator, zone="UTC")
    make.set_rule(rule(), closed_hard_through=FEBRUARY)
    with refused("zone_hard"):
        change(CompanyRules.objects.get(), cast.administrator, zone="Asia/Shanghai")


@pytest.mark.parametrize("values", [{"zone": "Mars/Base"}, {"time_format": "stardate"}])
def test_the_company_knows_its_zones_and_formats(cast, values):
    with refused("value"):
        change(CompanyRules.objects.get(), cast.administrator, **values)


# ---- windows ----


def cell(role="sales", customer_class="ordinary"):
    return Role.objects.get(key=role).pk, customer_class


def as_seen(*cells):
    """The rows of the cells as they stand now."""
    rows = {(row.role_id, row.customer_class): row for row in Window.objects.filter(record_type="followup")}
    return {cell: seen_as(rows.get(cell)) for cell in cells}


def test_windows_are_set_changed_and_removed_at_once(cast, rows):
    cells = {
        cell(): WindowLimit(3, 1),
        cell("sales", "key"): WindowLimit(1),
        cell("sales_manager"): None,
        cell("administrator"): WindowLimit(None),
    }
    assert set_windows(record_type="followup", cells=cells, seen=as_seen(*cells), **said(cast.administrator)) == 3
    assert rows() == {"Window": 3}  # the administrators' stayed as it was
    assert limit_of(window()) == WindowLimit(3, 1)
    assert limit_of(window("sales", customer_class="key")) == WindowLimit(1)
    assert window("sales_manager") is None
    gone = Window.history.filter(history_type="-").get()
    assert (gone.history_change_reason, gone.history_user_id, gone.days_back) == (
        "As agreed",
        cast.administrator.pk,
        30,
    )


def test_one_stale_cell_keeps_all(cast, rows):
    cells = {cell(): WindowLimit(3), cell("sales_manager"): WindowLimit(3)}
    with refused("stale_rule"):
        set_windows(record_type="followup", cells=cells, seen=as_seen(cell()), **said(cast.administrator))
    assert rows() == {}


def test_a_window_taken_away_and_given_again_is_not_the_one_that_was_seen(cast):
    seen = as_seen(cell())
    set_windows(record_type="followup", cells={cell(): None}, seen=seen, **said(cast.administrator))
    set_windows(record_type="followup", cells={cell(): WindowLimit(1)}, seen={}, **said(cast.administrator))
    with refused("stale_rule"):
        set_windows(record_type="followup", cells={cell(): WindowLimit(9)}, seen=seen, **said(cast.administrator))


def test_one_window_alone(cast, rows):
    who = Role.objects.get(key="sales")
    where = {"role": who, "record_type": "followup", "customer_class": "key"}
    assert set_window(**where, limit=WindowLimit(2, 0, 1), seen=None, **said(cast.administrator))
    assert set_window(
        **where, limit=WindowLimit(None, 4), seen=seen_as(window(customer_class="key")), **said(cast.administrator)
    )
    with refused("stale_rule"):
        remove_window(window=window("sales", customer_class="key"), seen_version=1, **said(cast.administrator))
    remove_window(window=window("sales", customer_class="key"), seen_version=2, **said(cast.administrator))
    assert window("sales", customer_class="key") is None
    assert rows() == {"Window": 3}


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        (WindowLimit(-1), "window_days"),
        (WindowLimit(36_501), "window_days"),
        (WindowLimit(1, -1), "window_days"),
        (WindowLimit(1, 0, 99_999), "window_days"),
    ],
)
def test_days_that_are_none(cast, limit, code, rows):
    with refused(code):
        set_windows(record_type="followup", cells={cell(): limit}, seen=as_seen(cell()), **said(cast.administrator))
    assert rows() == {}


@pytest.mark.parametrize(
    "where", [("task", "sales", "ordinary"), ("followup", "sales", "huge"), ("followup", "", "key")]
)
def test_a_cell_that_is_none(cast, where):
    record_type, role, customer_class = where
    pk = Role.objects.get(key=role).pk if role else 999
    with refused("value"):
        set_windows(
            record_type=record_type,
            cells={(pk, customer_class): WindowLimit(1)},
            seen={},
            **said(cast.administrator),
        )


def test_a_window_taken_away_stays_away_after_the_next_migrate(cast):
    remove_window(window=window(), seen_version=1, **said(cast.administrator))
    assert fill_presets(roles={role.key: role for role in Role.objects.all()}) == 0
    assert window() is None


# ---- reasons ----


def test_a_reason_is_added_last_with_a_code_of_its_own(cast, rows):
    first = add_reason(name_en="  Late  card ", name_zh="名片晚到", **said(cast.administrator))
    second = add_reason(name_en="Late card!", name_zh="又晚到", **said(cast.administrator))
    imported = add_reason(name_en="Import", name_zh="导入", **said(cast.administrator))
    chinese = add_reason(name_en="晚", name_zh="晚", **said(cast.administrator))
    assert [r.code for r in (first, second, imported, chinese)] == ["late_card", "late_card_2", "import_2", "reason"]
    assert first.name_en == "Late card"
    assert first.order == 5
    assert rows() == {"Reason": 4}


def test_a_reason_is_renamed_moved_and_no_longer_offered(cast, rows):
    reason = Reason.objects.get(code="other")
    values = {"name_en": "Something else", "name_zh": "别的", "order": 0, "active": False}
    change_reason(reason=reason, seen_version=1, values=values, **said(cast.administrator))
    reason.refresh_from_db()
    assert (reason.name_en, reason.name_zh, reason.order, reason.active) == ("Something else", "别的", 0, False)
    assert rows() == {"Reason": 1}
    with refused("stale_rule"):
        change_reason(reason=reason, seen_version=1, values={"active": True}, **said(cast.administrator))


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"name_en": " "}, "reason_name"),
        ({"name_zh": ""}, "reason_name"),
        ({"name_en": "typing ERROR"}, "reason_taken"),
        ({"name_zh": "补录"}, "reason_taken"),
        ({"code": "mine"}, "value"),
        ({"order": -1}, "value"),
    ],
)
def test_what_a_reason_may_not_be(cast, values, code, rows):
    with refused(code):
        change_reason(
            reason=Reason.objects.get(code="other"), seen_version=1, values=values, **said(cast.administrator)
        )
    assert rows() == {}


def test_the_last_reason_stays_on_offer(cast):
    *others, last = Reason.objects.all()
    for reason in others:
        change_reason(reason=reason, seen_version=1, values={"active": False}, **said(cast.administrator))
    with refused("reason_last"):
        change_reason(reason=last, seen_version=1, values={"active": False}, **said(cast.administrator))
