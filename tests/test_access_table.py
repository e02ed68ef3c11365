"""The table of rights: every URL x everybody x what the company shows to sales -> status. A URL without a row fails.

Rows name who may; the table is spelled out from them. Posts are sent all but empty, so that "may" is the form
coming back.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from crm.models import Role
from records.models import CompanyRules
from records.services.contacts import add_contact
from records.services.grants import Terms, grant
from tests import cast as make
from tests.cast import clock, days

pytestmark = pytest.mark.usefixtures("at_now")

EVERYBODY = (
    "anonymous",
    "outsider",
    "viewer",  # sales, neither owner nor team
    "mate",  # sales of the owner's team
    "owner",
    "granted",  # on each record
    "by_role",  # through a role that holds nothing else
    "by_team",
    "ended",
    "on_customer",  # on the customer and all under it
    "manager",
    "senior",
    "administrator",
    "auditor",
    "superuser",
    "inactive",
)
ACTIVE = set(EVERYBODY) - {"anonymous", "inactive"}
ALWAYS_SEE = {"owner", "granted", "by_role", "by_team", "on_customer"}
LEADERS = {"manager", "senior", "administrator", "superuser"}
SEE = {
    "all": ALWAYS_SEE | LEADERS | {"viewer", "mate", "ended", "auditor"},
    "own and team": ALWAYS_SEE | LEADERS | {"mate", "auditor"},
}
CHANGE = {"owner"} | LEADERS
REDATE = {"owner", "granted", "by_role", "by_team", "on_customer"} | LEADERS
SALES = {"viewer", "mate", "owner", "granted", "by_team", "ended", "on_customer"}
ADD = SALES | LEADERS
ADMINISTRATORS = {"administrator", "superuser"}


@dataclass(frozen=True)
class Row:
    """`may` get `status`; other people who see the record get 403, all others 404 (or 403 where nothing is secret)."""

    method: str
    status: int
    may: set[str]
    about: str = ""  # customer, opportunity, follow_up, contract, contact: 404 for who may not see it
    data: tuple[tuple[str, str], ...] = (("sent", "1"),)
    public: bool = False  # for visitors too


def around(name: str) -> dict[str, list[Row]]:
    """The pages around a record of one type."""
    redate = REDATE if name != "contract" else REDATE - {"owner"}  # no owner rule for contracts
    rows = {
        f"records:{name}_update": [
            Row("get", 200, ACTIVE, name),
            Row("post", 422, CHANGE, name),
        ],
        f"records:{name}_entry_time": [
            Row("get", 200, ACTIVE, name),
            Row("post", 422, redate, name, (("version", "1"), ("entered_at", "2026-03-17 09:12"), ("confirmed", "y"))),
        ],
        f"records:{name}_undo": [Row("get", 405, ACTIVE, name), Row("post", 302, ACTIVE, name)],
        f"records:{name}_history": [Row("get", 200, ACTIVE, name)],
        f"records:{name}_access": [Row("get", 200, ACTIVE, name), Row("post", 422, LEADERS, name)],
        f"records:{name}_assign": [Row("get", 200, LEADERS, name), Row("post", 422, LEADERS, name)],
        f"records:{name}_archive": [Row("get", 200, CHANGE, name), Row("post", 422, CHANGE, name)],
        f"records:{name}_restore": [Row("get", 200, CHANGE, name)],
    }
    if name != "customer":
        rows[f"records:{name}_parent"] = [Row("get", 200, LEADERS, name), Row("post", 422, LEADERS, name)]
    return rows


LISTS = {f"records:{n}_list": [Row("get", 200, ACTIVE)] for n in ("customer", "opportunity", "follow_up", "contract")}
NEW = {
    f"records:{n}_new": [Row("get", 200, ADD), Row("post", 422, ADD)]
    for n in ("customer", "opportunity", "follow_up", "contract")
}
TABLE: dict[str, list[Row]] = {
    **LISTS,
    **NEW,
    **{
        name: rows
        for kind in ("customer", "opportunity", "follow_up", "contract")
        for name, rows in around(kind).items()
    },
    "records:customer_detail": [Row("get", 200, ACTIVE, "customer")],
    "records:customer_importance": [Row("get", 200, LEADERS, "customer"), Row("post", 422, LEADERS, "customer")],
    "records:customer_suggest": [Row("get", 200, ACTIVE)],
    "records:opportunity_suggest": [Row("get", 200, ACTIVE)],
    "records:follow_up_done": [Row("post", 302, CHANGE, "follow_up")],
    "records:contact_new": [Row("get", 200, CHANGE, "customer"), Row("post", 422, CHANGE, "customer")],
    "records:contact_update": [Row("get", 200, CHANGE, "contact"), Row("post", 422, CHANGE, "contact")],
    "records:contact_archive": [Row("post", 409, CHANGE, "contact")],
    "records:grant_end": [Row("get", 200, ACTIVE)],
    "records:grant_change": [Row("get", 200, LEADERS, "grant"), Row("post", 422, LEADERS, "grant")],
    "records:grant_revoke": [Row("get", 200, LEADERS, "grant"), Row("post", 422, LEADERS, "grant")],
    "home": [Row("get", 200, ACTIVE)],
    "search": [Row("get", 200, ACTIVE)],
    "help": [Row("get", 200, ACTIVE)],
    "profile": [Row("get", 200, ACTIVE), Row("post", 422, ACTIVE)],
    "people": [Row("get", 200, ADMINISTRATORS)],
    "person_new": [Row("get", 200, ADMINISTRATORS), Row("post", 422, ADMINISTRATORS)],
    "person": [Row("get", 200, ADMINISTRATORS), Row("post", 422, ADMINISTRATORS)],
    "person_deactivate": [Row("get", 200, ADMINISTRATORS)],
    "person_activate": [Row("get", 200, ADMINISTRATORS)],
    "roles": [Row("get", 200, ADMINISTRATORS)],
    "role": [Row("get", 200, ADMINISTRATORS), Row("post", 422, ADMINISTRATORS)],
    "teams": [Row("get", 200, ADMINISTRATORS)],
    "team_new": [Row("get", 200, ADMINISTRATORS), Row("post", 422, ADMINISTRATORS)],
    "team": [Row("get", 200, ADMINISTRATORS), Row("post", 422, ADMINISTRATORS)],
    "setup": [Row("get", 404, ACTIVE, public=True)],
    "setup_done": [Row("get", 200, ADMINISTRATORS)],
    "language": [Row("post", 302, ACTIVE, data=(("language", "en"),), public=True)],
    "livez": [Row("get", 200, ACTIVE, public=True)],
    "readyz": [Row("get", 200, ACTIVE, public=True)],
    "account_login": [Row("get", 302, ACTIVE)],
    "account_logout": [Row("get", 200, ACTIVE)],
    "account_inactive": [Row("get", 200, ACTIVE, public=True)],
    "account_change_password": [Row("get", 200, ACTIVE)],
    "account_reset_password": [Row("get", 200, ACTIVE, public=True)],
    "account_reset_password_done": [Row("get", 200, ACTIVE, public=True)],
    "account_reset_password_from_key": [Row("get", 200, ACTIVE, public=True)],
    "account_reset_password_from_key_done": [Row("get", 200, ACTIVE, public=True)],
}


def every_name() -> set[str]:
    """The names of all URLs of the site."""

    def walk(patterns: Any, namespace: str = "") -> Any:
        for each in patterns:
            if isinstance(each, URLPattern):
                yield namespace + (each.name or str(each.pattern))
            else:
                yield from walk(each.url_patterns, namespace + (f"{each.namespace}:" if each.namespace else ""))

    return set(walk(get_resolver().url_patterns))


def test_every_url_has_a_row_and_every_row_a_url():
    assert every_name() == set(TABLE)


@dataclass
class World:
    """The people by the names of the table, and one record of each type."""

    people: dict[str, Any]
    records: dict[str, Any]

    def address(self, name: str) -> str:
        """The address of a page, of this world's records."""
        short = name.removeprefix("records:")
        about = next((kind for kind in self.records if short.startswith(kind)), "customer")
        record = self.records[about]
        if short.startswith("grant_") and short != "grant_end":
            args: list[Any] = ["followup", "user", self.records["grant"].pk]
        elif short.endswith("_undo"):
            args = [record.pk, 999]
        elif short.endswith(("_list", "_suggest", "_new", "grant_end")) and short != "contact_new":
            args = []
        elif name.startswith("records:"):
            args = [self.records["customer" if short == "contact_new" else about].pk]
        else:
            args = self._others(name)
        return reverse(name, args=args)

    def _others(self, name: str) -> list[Any]:
        return {
            "person": [self.people["mate"].pk],
            "person_deactivate": [self.people["mate"].pk],
            "person_activate": [self.people["inactive"].pk],
            "role": ["sales"],
            "team": [self.people["owner"].team.pk],
            "account_reset_password_from_key": ["1", "x-y"],
        }.get(name, [])


