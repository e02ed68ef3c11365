"""Files that mean harm: their names, what is in them, and what comes out of Redate again in pages, files and mails."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from crm.notice_mails import compose
from records.models import Customer, Import, ImportFile, Notice, ProofFile, TimeRequest
from tests import cast as make
from tests.cast import NOW
from tests.records.importing.uploading import begun, check, page, upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
TAG = "<script>alert(1)</script>"
NAME = f'x" onload="a{TAG}.csv'
FORMULA = '=HYPERLINK("http://evil.example";"x")'
SIGNS = ("=1+1", "+1+1|x", "-1+1|x", "@SUM(1)", "\t=1+1", "\r=1+1", "＝1+1")


def pages(client: Any, *addresses: str) -> str:
    """All these pages; each opens."""
    found = ""
    for each in addresses:
        response = client.get(each)
        assert response.status_code == 200, each
        found += response.content.decode()
    return found


def test_names_of_files_and_records_are_text_on_every_page(cast, sign_in):
    client = sign_in(cast.manager)
    draft = begun(client, f"name,note,owner\n{TAG},{FORMULA},nobody {TAG}\nGood,,\n", NAME)
    found = pages(client, "/import/", page(draft, "columns"))
    check(client, draft)
    draft.refresh_from_db()
    found += client.post(page(draft, "columns"), {}).content.decode()
    check(client, draft, o0=str(cast.owner.pk))
    found += pages(client, page(draft, "rows"))
    client.post(page(draft, "load"))
    draft.refresh_from_db()
    assert draft.state == Import.State.DONE
    made = Customer.objects.get(note=FORMULA)
    auditor, row = sign_in(cast.auditor), made.history.get()
    found += pages(
        client, page(draft, "result"), "/batches/", f"/batches/{draft.batch_id}/", "/customers/", "/search/?q=alert"
    )
    found += pages(
        client, *(f"/customers/{made.pk}/{each}" for each in ("", "edit/", "history/", "request/", "access/"))
    )
    found += pages(auditor, "/trail/", f"/trail/customer/{row.pk}/", f"/trail/customer/{row.pk}/as-it-was/", "/review/")
    assert TAG not in found
    assert 'onload="a' not in found
    assert "&lt;script&gt;" in found


def test_a_mail_says_names_and_words_as_text_and_on_one_line(cast):
    call = make.follow_up(cast.owner, make.customer(cast.owner), summary=f"{TAG}\r\nBcc: evil@evil.example")
    words = {"kind": "changed", "record_type": "followup", "title": call.title, "words": TAG, "actor_name": TAG}
    notice = Notice.objects.create(user=cast.owner, record_id=call.pk, at=NOW, before=NOW, after=NOW, **words)
    mail: Any = compose(cast.owner, NOW.tzinfo, [notice], NOW)
    message = mail.message()
    assert mail.recipients() == [cast.owner.email]
    assert message["Bcc"] is None
    assert "\n" not in mail.subject
    assert TAG not in mail.alternatives[0].content


def cells(data: bytes) -> list[str]:
    """All texts of a CSV or Excel file, as a spreadsheet takes them; a live formula begins with its sign."""
    if data[:2] == b"PK":
        sheet = load_workbook(io.BytesIO(data)).active
        return ["=live" if cell.data_type == "f" else "" for row in sheet.iter_rows() for cell in row]
    return [cell for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")) for cell in row]


def test_no_file_that_goes_out_holds_a_live_formula(cast, sign_in):
    client, auditor = sign_in(cast.manager), sign_in(cast.auditor)
    for sign in SIGNS:
        make.customer(cast.manager, name=f"{sign} Ltd", note=sign)
    rows = [f'"{sign}","{sign} (note)",nobody' for sign in SIGNS]
    draft = begun(
        client, "\r\n".join(['name,note,"=1+1",owner', "Good,,,", *(row.replace(",n", ",x,n") for row in rows)])
    )
    check(client, draft)
    check(client, draft, o0="")
    faulty = client.get(page(draft, "faulty"))
    client.post(page(draft, "load"), {"skip": "yes"})
    picked = {"pick": list(Customer.objects.values_list("pk", flat=True)), "query": ""}
    files = [client.post("/bulk/customer/new/", {"do": kind} | picked) for kind in ("csv", "xlsx")]
    files += [auditor.post("/trail/export/", {"format": kind, "query": ""}) for kind in ("csv", "xlsx")]
    files += [client.get(page(draft, "outcome")), faulty]
    for response in files:
        assert response.status_code == 200
        data = b"".join(response.streaming_content) if response.streaming else response.content
        assert len(cells(data)) > 10
        assert not [cell for cell in cells(data) if cell.startswith(("=", "+", "-1+", "@", "\t", "\r", "＝"))]


@pytest.mark.parametrize(
    "name", ["../../etc/<b>.pdf", "C:\\x\\card.pdf", "\u202efdp|.pdf", "; rm -rf.pdf", "=cmd|' /C calc'!A0.pdf"]
)
def test_a_proof_has_a_plain_name_and_is_never_shown(cast, sign_in, name):
    call = make.follow_up(cast.owner, make.customer(cast.owner))
    data = {"version": 1, "entered_at": "2026-03-17 09:12", "why": "other", "note": "x"}
    file = SimpleUploadedFile("x", TAG.encode(), "text/html")
    file._name = name  # as a client sends it, whatever Django would make of it
    client = sign_in(cast.colleague)
    client.post(reverse("records:follow_up_request", args=[call.pk]), data | {"file": file})
    asked = TimeRequest.objects.get()
    response = client.get(reverse("records:request_proof", args=[asked.pk]))
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment")
    held = ProofFile.objects.get().name
    assert held.isprintable()
    assert not set(held) & set('/\\"<>|')


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/x-msdownload"])
def test_what_a_file_says_of_itself_counts_for_nothing(cast, sign_in, kind):
    client = sign_in(cast.manager)
    file = SimpleUploadedFile("x.exe", b"<html><script>alert(1)</script>", kind)
    response = client.post(reverse("records:import_list"), {"file": file, "record_type": "customer"})
    assert response.status_code == 422
    assert not ImportFile.objects.exists()


def test_a_file_that_is_too_large_is_refused_before_it_is_read(cast, sign_in, monkeypatch):
    client = sign_in(cast.manager)
    response = client.post("/import/", b"x", content_type="text/csv", headers={"Content-Length": "30000000"})
    assert response.status_code == 413
    monkeypatch.setattr("records.forms.importing.MAX_BYTES", 10)
    assert upload(client, "name\n" + "x" * 20).status_code == 422
    assert not Import.objects.exists()
