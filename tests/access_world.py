"""Everybody of the table of rights, and one of each thing that has a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.urls import reverse

from audit.models import Finding
from crm.models import Role
from records.models import Customer, Notice, NoticeRule, Reason
from records.services.bulk_changes import begin_bulk
from records.services.contacts import add_contact
from records.services.entry_time.many import ManyMove, change_many
from records.services.exceptions import add_exception
from records.services.grant_batches import grant_many
from records.services.grants import Terms, grant
from records.services.import_drafts import begin
from records.services.notice_rules import add_notice_rule
from records.services.notices import tell
from records.services.time_requests import ask
from tests import cast as make
from tests.cast import NOW, clock, days
from tests.records.reviewing import moved, queued

TYPES = ("customer", "opportunity", "follow_up", "contract")
BULK = ("detail", "apply", "back", "stop", "ask", "request", "progress")
BARE = ("_list", "_suggest", "_new", "grant_end")  # pages about no single record


@dataclass
class World:
    """The people by the names of the table, and one record of each type."""

    people: dict[str, Any]
    records: dict[str, Any]

    def address(self, name: str) -> str:
        """The address of a page, of this world's records."""
        short = name.removeprefix("records:")
        return reverse(name, args=self._of_record(short) if name.startswith("records:") else self._others(name))

    def _of_record(self, short: str) -> list[Any]:
        about = next((kind for kind in (*TYPES, "contact") if short.startswith(kind)), None)
        if about is None:
            return self._of_rules(short)
        if short.endswith("_undo"):
            return [self.records[about].pk, 999]
        if short.endswith(BARE) and short != "contact_new":
            return []
        return [self.records["customer" if short == "contact_new" else about].pk]

    def _of_rules(self, short: str) -> list[Any]:
        grant = ["followup", "user", self.records["grant"].pk]
        if short.startswith("import_") and short not in ("import_list", "import_template", "import_mapping_remove"):
            return [self.records["import"].pk]
        if short.startswith("request_"):
            return [] if short == "request_list" else [self.records["request"].pk]
        return {
            "grant_change": grant,
            "grant_revoke": grant,
            "access_many": ["customer"],
            "access_batch": [self.records["batch"].pk],
            "bulk_new": ["customer"],
            **{f"bulk_{page}": [self.records["bulk"].pk] for page in BULK},
            "batch_detail": [self.records["moves"].pk],
            "batch_undo": [self.records["moves"].pk],
            "batch_ask": [self.records["moves"].pk],
            "batch_progress": [self.records["moves"].pk],
            "import_template": ["customer"],
            "import_mapping_remove": [1],
            "access_batch_revoke": [self.records["batch"].pk],
            "notice_read": [self.records["notice"].pk],
            "notice_rule_remove": [self.records["notice rule"].pk],
            "reason_change": [Reason.objects.get(code="other").pk],
            "review_item": [self.records["review"].pk],
            "exception_revoke": [self.records["exception"].pk],
            "rule_clause": ["followup", "reason"],
        }.get(short, [])

    def _others(self, name: str) -> list[Any]:
        return {
            "person": [self.people["mate"].pk],
            "person_deactivate": [self.people["mate"].pk],
            "person_activate": [self.people["inactive"].pk],
            "role": ["sales"],
            "team": [self.people["owner"].team.pk],
            "account_reset_password_from_key": ["1", "x-y"],
            "audit:evidence_pack": ["customer", self.records["customer"].pk],
            "audit:trail_row": ["customer", self.records["customer"].history.last().history_id],
            "audit:trail_as_it_was": ["customer", self.records["customer"].history.last().history_id],
            "audit:integrity_finding": [self.records["finding"].pk],
            "audit:trail_filter_share": [1],
            "audit:trail_filter_delete": [1],
        }.get(name, [])


