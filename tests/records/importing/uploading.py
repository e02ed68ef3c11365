"""Imports over HTTP, in short words."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from records.models import Import

FORM = {"decimal": ".", "double": "", "existing": "skip", "duplicates": "show", "blank": "moment", "action": "check"}
CSV = "name,created date,owner\nKestrel Analytics,2024-03-07 14:05,\nBlue Harbour,2024-02-01,\n"


def upload(client: Any, data: str | bytes, name: str = "customers.csv", record_type: str = "customer") -> Any:
    """Choose a file; gives the response."""
    data = data.encode() if isinstance(data, str) else data
    file = SimpleUploadedFile(name, data)
    return client.post(reverse("records:import_list"), {"file": file, "record_type": record_type})


def begun(client: Any, data: str | bytes, name: str = "customers.csv", record_type: str = "customer") -> Import:
    """Choose a file; gives the draft."""
    response = upload(client, data, name, record_type)
    assert response.status_code == 302, response.content.decode()
    return Import.objects.latest("pk")


def page(draft: Import, name: str) -> str:
    """The address of a page of it."""
    return reverse(f"records:import_{name}", args=[draft.pk])


def said(draft: Import, **more: Any) -> dict[str, Any]:
    """What the form of its columns would send as it stands."""
    held = draft.settings
    data = FORM | {"record_type": draft.record_type, "zone": held["zone"], "header_row": held["header_row"]}
    data |= {f"c{place}": name for place, name in held["columns"].items()}
    data |= {f"f{place}": form for place, form in held["formats"].items()}
    data |= {name: held[name] for name in ("sheet", "encoding", "delimiter") if held[name]}
    return data | more


def check(client: Any, draft: Import, **more: Any) -> Any:
    """Press "Check the rows"."""
    draft.refresh_from_db()
    return client.post(page(draft, "columns"), said(draft, **more))


def workbook(**sheets: list[list[Any]]) -> bytes:
    """An Excel file."""
    book, out = Workbook(), BytesIO()
    del book["Sheet"]
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(out)
    return out.getvalue()