@pytest.fixture
def world(cast):
    south, north = make.team("South"), make.team("North")
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

    def give(record, to, until, covers=False, at=clock):
        terms = Terms(until=until, days_back=7, covers=covers)
        return grant(record=record, to=to, terms=terms, why="x", by=cast.manager, channel="web", clock=at)

    for record in list(records.values()):
        records["grant"] = give(record, people["granted"], make.NOW + days(9)) if record else None
        give(record, helpers.group, make.NOW + days(9))
        give(record, south.group, make.NOW + days(9))
        give(record, people["ended"], make.NOW - days(1), at=lambda: make.NOW - days(2))
    give(customer, people["on_customer"], make.NOW + days(9), covers=True)
    follow_up_grants = records["follow_up"].user_grants.get(user=people["granted"])
    values = {"name": "Ms Zhou", "phone": "0571 8820"}
    contact = add_contact(customer=customer, values=values, by=cast.owner, channel="web", clock=clock)
    return World(people, records | {"contact": contact, "grant": follow_up_grants})


def expected(row: Row, who: str, shown: str) -> int:
    """The status that the row means for somebody."""
    if who in ("anonymous", "inactive"):
        return row.status if row.public else 302
    if row.about and who not in SEE[shown]:
        return 404 if row.status != 405 else 405
    return row.status if who in row.may else 403