def build() -> World:
    """All of it, made by the services."""
    cast, south, north = make.make(), make.team("South"), make.team("North")
    helpers = Role.objects.create(
        key="helpers", name_en="Helpers", name_zh="助理", group=Group.objects.create(name="role:helpers")
    )
    people = {
        "outsider": cast.outsider,
        "viewer": cast.stranger,
        "mate": cast.colleague,
        "owner": cast.owner,
        "granted": make.person("granted", "sales", north),
        "by_role": make.person("by_role", "helpers"),
        "by_team": make.person("by_team", "sales", south),
        "ended": make.person("ended", "sales", north),
        "on_customer": make.person("on_customer", "sales", north),
        "manager": cast.manager,
        "senior": cast.senior,
        "administrator": cast.administrator,
        "auditor": cast.auditor,
        "superuser": cast.root,
        "inactive": cast.gone,
    }
    customer = make.customer(cast.owner)
    records = {"customer": customer, "opportunity": make.opportunity(cast.owner, customer)}
    records["follow_up"] = make.follow_up(cast.owner, customer)
    records["contract"] = make.contract(cast.owner, customer)
    for record in records.values():
        _give(cast, record, people["granted"])
        _give(cast, record, helpers.group)
        _give(cast, record, south.group)
        _give(cast, record, people["ended"], until=NOW - days(1), at=lambda: NOW - days(2))
    _give(cast, customer, people["on_customer"], covers=True)
    return World(people, records | _things(cast, records, people, customer))


def _give(cast: Any, record: Any, to: Any, until: Any = None, covers: bool = False, at: Any = clock) -> None:
    terms = Terms(until=until or NOW + days(9), days_back=7, covers=covers)
    grant(record=record, to=to, terms=terms, why="x", by=cast.manager, channel="web", clock=at)


def _things(cast: Any, records: dict[str, Any], people: dict[str, Any], customer: Any) -> dict[str, Any]:
    """What else has a page: a contact, a grant and a batch of them, a request, a notice, an exception."""
    call, common = records["follow_up"], {"channel": "web", "clock": clock}
    wish = {"wanted": NOW - days(1), "why_code": "other", "words": "", "proof": ("card.txt", b"x")}
    batch = grant_many(
        records=[customer],
        to=people["granted"],
        terms=Terms(kind="view_{}", until=NOW + days(1)),
        why="x",
        token="t" * 32,
        by=cast.manager,
        **common,
    )
    tell(kind=Notice.Kind.CHANGED, record=call, at=NOW, actor=cast.manager, to=[cast.owner])
    return {
        "contact": add_contact(customer=customer, values={"name": "Ms Zhou"}, by=cast.owner, **common),
        "grant": call.user_grants.get(user=people["granted"]),
        "batch": batch.batch,
        "request": ask(record=call, seen_version=1, by=cast.colleague, **wish, **common),
        "notice": Notice.objects.filter(user=cast.owner).latest("pk"),
        "notice rule": _told(cast, common),
        "moves": _moves(cast),
        "bulk": begin_bulk(model=Customer, ids=[customer.pk], kind="entry_time", by=cast.owner, at=NOW),
        "review": queued(_moved(cast)),
        "import": _draft(cast),
        "finding": Finding.objects.create(source="times", code="burst", key="x", found_at=NOW, seen_at=NOW),
        "exception": add_exception(
            to=cast.owner, record_type="customer", until=NOW + days(1), why="x", by=cast.administrator, **common
        ),
    }


def _moved(cast: Any) -> Any:
    """A customer whose entry time the manager changed."""
    record = make.customer(cast.owner)
    moved(record, cast.manager)
    return record


def _draft(cast: Any) -> Any:
    """A file that the manager chose."""
    said = {"columns": {"0": "name"}, "zone": "UTC", "header_row": 1}
    data = {"name": "x.csv", "data": b"name,note\nx,\n", "record_type": "customer"}
    return begin(by=cast.manager, at=NOW, said=said, **data)


def _moves(cast: Any) -> Any:
    """A batch of the owner's: a customer moved by a bulk change."""
    record, words = make.customer(cast.owner), {"reason": "other", "note": "x", "title": "x"}
    moves = [ManyMove(record.pk, record.version, NOW - days(1))]
    return change_many(moves=moves, model=Customer, by=cast.owner, channel="bulk", clock=clock, **words).batch


def _told(cast: Any, common: dict[str, Any]) -> NoticeRule:
    add_notice_rule(record_type="contract", to=cast.auditor, why="x", by=cast.administrator, **common)
    return NoticeRule.objects.get()
