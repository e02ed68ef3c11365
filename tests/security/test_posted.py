"""Fields that no form offered change nothing; values that no form would send break nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse

from audit.models import Job, SavedFilter
from records.models import Batch, Customer, Import, Mapping
from tests import cast as make
from tests.cast import NOW, days
from tests.records.importing.uploading import CSV, begun, check, page, upload
from tests.records.test_bulk_pages import SHIFT, WORDS, address, choose, go, preview

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
HUGE = "9" * 5000  # more digits than int() takes
NUL = "a\x00b"
ODD = (NUL, HUGE, "9" * 20, "-1", "²")


def forbidden(cast: make.Cast) -> dict[str, Any]:
    """Every column that decides something, as somebody would post it who knows the models."""
    return {
        "id": 999,
        "pk": 999,
        "number": "C-1999-0001",
        "owner": cast.colleague.pk,
        "owner_id": cast.colleague.pk,
        "importance": "key",
        "entered_at": "2020-01-01 00:00",
        "original_entered_at": "2020-01-01 00:00",
        "recorded_at": "2020-01-01 00:00",
        "archived_at": "2020-01-01 00:00",
        "external_source": "x",
        "external_id": "x",
        "version_id": 7,
        "search_text": "x",
        "name_key": "x",
        "batch": 1,
        "job": 1,
        "by": cast.manager.pk,
        "by_id": cast.manager.pk,
        "channel": "sql",
        "reason": "sql",
        "history_user": cast.manager.pk,
        "remote_addr": "6.6.6.6",
        "next": "https://evil.example/",
    }


GUARDED = ("pk", "number", "owner_id", "importance", "entered_at", "original_entered_at", "recorded_at", "archived_at")
GUARDED += ("external_id", "name_key")


def test_an_ordinary_form_changes_its_own_fields_alone(cast, sign_in):
    record = make.customer(cast.owner)
    before = {name: getattr(record, name) for name in GUARDED}
    form = {"name": record.name, "kind": record.kind, "status": record.status, "note": "Changed", "version": 1}
    response = sign_in(cast.owner).post(f"/customers/{record.pk}/edit/", forbidden(cast) | form)
    assert (response.status_code, response.url[0], response.url[:2] == "//") == (302, "/", False)
    now = Customer.objects.get()
    assert now.note == "Changed"
    assert {name: getattr(now, name) for name in GUARDED} == before
    row = now.history.latest("history_id")
    assert (row.history_user_id, row.channel, row.remote_addr) == (cast.owner.pk, "web", "127.0.0.1")


def test_a_new_record_gets_no_more_than_its_form_offers(cast, sign_in):
    sent = {name: value for name, value in forbidden(cast).items() if name != "entered_at"}  # which the form does offer
    form = {"name": "New", "kind": "company", "status": "lead"}
    client = sign_in(cast.owner)
    client.post("/customers/new/", sent | form)
    client.post("/customers/new/", form)
    for made in Customer.objects.all():
        assert (made.owner_id, made.importance, made.archived_at) == (cast.owner.pk, "ordinary", None)
        assert (made.recorded_at, made.original_entered_at, made.external_id) == (NOW, NOW, "")
        assert made.number.startswith("C-2026-")
        assert made.history.get().history_user_id == cast.owner.pk
    assert Customer.objects.exists()


def test_a_bulk_change_stays_its_makers_and_does_what_was_previewed(cast, sign_in):
    call = make.follow_up(cast.owner, make.customer(cast.owner))
    other = make.follow_up(cast.owner, call.customer)
    client = sign_in(cast.owner)
    bulk = choose(client, [call], state="done", by=cast.manager.pk, job=1)
    preview(client, bulk, **forbidden(cast), state="done", kind="archive", spec='{"how": "set"}')
    go(client, bulk, "all", pick=[other.pk], batch=1, after="2020-01-01", record_id=other.pk)
    bulk.refresh_from_db()
    batch, row = Batch.objects.get(), call.history.latest("history_id")
    assert (bulk.by_id, bulk.kind, bulk.record_type, batch.by_id) == (
        cast.owner.pk,
        "entry_time",
        "followup",
        cast.owner.pk,
    )
    assert (row.entered_at, row.history_user_id, row.reason) == (NOW - days(1), cast.owner.pk, WORDS["why"])
    assert other.history.count() == 1


@pytest.mark.parametrize(
    "column", ["recorded_at", "original_entered_at", "archived_at", "id", "external_source", "owner_id"]
)
def test_a_file_fills_no_column_that_is_not_offered(cast, sign_in, column):
    client = sign_in(cast.manager)
    draft = begun(client, CSV.replace("owner", column).replace("14:05,", "14:05,2020-01-01"))
    assert check(client, draft, c2=column).status_code == 422
    for owner in (cast.outsider.pk + 99, cast.gone.pk):
        assert check(client, draft, owner=str(owner)).status_code == 422
    client.post(page(draft, "load"), {"owner": cast.colleague.pk, "by": cast.auditor.pk, "state": "done", "batch": 1})
    assert {row.recorded_at for row in Customer.objects.all()} <= {NOW}
    assert {row.owner_id for row in Customer.objects.all()} <= {cast.manager.pk}
    assert {row.history_user_id for row in Customer.history.all()} <= {cast.manager.pk}


def test_a_history_from_a_file_speaks_in_nobodys_name(cast, sign_in):
    record, client, auditor = make.customer(cast.owner), sign_in(cast.manager), sign_in(cast.auditor)
    rows = f"id,what,from,to,who,when\n{record.number},Checked,no,yes,Auditor,2024-05-03 10:00\n"
    draft = begun(client, rows, record_type="history")
    columns = dict(
        zip(["c0", "c1", "c2", "c3", "c4", "c5"], ["record", "field", "old", "new", "who", "when"], strict=True)
    )
    check(client, draft, record_type="customer")
    check(client, draft, record_type="customer", **columns)
    client.post(page(draft, "load"))
    row = record.history.latest("history_id")
    assert (row.actor_name, row.history_user_id, row.brought_in_by) == ("Auditor", None, "Manager")
    export = auditor.post("/trail/export/", {"format": "csv", "query": ""})
    pages = [client.get(f"/customers/{record.pk}/{each}") for each in ("edit/", "history/")]
    pages += [auditor.get("/trail/"), auditor.get(f"/trail/customer/{row.pk}/")]
    for said in [*(each.content for each in pages), b"".join(export.streaming_content)]:
        assert "Auditor, brought in by Manager" in said.decode()


def test_what_is_anothers_is_not_found_whatever_its_id(cast, sign_in):
    colleague = sign_in(cast.senior)
    draft = begun(colleague, CSV)
    check(colleague, draft)
    kept = Mapping.objects.create(by=cast.senior, record_type="customer", name="Mine", settings={})
    saved = SavedFilter.objects.create(user=cast.auditor, page="trail", name="Mine", query="q=x", shared=True)
    client, reader = sign_in(cast.manager), sign_in(cast.administrator)
    for name in ("columns", "rows", "load", "result", "progress", "stop", "outcome", "faulty", "delete"):
        assert 404 in {client.get(page(draft, name)).status_code, client.post(page(draft, name)).status_code}, name
    assert client.post(reverse("records:import_mapping_remove", args=[kept.pk])).status_code == 404
    for name in ("share", "delete"):
        assert reader.post(reverse(f"audit:trail_filter_{name}", args=[saved.pk])).status_code == 404
    assert (Import.objects.count(), Mapping.objects.count(), SavedFilter.objects.count()) == (1, 1, 1)
    assert not Job.objects.exists()


def odd_places(cast: make.Cast, sign_in: Any) -> list[tuple[Any, str, dict[str, Any]]]:
    """(client, address, fields): where values of an address or a form are read by hand."""
    call = make.follow_up(cast.owner, make.customer(cast.owner))
    manager, owner, auditor = sign_in(cast.manager), sign_in(cast.owner), sign_in(cast.auditor)
    draft = begun(manager, "name,created date\nA,2024-03-07\n,2024-03-07\n")
    check(manager, draft)
    kept = [Mapping.objects.create(by=cast.manager, record_type="customer", name=f"{n}", settings={}) for n in range(9)]
    bulk = choose(owner, [call])
    preview(owner, bulk)
    return [
        (manager, page(draft, "rows"), {"out": "", "r3-0": "", "action": ""}),
        (manager, page(draft, "columns"), {"action": "use", "mapping": "", "c0": "", "header_row": "", "owner": ""}),
        (manager, page(draft, "load"), {"skip": "", "out": "", "r3-0": ""}),
        (manager, reverse("records:import_mapping_remove", args=[kept[0].pk]), {"back": ""}),
        (manager, "/import/", {"record_type": ""}),
        (owner, "/bulk/followup/new/", {"do": "entry_time", "query": "", "pick": ""}),
        (owner, "/bulk/followup/new/", {"do": "entry_time", "query": "owner=", "all": ""}),
        (owner, address(bulk), SHIFT | WORDS | {"days": "", "note": "", "at": "", "copy": "", "why": "", "owner": ""}),
        (owner, address(bulk, "apply"), {"do": "", "step": "", "pick": ""}),
        (manager, address(bulk, "request"), {"seen": "", "note": "", "answer": ""}),
        (manager, "/requests/", {"chosen": "", "note": "", "answer": ""}),
        (auditor, "/trail/filters/", {"name": "", "query": ""}),
        (auditor, "/trail/export/", {"format": "csv", "query": ""}),
        (auditor, "/integrity/verify/", {"what": ""}),
        (auditor, "/review/", {"state": "", "flag": "", "who": "", "after": ""}),
        (auditor, "/batches/", {"kind": "", "before": ""}),
        (manager, "/language/", {"language": "", "next": ""}),
        (
            owner,
            f"/follow-ups/{call.pk}/entry-time/",
            {"version": "", "entered_at": "", "acknowledged": "", "nudge": ""},
        ),
        (owner, "/follow-ups/new/", {"customer": "", "opportunity": "", "entered_at": "", "summary": ""}),
    ]


def test_a_nul_in_a_file_breaks_nothing(cast, sign_in):
    client = sign_in(cast.manager)
    client.raise_request_exception = False
    for rows in ("name,status,owner\nA,we\x00ird,no\x00body\n", "na\x00me,x\x00\nA,b\n"):
        if upload(client, rows).status_code != 302:
            continue
        draft = Import.objects.latest("pk")
        assert client.get(page(draft, "columns")).status_code == 200
        for _twice in range(2):
            assert check(client, draft).status_code in (302, 422)
        assert client.get(page(draft, "rows")).status_code in (200, 302)


def sendings(fields: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(method, fields): all of them odd at once, and those values that break most one by one."""
    for odd in ODD:
        all_odd = {name: value + odd for name, value in fields.items()}
        yield from [("post", all_odd), *([("get", all_odd)] if odd != HUGE else [])]
    yield from (("post", fields | {name: value + HUGE}) for name, value in fields.items())


def test_no_odd_value_is_answered_with_a_failure(cast, sign_in):
    failed = []
    for where in ("/people/roles/a%00b/", "/trail/a%00b/1/", "/rules/a%00b/clauses/a%00b/"):
        assert sign_in(cast.administrator).get(where).status_code in (400, 404), where
    for client, where, fields in odd_places(cast, sign_in):
        client.raise_request_exception = False
        for method, given in sendings(fields):
            said = getattr(client, method)(where, given)
            if said.streaming:
                b"".join(said.streaming_content)
            failed += [(method, where, given)] if said.status_code >= 500 else []
    assert not failed