@pytest.mark.parametrize("shown", ["all", "own and team"])
@pytest.mark.parametrize("who", EVERYBODY)
def test_everybody_gets_what_the_table_says(world, who, shown):
    make.set_rule(CompanyRules.objects.get(), sales_see_all=shown == "all")
    client = Client()
    if who != "anonymous":
        client.force_login(world.people[who], backend="crm.backends.SignInOnly")
    wrong = {}
    for name, rows in TABLE.items():
        if name == "account_login" and who in ("anonymous", "inactive"):
            continue  # the sign-in page itself, tested in tests/crm
        for row in rows:
            response = getattr(client, row.method)(world.address(name), dict(row.data))
            if response.status_code != expected(row, who, shown):
                wrong[row.method, name] = (response.status_code, expected(row, who, shown))
    assert not wrong


def test_archived_records_keep_their_pages(world, cast, sign_in):
    from records.services.records import archive_record

    call = world.records["follow_up"]
    archive_record(
        record=call, seen_version=1, by=cast.owner, reason="", note="Double", channel="web", clock=lambda: make.NOW
    )
    client = sign_in(cast.auditor)
    assert client.get(reverse("records:follow_up_history", args=[call.pk])).status_code == 200
    assert client.get(reverse("records:follow_up_update", args=[call.pk])).status_code == 200
    assert dt.datetime.now(dt.UTC) == make.NOW
