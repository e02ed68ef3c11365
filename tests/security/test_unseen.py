"""A colleague with a valid account, to whom the company shows only what is theirs, tries every way in to the rest."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import Any

import pytest

from records.models import Batch, BulkChange, CompanyRules, Contract, FollowUp, Notice
from records.services.assign import change_part_of
from records.services.notice_rules import add_notice_rule
from tests import cast as make
from tests.cast import NOW, clock, days
from tests.records.many import change, moved
from tests.records.test_bulk_pages import address, choose, preview

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
SECRET = "Zeppelin"  # stands in the name of everything that the stranger may not see


def body(response: Any) -> str:
    """All that an answer tells: its headers and its content, unpacked where it is an Excel file."""
    data = b"".join(response.streaming_content) if response.streaming else response.content
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            data = b"".join(archive.read(name) for name in archive.namelist())
    return f"{response.headers} {response.cookies} {data.decode('utf-8', 'replace')}"


@dataclass
class Hidden:
    """What another owns: a customer and what hangs on it; and the addresses of all that concerns them."""

    customer: Any
    call: Any
    contract: Any


@pytest.fixture
def hidden(cast: make.Cast) -> Hidden:
    make.set_rule(CompanyRules.objects.get(), sales_see_all=False)
    customer = make.customer(cast.owner, name=f"{SECRET} Works", short_name=SECRET)
    call = make.follow_up(cast.owner, customer, summary=f"{SECRET} call")
    return Hidden(customer, call, make.contract(cast.owner, customer, name=f"{SECRET} contract"))


def known(hidden: Hidden) -> dict[str, Any]:
    """What somebody may know of it who tries: numbers and ids, never the name that must not come back."""
    number, pk = hidden.customer.number, hidden.customer.pk
    return {
        "q": number,
        "customer": number,
        "part_of": number,
        "parent": number,
        "opportunity": pk,
        "record": f"customer:{pk}",
        "owner": hidden.customer.owner_id,
        "pick": pk,
        "chosen": f"{pk}:1.1.1.1",
        "person": hidden.customer.owner_id,
        "after": 0,
        "state": "all",
    }


def test_no_page_tells_a_name_for_a_number(cast, hidden, sign_in):
    client, told = sign_in(cast.stranger), known(hidden)
    pages = (
        "/",
        "/search/",
        "/customers/",
        "/opportunities/",
        "/follow-ups/",
        "/contracts/",
        "/requests/",
        "/notices/",
    )
    pages += ("/customers/suggest/", "/opportunities/suggest/", "/customers/new/", "/follow-ups/new/", "/batches/")
    pages += ("/access/", "/access/record/", "/access/person/", "/access/check/", "/review/", "/trail/", "/import/")
    for page in pages:
        assert SECRET not in body(client.get(page, told)), page
        assert SECRET not in body(client.get(page, told, headers={"HX-Request": "true"})), page
        assert SECRET not in body(client.post(page, told)), page


@pytest.mark.parametrize("record_type", ["customer", "followup", "contract"])
def test_neither_picked_nor_filtered_rows_nor_their_number_come_out(cast, hidden, sign_in, record_type):
    client, new = sign_in(cast.stranger), f"/bulk/{record_type}/new/"
    record = {"customer": hidden.customer, "followup": hidden.call, "contract": hidden.contract}[record_type]
    for chosen in ({"pick": record.pk}, {"all": "1", "query": f"q={record.number}"}, {"all": "1", "query": ""}):
        for do in ("csv", "xlsx"):
            said = body(client.post(new, {"do": do, "query": ""} | chosen))
            assert SECRET not in said
            assert record.number not in said.replace(f"q={record.number}", "")  # the filter goes back as it came
        assert client.post(new, {"do": "entry_time", "query": ""} | chosen).url.startswith(f"/{record_type[:4]}"[:4])
    assert not BulkChange.objects.exists()


def test_what_is_hidden_after_a_preview_is_shown_and_changed_no_more(cast, hidden, sign_in):
    make.set_rule(CompanyRules.objects.get(), sales_see_all=True)
    client = sign_in(cast.stranger)
    bulk = choose(client, [hidden.call])
    preview(client, bulk)
    assert SECRET in body(client.get(address(bulk)))
    make.set_rule(CompanyRules.objects.get(), sales_see_all=False)
    client = sign_in(cast.stranger)
    assert SECRET not in body(client.get(address(bulk)))
    for page in ("apply", "ask"):
        said = client.post(address(bulk, page), {"do": "all", "step": client.get(address(bulk)).context["step"]})
        assert SECRET not in body(said) + body(client.get(said.url))
    assert FollowUp.objects.get().entered_at == NOW
    assert not Batch.objects.exists()


def test_an_export_names_no_parent_that_its_list_would_not_name(cast, hidden, sign_in):
    mine, why = make.customer(cast.stranger, name="Mine"), {"reason": "", "note": "x", "channel": "web"}
    change_part_of(record=mine, seen_version=1, part_of=hidden.customer, by=cast.manager, clock=clock, **why)
    client = sign_in(cast.stranger)
    for page in ("", "edit/", "history/", "assign/"):
        assert SECRET not in body(client.get(f"/customers/{mine.pk}/{page}")), page
    for do in ("csv", "xlsx"):
        said = body(client.post("/bulk/customer/new/", {"do": do, "query": "", "pick": mine.pk}))
        assert "Mine" in said
        assert SECRET not in said
        assert hidden.customer.number not in said


def test_an_export_names_people_as_pages_do(cast, sign_in):
    customer = make.customer(cast.owner)
    cast.owner.display_name = "Wang Qiang"
    type(cast.owner).objects.filter(pk=cast.owner.pk).update(display_name="Wang Qiang", username="wq-sign-in")
    said = body(sign_in(cast.stranger).post("/bulk/customer/new/", {"do": "csv", "query": "", "pick": customer.pk}))
    assert "Wang Qiang" in said
    assert "wq-sign-in" not in said


def test_a_notice_counts_only_what_its_reader_may_see(cast, hidden, sign_in):
    rule = {"record_type": "contract", "why": "x", "by": cast.administrator, "channel": "web", "clock": clock}
    add_notice_rule(to=cast.stranger, **rule)
    own = make.contract(cast.stranger, make.customer(cast.stranger), name="Own contract")
    rows = [*Contract.objects.order_by("pk")]
    change(moved(rows, -days(1)), cast.manager, model=Contract)
    (notice,) = Notice.objects.filter(user=cast.stranger)
    assert (notice.record_id, "(+" in notice.words) == (own.pk, False)
    page = body(sign_in(cast.stranger).get("/notices/"))
    assert "Own contract" in page
    assert SECRET not in page


def test_people_roles_and_teams_are_suggested_where_they_may_be_chosen(cast, sign_in):
    circles = {"others": {"administrator"}, "holders": {"administrator", "manager"}, "everybody": {"administrator"}}
    circles |= {"listed": {"administrator", "manager"}}
    for of, may in circles.items():
        for who in ("outsider", "owner", "auditor", "manager", "administrator"):
            said = sign_in(getattr(cast, who)).get("/people/suggest/", {"of": of, "name": "x", "x": "a"})
            assert said.status_code == (200 if who in may else 404), (of, who)
