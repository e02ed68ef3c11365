"""Retention: nothing goes by itself; what goes is named, its leaves stay, and verify counts it as purged."""

from __future__ import annotations

import datetime as dt
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import Error, transaction

from audit import seals
from audit.models import Event, ReviewItem, SealLeaf
from audit.triggers import MAINTENANCE, switched_on
from audit.verify import run as verify
from crm.models import Role
from records.models import Contact, Customer, Notice
from records.refusals import Refused
from records.services import purging
from records.services.contacts import add_contact, update_contact
from records.services.notices import tell
from tests import cast as make
from tests.cast import NOW, clock, days
from tests.records.entering import move
from tests.records.reviewing import queued

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
WHY = "Kept for ten years, as the law asks"


def purge(*args: str, by: str = "administrator", reason: str = WHY) -> str:
    out = StringIO()
    call_command("purge", *args, "--by", by, "--reason", reason, stdout=out)
    return out.getvalue()


@pytest.fixture
def old(cast):
    """A customer with four rows of history, three of them before March."""
    customer = make.customer(cast.owner, clock=lambda: NOW - days(60))
    for number in (50, 40):
        move(customer, NOW - days(number), cast.owner, at=NOW - days(number))
    move(customer, NOW - days(1), cast.owner)
    return customer


def ids(record: Any) -> list[int]:
    return list(record.history.order_by("history_id").values_list("history_id", flat=True))


def keys_found() -> set[str]:
    """What verify finds; the people of these tests were put in past the services, which it says."""
    return {found.key for found in verify(by=None, clock=clock, keep=False).findings}


ROWS = ("rows", "--table", "customer", "--before", "2026-03-01")


# ---- old rows ----


def test_without_apply_nothing_is_changed(old):
    before = ids(old)
    assert purge(*ROWS).splitlines() == ["3 rows of customer would go.", "Nothing was changed. Say --apply to do it."]
    assert ids(old) == before
    assert not Event.objects.filter(kind="purge").exists()


def test_old_rows_go_the_last_of_everything_stays(cast, old):
    quiet = make.customer(cast.owner, clock=lambda: NOW - days(300))
    before, kept = ids(old), ids(quiet)
    assert purge(*ROWS, "--apply").splitlines() == ["3 rows of customer are gone."]
    assert ids(old) == before[3:]
    assert ids(quiet) == kept
    event = Event.objects.get(kind="purge")
    what = {"kind": "audit.historicalcustomer", "ids": before[:3], "of": [old.pk] * 3, "count": 3, "why": WHY}
    assert (event.what, event.actor_id, event.channel, event.at) == (what, cast.administrator.pk, "command", NOW)
    assert "0 rows of customer are gone." in purge(*ROWS, "--apply")
    assert Event.objects.filter(kind="purge").count() == 1


def test_the_day_is_one_of_the_company_s_zone(cast):
    midnight = dt.datetime(2026, 3, 1, tzinfo=dt.timezone(dt.timedelta(hours=8)))
    customer = make.customer(cast.owner, clock=lambda: midnight - days(1))
    move(customer, NOW - days(2), cast.owner, at=midnight)
    move(customer, NOW - days(1), cast.owner)
    assert "1 rows of customer would go." in purge(*ROWS)


def test_verify_counts_what_was_purged_and_still_finds_what_was_deleted(cast, old):
    seals.seal(clock)
    leaves, as_built = set(SealLeaf.objects.values_list("kind", "row_id")), keys_found()
    purge(*ROWS, "--apply")
    seals.seal(clock)
    assert set(SealLeaf.objects.values_list("kind", "row_id")) > leaves
    assert keys_found() == as_built
    report = verify(by=None, clock=clock, keep=False)
    assert (report.purged, report.purges) == (3, 1)
    assert "3 rows were purged explicitly" in report.sentence


def test_a_purge_hides_nothing_that_was_deleted_beside_it(cast, old):
    purge(*ROWS, "--apply")
    other = make.customer(cast.owner)
    move(other, NOW - days(1), cast.owner)
    as_built = keys_found()
    with switched_on(MAINTENANCE):  # before it is sealed, and past the command
        other.history.earliest().delete()
    assert {key.split(":")[2] for key in keys_found() - as_built} == {"versions_missing"}


