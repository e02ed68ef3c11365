"""A record on paper says whether its entry time is the one first recorded; its history stays when it is archived."""

from __future__ import annotations

import re

import pytest

from records.services.records import archive_record
from tests import cast as make
from tests.audit.test_trail_list import later, move
from tests.cast import NOW, days

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


def printed(client, address: str) -> str:
    """What stands on paper alone."""
    found = re.findall(r'<p class="print-only">(.*?)</p>', client.get(address).content.decode(), re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", " ".join(found))).strip()


@pytest.mark.parametrize("address", ["/customers/{}/", "/customers/{}/edit/", "/customers/{}/history/"])
def test_first_recorded_and_how_often(cast, sign_in, address):
    customer = make.customer(cast.owner)
    client, address = sign_in(cast.auditor), address.format(customer.pk)
    assert printed(client, address) == ""
    move(customer, cast.manager, back=1, at=later(1))
    assert printed(client, address).startswith(
        "Entry time changed since first recorded. First recorded 2026-03-18 14:32, "
        "originally entered as of 2026-03-18 14:32, now 2026-03-17 14:32. Changed once."
    )
    move(customer, cast.manager, back=2, at=later(2))
    assert "now 2026-03-16 14:32. Changed 2 times. Asia/Shanghai (UTC+8)" in printed(client, address)


def test_other_types_and_archived_ones(cast, sign_in):
    customer = make.customer(cast.owner)
    call = make.follow_up(cast.owner, customer)
    move(call, cast.manager, back=1, at=later(1))
    call.refresh_from_db()
    archive_record(
        record=call,
        seen_version=call.version,
        by=cast.owner,
        reason="",
        note="Twice",
        channel="web",
        clock=lambda: NOW + days(0.1),
    )
    client = sign_in(cast.auditor)
    assert "Changed once." in printed(client, f"/follow-ups/{call.pk}/")
    history = client.get(f"/follow-ups/{call.pk}/history/").content.decode()
    assert "Archived" in history
    assert f'href="/trail/?record=followup:{call.pk}"' in history
    rows = client.get(f"/trail/?record=followup:{call.pk}").content.decode()
    assert rows.count('<tr role="row"') == 4  # the head, entered, moved, archived
    assert "/trail/" not in sign_in(cast.owner).get(f"/follow-ups/{call.pk}/history/").content.decode()
