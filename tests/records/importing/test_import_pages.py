"""Importing on the pages: a file, its columns, its rows, the load; what is asked, and what is stored."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from audit.jobs import run_next
from audit.models import Job
from records.models import Batch, Customer, Import, ImportFile, Mapping, Opportunity
from tests import cast as make
from tests.cast import NOW, clock, close_through
from tests.records.importing.uploading import CSV, begun, check, page, upload, workbook

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def client(cast, sign_in):
    return sign_in(cast.administrator)


def text(response):
    return response.content.decode()


class TestFile:
    def test_a_csv_is_recognised_checked_and_loaded(self, client, cast):
        draft = begun(client, CSV)
        shown = text(client.get(page(draft, "columns")))
        assert "“created date” becomes the entry time." in shown
        assert "2024-03-07 14:05" in shown
        assert check(client, draft)["Location"] == page(draft, "rows")
        rows = text(client.get(page(draft, "rows")))
        assert "Import 2 rows" in rows
        assert "2024-02-01 00:00" in rows
        assert not Customer.objects.exists()
        assert client.post(page(draft, "load"))["Location"] == page(draft, "result")
        draft.refresh_from_db()
        assert draft.state == "done"
        assert set(Customer.objects.values_list("name", flat=True)) == {"Kestrel Analytics", "Blue Harbour"}
        stored = Customer.objects.get(name="Kestrel Analytics")
        assert stored.entered_at == dt.datetime(2024, 3, 7, 14, 5, tzinfo=SHANGHAI)
        assert stored.recorded_at == NOW
        assert stored.owner == cast.administrator
        result = text(client.get(page(draft, "result")))
        assert reverse("records:batch_detail", args=[draft.batch_id]) in result
        assert client.get(reverse("records:batch_detail", args=[draft.batch_id])).status_code == 200
        outcome = client.get(page(draft, "outcome")).content.decode("utf-8-sig")
        assert "2,created,C-" in outcome

    def test_the_upload_goes_with_the_load_and_its_digest_stays(self, client):
        draft = begun(client, CSV)
        assert ImportFile.objects.get().what == "file"
        check(client, draft)
        client.post(page(draft, "load"))
        assert ImportFile.objects.get().what == "outcome"
        assert Import.objects.get().digest[:16] in text(client.get(page(draft, "result")))

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            (b"", "The file is empty."),
            (b"PK\x03\x04nonsense", "damaged"),
            (b"<html><table></table></html>", "web page"),
            (b"%PDF-1.7 x", "neither a table of text nor an Excel file"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "password"),
        ],
    )
    def test_a_hostile_file_is_refused_and_nothing_is_kept(self, client, data, sentence):
        response = upload(client, data, "x.xlsx")
        assert response.status_code == 422
        assert sentence in text(response)
        assert not Import.objects.exists()

    def test_too_large_a_file_is_refused(self, client):
        response = upload(client, b"a,b\n" + b"x" * 20_000_001)
        assert response.status_code == 422
        assert "larger than 20 MB" in text(response)
        assert not ImportFile.objects.exists()

    def test_a_request_far_too_large_is_not_read(self, client):
        class Unread:
            def read(self, *size):
                raise AssertionError("it was read")

            readline = read

        response = client.generic(
            "POST",
            reverse("records:import_list"),
            content_type="multipart/form-data; boundary=x",
            CONTENT_LENGTH=str(900_000_000),
            **{"wsgi.input": Unread()},
        )
        assert response.status_code == 413
        assert "20 MB" in text(response)

    def test_no_file_is_asked_for(self, client):
        response = client.post(reverse("records:import_list"), {"record_type": "customer"})
        assert response.status_code == 422
        assert "Choose a file." in text(response)

    def test_a_template_is_recognised_again(self, client):
        for kind in ("customer", "opportunity", "followup", "contract", "contact"):
            data = client.get(reverse("records:import_template", args=[kind])).content
            draft = begun(client, data + b"x\n", f"{kind}.csv", kind)
            assert len(draft.settings["columns"]) > 2, kind

    def test_a_draft_is_removed_with_its_file(self, client):
        draft = begun(client, CSV)
        client.post(page(draft, "delete"))
        assert not ImportFile.objects.exists()


class TestColumns:
    def test_a_sheet_is_chosen(self, client):
        book = workbook(
            Notes=[["To whom it may concern"]], Data=[["name", "created date"], ["Zeta", dt.datetime(2024, 5, 1, 9)]]
        )
        draft = begun(client, book, "c.xlsx")
        assert 'value="Data"' in text(client.get(page(draft, "columns")))
        data = {
            "sheet": "Data",
            "header_row": "1",
            "zone": "Europe/London",
            "record_type": "customer",
            "action": "read",
        }
        client.post(page(draft, "columns"), data)
        assert check(client, draft)["Location"] == page(draft, "rows")
        client.post(page(draft, "load"))
        assert Customer.objects.get().entered_at == dt.datetime(2024, 5, 1, 8, tzinfo=dt.UTC)

    def test_salesforce_is_recognised(self, client):
        data = (
            "Id,Name,Industry,CreatedDate,OwnerId,IsDeleted,SystemModstamp\n"
            "0015g00000AbCdE,Acme,Technology,2024-01-03T01:15:00.000Z,,false,2024-01-03T01:15:00.000Z\n"
        )
        draft = begun(client, data, "Account.csv", "")
        assert draft.record_type == "customer"
        shown = text(client.get(page(draft, "columns")))
        assert "Salesforce" in shown
        assert "“CreatedDate” becomes the entry time." in shown

    def test_what_is_put_behind_may_stand_before(self, client):
        data = "Id,Name,BillingCity,BillingStreet,SystemModstamp\n1,Acme,Lyon,Rue A 1,2024-01-03T01:15:00.000Z\n"
        draft = begun(client, data, "Account.csv", "customer")
        assert set(draft.settings["columns"].values()) >= {"address", "address+"}
        assert check(client, draft).status_code == 302
        client.post(page(draft, "load"))
        assert Customer.objects.get().address == "Rue A 1 Lyon"

    def test_a_chinese_sheet_is_recognised_and_loaded(self, client):
        data = "客户名称,联系人,电话,录入日期\n长沙星辰软件,刘洋,0731 8226 1170,2024/3/7 14:05\n".encode("gb18030")
        draft = begun(client, data, "客户.csv")
        assert check(client, draft)["Location"] == page(draft, "rows")
        client.post(page(draft, "load"))
        assert Customer.objects.get().entered_at == dt.datetime(2024, 3, 7, 14, 5, tzinfo=SHANGHAI)

    def test_a_customer_without_a_contact_is_loaded_beside_one_with(self, client):
        draft = begun(client, "客户名称,联系人,手机\n长沙星辰软件,刘洋,138\n合肥天健医药,,\n", "客户.csv")
        check(client, draft)
        client.post(page(draft, "load"))
        assert {c.name: c.contacts.count() for c in Customer.objects.all()} == {"长沙星辰软件": 1, "合肥天健医药": 0}

    def test_day_and_month_are_asked_about_and_a_wrong_format_stores_nothing(self, client):
        draft = begun(client, "name,created date\nA,03/04/2024\nB,05/06/2024\n")
        response = check(client, draft)
        assert response.status_code == 422
        assert "can be read in several ways" in text(response)
        assert client.post(page(draft, "load"))["Location"] == page(draft, "columns")
        draft.refresh_from_db()
        draft.state = "draft"
        wrong = check(client, draft, f1="iso")
        assert wrong.status_code == 422
        assert not Customer.objects.exists()
        assert check(client, draft, f1="d/m/Y").status_code == 302
        client.post(page(draft, "load"))
        assert Customer.objects.get(name="A").entered_at == dt.datetime(2024, 4, 3, tzinfo=SHANGHAI)

    def test_rows_without_a_time_are_asked_about(self, client):
        draft = begun(client, "name,created date\nA,2024-03-04\nB,\n")
        response = check(client, draft, blank="")
        assert response.status_code == 422
        assert "Choose what they get" in text(response)
        assert check(client, draft, blank="moment").status_code == 302

    def test_the_hour_shown_twice_is_asked_about_once(self, client):
        draft = begun(client, "name,created date\nA,2024-11-03 01:30\nB,2024-11-03 01:40\n")
        response = check(client, draft, zone="America/New_York")
        assert response.status_code == 422
        assert "showed “2024-11-03 01:30” twice" in text(response)
        assert check(client, draft, zone="America/New_York", double="later").status_code == 302
        client.post(page(draft, "load"))
        assert Customer.objects.get(name="A").entered_at == dt.datetime(2024, 11, 3, 6, 30, tzinfo=dt.UTC)

    def test_words_and_owners_are_asked_about_with_a_suggestion(self, client, cast):
        data = "name,stage,owner\nA,Negotiatin,Ownr\nB,Frozen,Ownr\n"
        draft = begun(client, data, "o.csv", "opportunity")
        response = check(client, draft, no_customer="none")
        assert response.status_code == 422
        shown = text(response)
        assert "Negotiatin" in shown
        draft.refresh_from_db()
        asked = draft.settings["asked"]
        assert asked["owners"] == [["Ownr", 2, cast.owner.pk]]
        answers = {f"v{n}": near or "lost" for n, (_f, _t, _r, near) in enumerate(asked["values"])}
        response = check(client, draft, no_customer="none", o0=str(cast.owner.pk), **answers)
        assert response.status_code == 302, text(response)
        client.post(page(draft, "load"))
        assert {o.stage for o in Opportunity.objects.all()} == {"negotiation", "lost"}
        assert {o.owner for o in Opportunity.objects.all()} == {cast.owner}

    def test_what_is_typed_survives_an_error(self, client):
        draft = begun(client, "name,created date,x\nA,03/04/2024,1\n")
        shown = text(check(client, draft, c2="note", zone="Europe/Paris", decimal=","))
        assert '<option value="note" selected>' in shown
        assert '<option value="Europe/Paris" selected>' in shown

    def test_settings_are_kept_shared_and_used_again(self, client, cast, sign_in):
        draft = begun(client, "Firma,seit\nA,2024-03-04\n", "a.csv")
        data = {"action": "keep", "name": "Old list", "shared": "on", "c0": "name", "c1": "entered_at"}
        assert check(client, draft, **data).status_code == 302
        kept = Mapping.objects.get()
        other = sign_in(cast.manager)
        again = begun(other, "seit,Firma\n2024-03-05,B\n", "b.csv")
        assert "Old list" in text(other.get(page(again, "columns")))
        assert check(other, again, action="use", mapping=str(kept.pk)).status_code == 302
        again.refresh_from_db()
        assert again.settings["columns"] == {"0": "entered_at", "1": "name"}
        assert other.post(reverse("records:import_mapping_remove", args=[kept.pk])).status_code == 404

    def test_a_mapping_needs_a_name(self, client):
        draft = begun(client, CSV)
        response = check(client, draft, action="keep")
        assert response.status_code == 422
        assert "Write a name to find them by." in text(response)


class TestRows:
    FAULTY = "name,created date\nA,2024-03-04\nB,2024-13-04\nC,2027-02-01\n"

    def faulty(self, client):
        draft = begun(client, self.FAULTY)
        assert check(client, draft, f1="iso").status_code == 302
        return draft

    def test_errors_are_mended_in_place_and_loaded(self, client):
        draft = self.faulty(client)
        shown = text(client.get(page(draft, "rows")))
        assert 'name="r3-1"' in shown
        assert "2024-13-04" in shown
        refused = client.post(page(draft, "load"))
        assert refused.status_code == 422
        assert "Nothing was stored." in text(refused)
        assert not Customer.objects.exists()
        assert client.post(page(draft, "rows"), {"r3-1": "2024-12-04", "r4-1": "2027-02-01"}).status_code == 302
        shown = text(client.get(page(draft, "rows")))
        assert 'name="r3-1"' not in shown
        client.post(page(draft, "rows"), {"r4-1": "2026-02-01"})
        client.post(page(draft, "load"))
        assert Customer.objects.count() == 3
        assert Customer.objects.get(name="B").entered_at == dt.datetime(2024, 12, 4, tzinfo=SHANGHAI)

    def test_faulty_rows_are_skipped_only_by_choice(self, client):
        draft = self.faulty(client)
        assert "Import 1 row, skip 2" in text(client.get(page(draft, "rows")))
        client.post(page(draft, "load"), {"skip": "yes"})
        assert [c.name for c in Customer.objects.all()] == ["A"]
        draft.refresh_from_db()
        assert (draft.counts["created"], draft.counts["refused"]) == (1, 2)
        outcome = client.get(page(draft, "outcome")).content.decode("utf-8-sig")
        assert "3,refused" in outcome

    def test_rows_are_left_out_and_brought_back(self, client):
        draft = self.faulty(client)
        client.post(page(draft, "rows"), {"out": ["3", "4"]})
        assert "2 rows are left out." in text(client.get(page(draft, "rows")))
        client.post(page(draft, "rows"), {"action": "back"})
        assert "Import 1 row, skip 2" in text(client.get(page(draft, "rows")))

    def test_faulty_rows_are_downloaded(self, client):
        draft = self.faulty(client)
        table = client.get(page(draft, "faulty")).content.decode("utf-8-sig")
        assert "B,2024-13-04,3," in table
        assert "A,2024-03-04" not in table

    def test_a_closed_period_names_who_can_except(self, client, cast):
        close_through(dt.date(2025, 12, 31))
        draft = begun(client, CSV)
        check(client, draft)
        shown = text(client.get(page(draft, "rows")))
        assert "Closed through 2025-12-31" in shown
        assert "An exception is made by" in shown
        assert "Administrator" in shown

    def test_sent_twice_it_is_loaded_once(self, client):
        draft = begun(client, CSV)
        check(client, draft)
        client.post(page(draft, "load"))
        assert client.post(page(draft, "load"))["Location"] == page(draft, "result")
        assert Customer.objects.count() == 2
        again = begun(client, CSV)
        check(client, again)
        assert "This file was loaded before" in text(client.get(page(again, "rows")))
        client.post(page(again, "load"))
        assert Customer.objects.count() == 2
        assert Batch.objects.count() == 1


class TestLarge:
    def large(self, client, rows=600):
        lines = "".join(f"Customer {n},2024-03-04\n" for n in range(rows))
        draft = begun(client, "name,created date\n" + lines)
        assert check(client, draft).status_code == 302
        return draft

    def test_the_worker_loads_a_large_file(self, client):
        draft = self.large(client)
        client.post(page(draft, "load"))
        shown = text(client.get(page(draft, "result")))
        assert "The import waits for the worker" in shown
        assert not Customer.objects.exists()
        assert client.get(page(draft, "rows")).status_code == 302
        assert run_next(clock).state == "done"
        assert Customer.objects.count() == 600
        assert client.get(page(draft, "progress")).headers["HX-Refresh"] == "true"
        assert "Loaded" in text(client.get(page(draft, "result")))

    def test_without_a_worker_the_page_says_so(self, client, at_now):
        draft = self.large(client)
        client.post(page(draft, "load"))
        at_now.move_to(NOW + dt.timedelta(minutes=5))
        assert "No worker takes this up." in text(client.get(page(draft, "result")))

    def test_stopped_before_it_began_it_can_be_loaded_again(self, client):
        draft = self.large(client)
        client.post(page(draft, "load"))
        client.post(page(draft, "stop"))
        assert run_next(clock) is None
        assert "The import was stopped. Nothing was stored." in text(client.get(page(draft, "result")))
        client.post(page(draft, "load"))
        run_next(clock)
        assert Customer.objects.count() == 600

    def test_a_large_trial_is_work_too(self, client):
        draft = self.large(client, 2_001)
        assert "The trial waits for the worker" in text(client.get(page(draft, "rows")))
        run_next(clock)
        assert not Customer.objects.exists()
        assert "Import 2,001 rows" in text(client.get(page(draft, "rows")))
        client.post(page(draft, "load"))
        run_next(clock)
        assert Customer.objects.count() == 2_001

    def test_taken_up_again_it_is_loaded_once(self, client):
        draft = self.large(client)
        client.post(page(draft, "load"))
        run_next(clock)
        job = Job.objects.get(kind="import")
        job.state, job.beat_at = "running", NOW - dt.timedelta(minutes=5)
        job.save()
        assert run_next(clock).state == "done"
        assert Customer.objects.count() == 600
        assert Batch.objects.count() == 1


class TestMore:
    def test_contacts_and_changes_are_loaded(self, client, cast):
        customer = make.customer(cast.owner, name="Zeta")
        draft = begun(client, "name,customer,phone\nMs Zhou,Zeta,123\n", "k.csv", "contact")
        assert check(client, draft).status_code == 302
        client.post(page(draft, "load"))
        assert customer.contacts.get().name == "Ms Zhou"
        data = f"nr,what,from,to,at,by\n{customer.number},Phone,1,2,2024-03-04 10:00,Old Hand\n"
        draft = begun(client, data, "h.csv", "history")
        columns = {"c0": "record", "c1": "field", "c2": "old", "c3": "new", "c4": "when", "c5": "who"}
        response = check(client, draft, record_type="customer")
        assert response.status_code == 302
        response = check(client, draft, **columns)
        assert response["Location"] == page(draft, "rows"), text(response)
        client.post(page(draft, "load"))
        assert customer.history.filter(actor_name__contains="Old Hand").exists()

    def test_an_import_is_its_makers_alone(self, client, cast, sign_in):
        draft = begun(client, CSV)
        other = sign_in(cast.manager)
        for name in ("columns", "rows", "faulty", "result", "progress", "outcome"):
            assert other.get(page(draft, name)).status_code == 404
        for name in ("load", "stop", "delete"):
            assert other.post(page(draft, name)).status_code == 404
        assert draft.name not in text(other.get(reverse("records:import_list")))

    def test_who_may_not_import_is_told(self, cast, sign_in):
        seller = sign_in(cast.owner)
        assert seller.get(reverse("records:import_list")).status_code == 403
        assert "/import/" not in text(seller.get("/"))
        assert "/import/" in text(sign_in(cast.manager).get("/"))
