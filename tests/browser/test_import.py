"""An import in a real browser: a file, a row to fix, the load, and its undo; in both languages."""

from __future__ import annotations

import re

import pytest
from django.utils.translation import gettext, ngettext, override, pgettext
from playwright.sync_api import expect

from records.models import Customer
from tests.browser import axe, pages

pytestmark = pytest.mark.browser
CSV = b"name,created date\nKestrel Analytics,2024-03-07 14:05\nBlue Harbour,2024-13-01 09:00\n"
FILE = {"name": "customers.csv", "mimeType": "text/csv", "buffer": CSV}
HAN = re.compile("[\u4e00-\u9fff]")


class Words:
    """The words of the pages in one language."""

    def __init__(self, language):
        self.language = language

    def __call__(self, text, context="", **params):
        with override(self.language):
            said = pgettext(context, text) if context else gettext(text)
        return (said if self.language == "en" else self.translated(text, said)) % params

    def many(self, one, more, count, /, **params):
        """A sentence whose noun is counted."""
        with override(self.language):
            return ngettext(one, more, count) % params

    @staticmethod
    def translated(text, said):
        """A page that speaks Chinese has no English words left."""
        assert HAN.search(said), f"no Chinese for {text!r}"
        return said


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_file_is_chosen_mended_loaded_and_taken_back(window, view, cast, faults, language):
    cast.administrator.language = language
    cast.administrator.save(update_fields=["language"])
    page, found, say = window(view, as_=cast.administrator, reduced_motion="reduce"), [], Words(language)
    faults.mean(422)

    def look(where):
        found.extend(axe.findings(page, where))
        assert pages.overflow(page) == 0

    def press(name):
        page.get_by_role("button", name=name, exact=True).locator("visible=true").last.click()

    page.goto("/import/")
    expect(page.locator("html")).to_have_attribute("lang", "en" if language == "en" else "zh-Hans")
    look("list")
    page.get_by_label(say("Drop a CSV or Excel file here")).set_input_files(FILE)
    page.get_by_label(say("Each row is")).select_option("customer")
    press(say("Go on", "button"))
    expect(page.get_by_text(say("“%(column)s” becomes the entry time.", column="created date"))).to_be_visible()
    look("columns")
    press(say("Check the rows"))
    expect(page.locator("#id_f1_error")).to_be_visible()
    look("asked")
    page.get_by_label(say("Written as, for %(column)s", column="created date")).select_option("iso")
    press(say("Check the rows"))
    typed = page.get_by_label(say("%(label)s, row %(line)s", label="created date", line=3))
    expect(typed).to_have_value("2024-13-01 09:00")
    skip = say.many("Import %(ready)s row, skip %(skip)s", "Import %(ready)s rows, skip %(skip)s", 1, ready=1, skip=1)
    expect(page.get_by_role("button", name=skip)).to_be_visible()
    look("rows")
    typed.fill("2024-12-01 09:00")
    page.get_by_role("button", name=skip).click()  # what was typed is not dropped
    assert not Customer.objects.exists()
    press(say.many("Import %(ready)s row", "Import %(ready)s rows", 2, ready=2))
    expect(page.get_by_role("heading", name=say("Loaded"))).to_be_visible()
    look("result")
    assert Customer.objects.live().count() == 2
    page.get_by_role("link", name=say("See the batch, or undo")).click()
    page.get_by_label(say("Reason")).fill("Wrong file")
    page.get_by_role("button", name=say.many("Undo %(n)s change", "Undo %(n)s changes", 2, n=2)).click()
    page.get_by_role("dialog").get_by_role("button", name=say("Undo", "button"), exact=True).click()
    expect(pages.toast(page)).to_contain_text(
        say.many("%(n)d change is taken back.", "%(n)d changes are taken back.", 2, n=2)
    )
    assert Customer.objects.live().count() == 0
    assert found == []


def test_enter_in_a_row_to_fix_checks_and_never_loads(window, cast, faults):
    page = window("desk", as_=cast.administrator)
    faults.mean(422)
    page.goto("/import/")
    page.get_by_label("Drop a CSV or Excel file here").set_input_files(FILE)
    page.get_by_label("Each row is").select_option("customer")
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Check the rows").last.click()
    page.get_by_label("Written as, for created date").select_option("iso")
    page.get_by_role("button", name="Check the rows").last.click()
    page.get_by_label("created date, row 3").press("Enter")
    page.wait_for_load_state()
    expect(page.get_by_role("button", name="Import 1 row, skip 1")).to_be_visible()
    assert not Customer.objects.exists()
