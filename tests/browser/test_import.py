"""An import in a real browser: a file, a row to fix, the load, and its undo."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from records.models import Customer
from tests.browser import axe, pages

pytestmark = pytest.mark.browser
CSV = b"name,created date\nKestrel Analytics,2024-03-07 14:05\nBlue Harbour,2024-13-01 09:00\n"
FILE = {"name": "customers.csv", "mimeType": "text/csv", "buffer": CSV}


def test_a_file_is_chosen_mended_loaded_and_taken_back(window, view, cast, faults):
    page, found = window(view, as_=cast.administrator, reduced_motion="reduce"), []
    faults.mean(422)

    def look(where):
        found.extend(axe.findings(page, where))
        assert pages.overflow(page) == 0

    page.goto("/")
    pages.go_by_menu(page, "Import")
    look("list")
    page.get_by_label("Drop a CSV or Excel file here").set_input_files(FILE)
    page.get_by_label("Each row is").select_option(label="Customer")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("“created date” becomes the entry time.")).to_be_visible()
    look("columns")
    page.get_by_role("button", name="Check the rows").click()
    expect(page.get_by_text("No date format fits all values")).to_be_visible()
    look("asked")
    page.get_by_label("Written as, for created date").select_option("iso")
    page.get_by_role("button", name="Check the rows").click()
    typed = page.get_by_label("created date, row 3")
    expect(typed).to_have_value("2024-13-01 09:00")
    expect(page.get_by_role("button", name="Import 1 row, skip 1")).to_be_visible()
    look("rows")
    typed.fill("2024-12-01 09:00")
    page.get_by_role("button", name="Fix and check again").click()
    page.get_by_role("button", name="Import 2 rows").click()
    expect(page.get_by_role("heading", name="Loaded")).to_be_visible()
    look("result")
    assert Customer.objects.live().count() == 2
    page.get_by_role("link", name="See the batch, or undo").click()
    page.get_by_label("Reason").fill("Wrong file")
    page.get_by_role("button", name="Undo 2 changes").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo").click()
    expect(pages.toast(page)).to_contain_text("2 changes are taken back.")
    assert Customer.objects.live().count() == 0
    assert found == []