def test_rows_that_wait_for_a_reviewer_stay(cast):
    customer = make.customer(cast.owner, clock=lambda: NOW - days(60))
    moved = move(customer, NOW - days(50), cast.owner, at=NOW - days(20))
    assert queued(customer).history_id == moved
    move(customer, NOW - days(1), cast.owner)
    last = ids(customer)[-1]
    said = purge(*ROWS, "--apply").splitlines()
    assert said == ["1 rows stay: their changes wait for a reviewer.", "1 rows of customer are gone."]
    assert ids(customer) == [moved, last]
    ReviewItem.objects.update(state="ok")
    assert "1 rows of customer are gone." in purge(*ROWS, "--apply")


def test_many_rows_in_several_events(cast, old, monkeypatch):
    monkeypatch.setattr("records.services.purging.taking.IDS", 2)
    before = ids(old)
    purge(*ROWS, "--apply")
    assert [event.what["ids"] for event in Event.objects.filter(kind="purge").order_by("pk")] == [
        before[:2],
        before[2:3],
    ]


def test_all_or_nothing(cast, old, monkeypatch):
    def broken(**values: Any) -> Any:
        raise RuntimeError("disk full")

    before = ids(old)
    monkeypatch.setattr("records.services.purging.taking.record_event", broken)
    with pytest.raises(RuntimeError, match="disk full"):
        purge(*ROWS, "--apply")
    assert ids(old) == before


def test_the_trail_is_append_only_again_afterwards(cast, old):
    purge(*ROWS, "--apply")
    with pytest.raises(Error), transaction.atomic():
        old.history.all().delete()
    assert old.history.count() == 1


@pytest.mark.parametrize("name", ["owner", "manager", "senior", "auditor", "outsider", "gone"])
def test_only_administrators(cast, old, name):
    before = ids(old)
    with pytest.raises(CommandError):
        purge(*ROWS, "--apply", by=name)
    assert ids(old) == before
    refused = Event.objects.get(kind="refused")
    assert (refused.what["action"], refused.actor_id) == ("purge_rows", getattr(cast, name).pk)


def test_a_renamed_role_is_still_that_of_administrators(cast, old):
    Role.objects.filter(key="administrator").update(name_en="Keepers")
    assert "3 rows" in purge(*ROWS, "--apply")


@pytest.mark.parametrize(
    ("args", "more", "said"),
    [
        (ROWS, {"reason": "short"}, "Say why, in at least 10 characters"),
        (ROWS, {"by": "nobody"}, "There is nobody called nobody"),
        (("rows", "--table", "customer", "--before", "2026-03-19"), {}, "not ahead"),
        (("rows", "--table", "customer", "--before", "soon"), {}, "a day like"),
        (("rows", "--table", "event", "--before", "2026-03-01"), {}, "invalid choice"),
        (("contact", "99"), {}, "no contact 99"),
    ],
)
def test_what_makes_no_sense_is_refused(cast, old, args, more, said):
    with pytest.raises(CommandError, match=said):
        purge(*args, "--apply", **more)
    assert old.history.count() == 4


def test_the_service_refuses_a_day_ahead(cast):
    asked = {"why": WHY, "by": cast.administrator, "channel": "command", "clock": clock}
    with pytest.raises(ValueError, match="future"):
        purging.purge_rows(history=Contact.history.model, before=NOW + days(1), **asked)


# ---- one contact ----

ASKED = "Ms Z asked for it by letter of 12 March"


@pytest.fixture
def zhou(cast):
    customer = make.customer(cast.owner, name="Kestrel Optics")
    values = {"name": "Zhou Lan", "title": "Buyer", "phone": "+86 138 0000 1111", "email": "zhou@kestrel.example"}
    values |= {"wechat": "zhoulan88", "is_main": True}
    contact = add_contact(customer=customer, values=values, by=cast.owner, channel="web", clock=clock)
    changed = values | {"name": "Zhou Lanlan", "phone": "+86 139 2222 3333"}
    update_contact(contact=contact, seen_version=1, values=changed, by=cast.owner, channel="web", clock=clock)
    contact.refresh_from_db()
    return contact


