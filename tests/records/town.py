"""A small company for random sequences: its facts as plain values, and the rules told again in plain words.

`Facts` reads tables as rows and asks no code of ours. The company's zone is Shanghai, always eight hours ahead of UTC.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from audit.times import FIRST
from crm.models import Role, User
from records.models import (
    GRANTS,
    RECORDS,
    Contract,
    Customer,
    FollowUp,
    Opportunity,
    PeriodException,
    TimeRequest,
    TypeRule,
    Window,
)
from records.permissions import codenames

EIGHT_HOURS, QUARTER = dt.timedelta(hours=8), dt.timedelta(minutes=15)
SIGNED = ("signed", "running", "ended")
NAMES = {"customer": Customer, "opportunity": Opportunity, "followup": FollowUp, "contract": Contract}


def day(moment: dt.datetime) -> dt.date:
    """The company's day at that moment."""
    return (moment.replace(tzinfo=None) + EIGHT_HOURS).date()


@dataclass
class Facts:
    """All that decides, as it stands in the tables now."""

    people: dict[int, dict[str, Any]] = field(default_factory=dict)
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    windows: list[dict[str, Any]] = field(default_factory=list)
    grants: list[dict[str, Any]] = field(default_factory=list)
    exceptions: list[dict[str, Any]] = field(default_factory=list)
    records: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    moves: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)  # the last one of each record
    history: dict[tuple[str, int], list[dict[str, Any]]] = field(default_factory=dict)
    requests: dict[int, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def read(cls) -> Facts:
        """What stands now."""
        facts, roles = cls(), dict(Role.objects.values_list("group", "key"))
        for user in User.objects.prefetch_related("groups"):
            groups = {group.pk for group in user.groups.all()}
            held = set().union(*(codenames(roles[pk]) for pk in groups if pk in roles))
            facts.people[user.pk] = {"active": user.is_active, "groups": groups, "held": held}
        facts.rules = {row["record_type"]: row for row in TypeRule.objects.values()}
        facts.windows = list(Window.objects.values("role__group", *(f.attname for f in Window._meta.concrete_fields)))
        facts.exceptions = list(PeriodException.objects.values())
        facts.requests = {row["id"]: row for row in TimeRequest.objects.values()}
        for name, model in RECORDS.items():
            facts._read(name, model)
        return facts

    def _read(self, name: str, model: Any) -> None:
        for each in GRANTS[name]:
            rows = each.objects.values("permission__codename", *(f.attname for f in each._meta.concrete_fields))
            self.grants += [row | {"name": name} for row in rows]
        self.records |= {(name, row["id"]): row | {"name": name} for row in model.objects.values()}
        shown = ("history_id", "id", "version", "entered_at", "previous_entered_at", "history_user_id", "history_date")
        also = ("channel", "time_request_id", *(["status"] if name == "contract" else []))
        for row in model.history.order_by("history_id").values(*shown, *also):
            self.history.setdefault((name, row["id"]), []).append(row)
            if row["previous_entered_at"] is not None:
                self.moves[name, row["id"]] = row

    def is_key(self, record: dict[str, Any]) -> bool:
        """Whether a record is, or hangs on, a key customer."""
        customer = record if record["name"] == "customer" else self.records.get(("customer", record["customer_id"]))
        return customer is not None and customer["importance"] == "key"

    def sources(self, who: int, record: dict[str, Any], at: dt.datetime, but: int | None = None) -> list[Any]:
        """What lets somebody change the time: "role", "owner", or rows of grants, without those that `but` gave."""
        person, name, right = self.people[who], record["name"], f"change_{record['name']}_entry_time"
        if not person["active"]:
            return []
        found: list[Any] = []
        if right in person["held"] and (not self.is_key(record) or "change_key_entry_time" in person["held"]):
            found.append("role")
        owns = record["owner_id"] == who and "own_records" in person["held"]
        if owns and self.rules[name]["owners_may"] and not self.is_key(record):
            found.append("owner")
        return found + [
            row for row in self.grants if self._speaks(row, who, record, at) and row["granted_by_id"] != (but or 0)
        ]

    def _speaks(self, row: dict[str, Any], who: int, record: dict[str, Any], at: dt.datetime) -> bool:
        mine = row.get("user_id") == who or row.get("group_id") in self.people[who]["groups"]
        if not mine or row["until"] <= at or row["permission__codename"] != f"change_{row['name']}_entry_time":
            return False
        if (row["name"], row["content_object_id"]) == (record["name"], record.get("id")):
            return True
        covers = row["name"] == "customer" and row["covers"] and record["name"] != "customer"
        return covers and row["content_object_id"] == record["customer_id"]

    def reaches(self, who: int, record: dict[str, Any], sources: list[Any], to: dt.datetime, at: dt.datetime) -> bool:
        """Whether a window of theirs holds the new time."""
        size = "key" if self.is_key(record) else "ordinary"
        cell = (record["name"], size)
        mine = [
            row
            for row in self.windows
            if row["role__group"] in self.people[who]["groups"] and (row["record_type"], row["customer_class"]) == cell
        ]
        for row in [*mine, *(source for source in sources if isinstance(source, dict))]:
            back, ahead = (day(at) - day(to)).days, (day(to) - day(at)).days
            inside = (row["no_limit"] or back <= row["days_back"]) and ahead <= row["days_forward"]
            cap = row["longest_move"]
            far = cap is not None and record["entered_at"] and abs(to - record["entered_at"]) > dt.timedelta(days=cap)
            if inside and not far:
                return True
        return False

    def is_closed(self, who: int, name: str, moments: list[dt.datetime], at: dt.datetime) -> bool:
        """Whether one of the moments lies in a period closed to somebody."""
        rule, first = self.rules[name], min(day(moment) for moment in moments)
        if rule["closed_hard_through"] and first <= rule["closed_hard_through"]:
            return True
        groups = self.people[who]["groups"]
        for row in self.exceptions:
            mine = row["user_id"] == who or row["group_id"] in groups
            if mine and row["record_type"] == name and row["until"] > at:
                return False
        if rule["closed_through"] and first <= rule["closed_through"]:
            return True
        if rule["grace_days"] is None:
            return False
        past = day(at) - dt.timedelta(days=rule["grace_days"])
        return (first.year, first.month) < (past.year, past.month)

    def is_locked(self, record: dict[str, Any]) -> bool:
        """Whether a contract that is or was signed keeps the time where it is."""
        rule, name = self.rules["contract"], record["name"]
        if not rule["lock_signed"]:
            return False
        if name == "contract":
            return self._was_signed(record)
        signed = [row for (kind, _), row in self.records.items() if kind == "contract" and self._was_signed(row)]
        holds = name == "opportunity" and rule["lock_opportunity"]
        return holds and any(row["opportunity_id"] == record["id"] for row in signed)

    def _was_signed(self, contract: dict[str, Any]) -> bool:
        return any(row["status"] in SIGNED for row in self.history["contract", contract["id"]])

    def needs_second(self, record: dict[str, Any], to: dt.datetime, start: dt.datetime) -> list[str]:
        """Why a second person must agree."""
        rule, found = self.rules[record["name"]], []
        if rule["approval_days"] is not None and abs(to - start) > dt.timedelta(days=rule["approval_days"]):
            found.append("large")
        if rule["approval_on_key"] and self.is_key(record):
            found.append("key")
        if rule["reported_through"] and min(day(to), day(start)) <= rule["reported_through"]:
            found.append("reported")
        return found

    def may_move(
        self,
        who: int,
        about: tuple[str, int],
        to: dt.datetime,
        at: dt.datetime,
        *,
        undoes: int | None = None,
        asker: int | None = None,
    ) -> bool:
        """Whether somebody may move the time of a record at that moment; `asker`: they answer that person's request."""
        record, last = self.records[about], self.moves.get(about)
        sources = self.sources(who, record, at, asker)
        if not sources or record["archived_at"] is not None or to > at or to < FIRST:
            return False
        if self.is_closed(who, about[0], [record["entered_at"], to], at) or self.is_locked(record):
            return False
        own = last is not None and (last["history_id"], last["history_user_id"]) == (undoes, who)
        if own and last is not None and at - last["history_date"] <= QUARTER:
            return True  # one's own last change, taken back in time
        if not self.reaches(who, record, sources, to, at):
            return False
        if asker is not None:
            return asker != who and "decide_requests" in self.people[who]["held"]
        return not self.needs_second(record, to, record["entered_at"])

    def may_create(self, who: int, record: dict[str, Any], to: dt.datetime, at: dt.datetime) -> bool:
        """Whether somebody may enter a record of their own with an earlier time."""
        held, name = self.people[who]["held"], record["name"]
        if not self.people[who]["active"] or not {f"add_{name}", "own_records"} <= held:
            return False
        if to > at or self.is_closed(who, name, [to], at):
            return False
        second = self.needs_second(record, to, at)
        if f"backfill_{name}" in held:
            return "reported" not in second
        sources = self.sources(who, record, at)
        return bool(sources) and self.reaches(who, record, sources, to, at) and not second
