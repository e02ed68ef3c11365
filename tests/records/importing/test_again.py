"""Loading once more: after an undo it is a new load; what an exception let in says so; numbers stay what they are."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from audit.jobs import run_next
from records.models import Batch, Customer, Mapping, Opportunity
from records.services.batches import undo_batch
from records.services.exceptions import add_exception
from tests import cast as make
from tests.cast import NOW, clock, close_through, days
from tests.records.importing.uploading import CSV, begun, check, page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
WITH_IDS = "Id,name,created date\n7,Kestrel,2024-03-07 14:05\n8,Zeta,2024-03-08\n"


@pytest.fixture
def client(cast, sign_in):
    return sign_in(cast.administrator)


def text(response):
    return response.content.decode()


def loaded(client, data, **said):
    draft = begun(client, data)
    assert check(client, draft, **said).status_code == 302
    client.post(page(draft, "load"))
    draft.refresh_from_db()
    return draft


class TestAfterAnUndo:
    @pytest.mark.parametrize("data", [CSV, WITH_IDS], ids=["without ids", "with ids"])
    def test_the_same_file_is_loaded_again(self, client, cast, data):
        first = loaded(client, data)
        undo_batch(batch=first.batch, by=cast.administrator, clock=clock)
        assert not Customer.objects.live().exists()
        again = loaded(client, data)
        assert (again.counts["created"], again.counts["earlier"]) == (2, False)
        assert Customer.objects.live().count() == 2

    def test_an_undo_that_is_undone_counts_as_loaded(self, client, cast):
        first = loaded(client, CSV)
        undone = undo_batch(batch=first.batch, by=cast.administrator, clock=clock)
        undo_batch(batch=undone.batch, by=cast.administrator, clock=clock)
        again = loaded(client, CSV)
        assert again.counts["earlier"] is True
        assert Customer.objects.count() == 2

    def test_undone_again_it_has_its_id_unless_another_took_it(self, client, cast):
        first = loaded(client, WITH_IDS)
        undone = undo_batch(batch=first.batch, by=cast.administrator, clock=clock)
        old = Customer.objects.get(name="Kestrel")
        again = loaded(client, "Id,name,created date\n7,Kestrel,2024-04-07\n")
        back = undo_batch(batch=undone.batch, by=cast.administrator, clock=clock)
        assert {row.record_id: row.codes for row in back.refused} == {old.pk: ("value",)}
        assert Customer.objects.live().get(name="Zeta").external_id == "8"
        assert Customer.objects.live().get(external_id="7").entered_at.month == 4
        assert again.counts["created"] == 1

    def test_what_is_loaded_twice_says_so_of_every_line(self, client):
        loaded(client, CSV)
        again = loaded(client, CSV)
        outcome = client.get(page(again, "outcome")).content.decode("utf-8-sig")
        assert '2,"stands already, left as it is"' in outcome
        assert '3,"stands already, left as it is"' in outcome


class TestException:
    def test_rows_that_an_exception_lets_in_name_it(self, client, cast):
        close_through(dt.date(2025, 12, 31))
        said = {"record_type": "customer", "until": NOW + days(3), "why": "2024 back-fill"}
        made = add_exception(to=cast.administrator, by=cast.root, channel="web", clock=clock, **said)
        draft = begun(client, "name,created date\nOld,2024-03-07 14:05\nNew,2026-02-01\n")
        check(client, draft)
        shown = text(client.get(page(draft, "rows")))
        assert "Import 2 rows" in shown
        assert "2024 back-fill" in shown
        client.post(page(draft, "load"))
        named = {row.name: row.exception_id for row in Customer.history.all()}
        assert named == {"Old": made.pk, "New": None}


class TestTyped:
    FAULTY = "name,created date\nA,2024-03-04\nB,2024-13-04\nC,2027-02-01\n"

    def test_skipping_does_not_drop_what_was_typed(self, client):
        draft = begun(client, self.FAULTY)
        check(client, draft, f1="iso")
        sent = {"skip": "yes", "r3-1": "2024-12-04", "r4-1": "2027-02-01"}
        assert client.post(page(draft, "load"), sent)["Location"] == page(draft, "rows")
        assert not Customer.objects.exists()
        shown = text(client.get(page(draft, "rows")))
        assert "What you typed is kept" in shown
        assert "Import 2 rows, skip 1" in shown
        client.post(page(draft, "load"), {"skip": "yes", "r4-1": "2027-02-01"})
        assert set(Customer.objects.values_list("name", flat=True)) == {"A", "B"}


class TestSaid:
    @pytest.mark.parametrize("data", [CSV, WITH_IDS], ids=["without ids", "with ids"])
    def test_a_file_that_was_loaded_before_says_by_whom_and_when(self, client, cast, sign_in, data):
        batch = loaded(client, data).batch
        draft = begun(client, data)
        check(client, draft)
        for name in ("columns", "rows"):
            shown = text(client.get(page(draft, name)))
            assert "This file was loaded before, by Administrator" in shown
            assert reverse("records:batch_detail", args=[batch.pk]) in shown
        other = sign_in(cast.manager)
        theirs = begun(other, data)
        check(other, theirs)
        shown = text(other.get(page(theirs, "rows")))
        assert "This file was loaded before" in shown
        assert (reverse("records:batch_detail", args=[batch.pk]) in shown) is (
            other.get(reverse("records:batch_detail", args=[batch.pk])).status_code == 200
        )
        assert Batch.objects.count() == 1


class TestRights:
    FAULTY = "name,created date\nA,2024-03-04\nB,2027-02-01\n"

    @pytest.mark.parametrize("skip", [{}, {"skip": "yes", "ready": "1"}], ids=["whole", "skipping"])
    @pytest.mark.parametrize("right", ["import_records", "add_customer"])
    def test_a_right_that_was_revoked_since_the_trial_refuses(self, client, cast, skip, right):
        draft = begun(client, self.FAULTY if skip else CSV)
        check(client, draft)
        assert "Import " in text(client.get(page(draft, "rows")))
        for group in cast.administrator.groups.all():
            group.permissions.remove(*group.permissions.filter(codename=right))
        client.post(page(draft, "load"), skip)
        assert not Customer.objects.exists()
        draft.refresh_from_db()
        assert draft.state == "draft"

    def test_a_right_that_was_revoked_before_the_worker_came_refuses(self, client, cast):
        draft = begun(client, "name,created date\n" + "".join(f"A {n},2024-03-04\n" for n in range(501)))
        check(client, draft)
        client.post(page(draft, "load"))
        for group in cast.administrator.groups.all():
            group.permissions.remove(*group.permissions.filter(codename="import_records"))
        assert "refused" in run_next(clock).result
        assert not Customer.objects.exists()
        assert client.get(page(draft, "outcome")).status_code == 403

    def test_a_period_closed_since_the_trial_is_not_skipped_unsaid(self, client):
        draft = begun(client, "name,created date\nA,2024-03-04\nB,2026-02-01\nC,2027-02-01\n")
        check(client, draft)
        assert "Import 2 rows, skip 1" in text(client.get(page(draft, "rows")))
        close_through(dt.date(2025, 12, 31))
        refused = client.post(page(draft, "load"), {"skip": "yes", "ready": "2"})
        assert refused.status_code == 422
        assert not Customer.objects.exists()
        assert "Import 1 row, skip 2" in text(refused)
        client.post(page(draft, "load"), {"skip": "yes", "ready": "1"})
        assert [c.name for c in Customer.objects.all()] == ["B"]

    def test_anothers_private_mapping_is_neither_used_nor_known(self, client, cast, sign_in):
        draft = begun(client, CSV)
        check(client, draft, action="keep", name="Mine alone")
        kept = Mapping.objects.get()
        other = sign_in(cast.manager)
        theirs = begun(other, "seit,Firma\n2024-03-05,B\n")
        assert "Mine alone" not in text(other.get(page(theirs, "columns")))
        check(other, theirs, action="use", mapping=str(kept.pk))
        theirs.refresh_from_db()
        assert "entered_at" not in theirs.settings["columns"].values()
        assert other.post(reverse("records:import_mapping_remove", args=[kept.pk])).status_code == 404
        seller = sign_in(cast.owner)
        assert seller.post(reverse("records:import_mapping_remove", args=[kept.pk])).status_code == 404
        assert Mapping.objects.exists()


class TestHistory:
    def test_an_old_history_promises_no_undo_and_is_brought_in_once(self, client, cast):
        record = make.customer(cast.owner, name="Zeta")
        data = f"nr,what,from,to,at,by\n{record.number},Phone,1,2,2024-03-04 10:00,Old Hand\n"
        columns = {f"c{n}": name for n, name in enumerate(("record", "field", "old", "new", "when", "who"))}
        for seen in ("The trail is only added to, so they stay.", "What the file says stands already."):
            draft = begun(client, data, "h.csv", "history")
            check(client, draft, record_type="customer")
            assert check(client, draft, **columns).status_code == 302
            assert "Their entry times come from the file" not in text(client.get(page(draft, "rows")))
            client.post(page(draft, "load"))
            shown = text(client.get(page(draft, "result")))
            assert seen in shown
            assert "taken back" not in shown
        assert record.history.filter(brought_in_at=NOW).count() == 1


class TestNumbers:
    def test_the_other_decimal_mark_never_makes_another_number(self, client):
        data = 'name,amount\nA,"12,50"\nB,"1,234.5"\nC,"1.234,50"\n'
        draft = begun(client, data, "o.csv", "opportunity")
        assert check(client, draft, no_customer="none").status_code == 302
        shown = text(client.get(page(draft, "rows")))
        assert "“12,50” is not a number whose decimal mark is “.”." in shown
        assert "Import 1 row, skip 2" in shown
        check(client, draft, no_customer="none", decimal=",")
        client.post(page(draft, "load"), {"skip": "yes"})
        amounts = dict(Opportunity.objects.values_list("name", "amount"))
        assert amounts == {"A": Decimal("12.50"), "C": Decimal("1234.50")}