def everything_stored() -> str:
    return str([list(model.objects.values()) for model in (Contact, Contact.history.model, Event, Notice)])


def test_a_contact_s_details_are_nowhere_any_more(cast, zhou):
    call = make.follow_up(cast.owner, zhou.customer)
    tell(kind=Notice.Kind.CHANGED, record=call, at=NOW, actor=cast.manager, to=[cast.owner], words="Zhou Lan called")
    tell(kind=Notice.Kind.CHANGED, record=call, at=NOW, actor=cast.manager, to=[cast.owner], words="Card found")
    searches = [Customer.objects.matching(text) for text in ("zhoulan88", "Zhou Lanlan", "1392222")]
    assert [found.count() for found in searches] == [1, 1, 1]
    said = purge("contact", str(zhou.pk), "--apply", reason=ASKED)
    assert "details overwritten, 2 rows of its history are gone" in said
    assert "Not reached: backups" in said
    zhou.refresh_from_db()
    stored = everything_stored()
    for detail in ("Zhou", "138 0000", "139 2222", "kestrel.example", "zhoulan", "Buyer"):
        assert detail not in stored
    assert Notice.objects.filter(words="Card found").count() == 1
    assert (zhou.name, zhou.email, zhou.is_main, zhou.archived_at) == ("—", "", False, NOW)
    (row,) = zhou.history.all()
    assert (row.history_type, row.history_change_reason, row.actor_name) == ("~", ASKED, "Administrator")
    event = Event.objects.get(kind="purge")
    assert (event.record_type, event.record_id, event.what["count"]) == ("records.contact", zhou.pk, 2)
    assert [found.count() for found in searches] == [0, 0, 0]


def test_the_pages_stand_after_it(cast, zhou, sign_in):
    purge("contact", str(zhou.pk), "--apply", reason=ASKED)
    auditor = sign_in(cast.auditor)
    (row,) = zhou.history.all()
    for page in (zhou.customer.get_absolute_url(), "/trail/", f"/trail/contact/{row.pk}/"):
        assert auditor.get(page).status_code == 200
    assert "2 rows of audit.historicalcontact" in auditor.get("/trail/").content.decode()


def test_verify_is_content_after_it(cast, zhou):
    seals.seal(clock)
    as_built = keys_found()
    purge("contact", str(zhou.pk), "--apply", reason=ASKED)
    seals.seal(clock)
    assert keys_found() == as_built
    assert verify(by=None, clock=clock, keep=False).purged == 2


def test_twice_changes_nothing(cast, zhou):
    purge("contact", str(zhou.pk), "--apply", reason=ASKED)
    assert "0 rows of its history are gone" in purge("contact", str(zhou.pk), "--apply", reason=ASKED)
    assert (zhou.history.count(), Event.objects.filter(kind="purge").count()) == (1, 1)


def test_it_says_what_it_would_do_and_what_it_does_not_reach(cast, zhou):
    call = make.follow_up(cast.owner, zhou.customer, content="Zhou Lanlan wants the lenses in May")
    make.follow_up(cast.owner, make.customer(cast.owner), content="Zhou Lanlan of another house")
    said = purge("contact", str(zhou.pk), reason=ASKED)
    assert "2 rows of its history would go, and the text of 0 notices." in said
    assert f"Named in the texts of: {call.number}. Edit these by hand." in said
    assert "Nothing was changed." in said
    zhou.refresh_from_db()
    assert (zhou.name, zhou.history.count()) == ("Zhou Lanlan", 2)


def test_a_contact_by_others_is_refused(cast, zhou):
    with pytest.raises(CommandError, match="Only administrators"):
        purge("contact", str(zhou.pk), "--apply", by="senior", reason=ASKED)
    assert zhou.history.count() == 2
    with pytest.raises(Refused) as no:
        purging.purge_contact(contact=zhou, why="x", by=cast.administrator, channel="web", clock=clock)
    assert no.value.codes == ("purge_reason",)
