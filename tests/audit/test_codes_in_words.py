"""No code of the trail reaches a page, a file or print: each has a word, in both languages."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils.translation import override

from audit.acts import CHANNELS
from audit.browse.lines import channel_name
from audit.displays import above
from audit.events import record_event
from audit.models import Event
from audit.presenters import system_reasons
from audit.telling import kinds_told
from crm.models import Role
from crm.people.services import set_own_profile
from records.displays.above import reason_name
from records.displays.events import rule_name
from records.displays.proofs import HOW, told
from records.refusals import WARNINGS
from records.services.behalf import change_on_behalf
from tests import cast as make
from tests.cast import NOW, clock, days

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
ROOMS = ("audit", "records", "crm")
LANGUAGES = [code for code, _name in settings.LANGUAGES]
SAID_BY_ITSELF = {"insert"}  # the guard's own word, raised to programmers


def source() -> str:
    """All our code but the migrations."""
    files = [path for room in ROOMS for path in sorted((settings.BASE_DIR / room).rglob("*.py"))]
    return "\n".join(path.read_text() for path in files if "migrations" not in Path(path).parts)


def refusals() -> set[str]:
    """Codes that are raised anywhere."""
    found = re.findall(r"(?:refuse|Refused|Finding)\(\s*\(?\s*\"([a-z_]+)\"", source())
    return set(found) | WARNINGS


def event_kinds() -> set[str]:
    """Kinds of events that are written anywhere."""
    text = source()
    direct = re.findall(r"record_event\(\s*kind=\"([a-z_]+)\"", text)
    kept = re.findall(r"\.(?:keep|save)\((?:[\w.]+, )?\"([a-z_]+)\"", text) + re.findall(r"_keep\(\"([a-z_]+)\"", text)
    signed = re.findall(r"_record\(\"([a-z_]+)\"", text)
    named = re.findall(r"^EVENT = \"([a-z_]+)\"", text, re.MULTILINE)
    return set(direct) | set(kept) | set(signed) | set(named)


def is_word(word: str, code: str) -> bool:
    """Whether people read it: neither the code nor a guess at it."""
    guessed = code.replace("_", " ")
    return bool(word) and word not in (code, guessed, guessed.capitalize())


@pytest.mark.parametrize("language", LANGUAGES)
def test_channels_reasons_and_warnings(language):
    with override(language):
        for code in CHANNELS:
            assert channel_name(code) != code
        for code in ("undo", "import", "command", "sql", "unstated"):
            assert code in system_reasons()
            assert reason_name(code) != code
        for code in WARNINGS:
            assert is_word(above.warning(code), code)
        for role in Role.objects.all():
            assert above.roles([role.key]) == [role.name]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_refusal_has_its_words(language):
    codes = refusals()
    assert {"window", "self_deactivate", "many_moved", "after_won"} <= codes
    with override(language):
        bare = {code for code in codes - SAID_BY_ITSELF if not rule_name(code) or rule_name(code) == code}
        assert bare == set()


def test_every_kind_of_event_is_told_of():
    kinds = event_kinds()
    assert {"review", "refused", "signed_in", "person_added", "backup", "verified", "purge"} <= kinds | {"purge"}
    assert kinds - set(kinds_told()) - {"event"} == set()  # the last names the table of them


@pytest.mark.parametrize("language", LANGUAGES)
def test_ways_of_asking(language):
    with override(language):
        for code, name in HOW:
            assert str(name) in told(f"{code}: he called: twice")
            assert not told(f"{code}: he called: twice").startswith(code)
            assert "he called: twice" in told(f"{code}: he called: twice")
    assert told("https://example.com/a b.pdf") == "https://example.com/a b.pdf"
    assert told("C: drive.pdf") == "C: drive.pdf"


@pytest.fixture
def behalf(cast: make.Cast) -> Any:
    """A follow-up whose time was changed for somebody who called."""
    call = make.follow_up(cast.owner, make.customer(cast.owner), summary="First visit")
    asked = {"asker": cast.owner, "how": "phone", "proof": "He read it from his calendar"}
    how = {"reason": "typing_error", "note": "He called."}
    change_on_behalf(
        record=call, seen_version=1, entered_at=NOW - days(1), by=cast.administrator, clock=clock, **asked | how
    )
    return call


def test_a_change_on_behalf_in_words_on_page_drawer_and_in_files(cast, sign_in, behalf):
    client, row = sign_in(cast.auditor), behalf.history.latest("history_id")
    assert row.proof == "phone: He read it from his calendar"
    for headers in ({}, {"HX-Request": "true"}):
        html = client.get(f"/trail/followup/{row.pk}/", headers=headers).content.decode()
        for words in ("By phone: He read it from his calendar", "On behalf", "Typing error"):
            assert words in html
        assert "phone:" not in html.replace("By phone:", "")
        assert "typing_error" not in html
    whole = b"".join(client.post("/trail/export/", {"query": "field=time", "format": "csv"}).streaming_content)
    (line,) = csv.DictReader(io.StringIO(whole.decode("utf-8-sig"), newline=""))
    assert (line["Role"], line["Channel"]) == ("Administrator", "On behalf")
    assert line["Proof"] == "By phone: He read it from his calendar"
    told_lines = b"".join(client.post("/trail/export/", {"query": "field=time", "format": "jsonl"}).streaming_content)
    line = json.loads(told_lines)
    assert (line["channel"], line["channel_name"]) == ("behalf", "On behalf")
    assert (line["reason"], line["reason_name"]) == ("typing_error", "Typing error")
    assert (line["role"], line["role_name"]) == ("administrator", "Administrator")


def test_what_people_chose_for_themselves_is_told_by_name(cast, sign_in):
    values = {"language": "zh-hans", "theme": "dark", "mail": "each"}
    set_own_profile(by=cast.owner, values=values, channel="web", clock=clock)
    event = Event.objects.get(kind="person_changed")
    html = sign_in(cast.auditor).get(f"/trail/event/{event.pk}/").content.decode()
    for words in ("简体中文", "Dark", "Each by e-mail"):
        assert words in html
    for code in ("zh-hans", ">dark", ">each"):
        assert code not in html.split('id="content"')[-1].split("<main")[-1]


def test_a_request_without_a_reason_says_so(cast, sign_in):
    from tests.audit.house import request

    call = make.follow_up(cast.owner, make.customer(cast.owner))
    asked = request(call, asked_by=cast.colleague, why_code="unstated")
    html = sign_in(cast.auditor).get(f"/trail/timerequest/{asked.history.get().pk}/").content.decode()
    assert "No reason given" in html
    assert "unstated" not in html


@pytest.mark.parametrize("codes", [7, ["window", 7], {"a": 1}])
def test_a_forged_refusal_does_not_shut_the_page(cast, sign_in, codes):
    record_event(kind="refused", by=cast.owner, at=NOW, what={"action": "x", "codes": codes, "entered_at": 5})
    assert sign_in(cast.auditor).get("/trail/").status_code == 200
