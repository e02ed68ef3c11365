"""Both languages are whole: no text without a translation, and a page in Chinese speaks Chinese."""

from __future__ import annotations

import re
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.urls import reverse

from tests import cast as make

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}")


def entries(locale):
    return list(polib.pofile(Path(settings.LOCALE_PATHS[0]) / locale / "LC_MESSAGES" / "django.po"))


@pytest.mark.parametrize("locale", ["en", "zh_Hans"])
def test_no_text_is_empty_or_fuzzy(locale):
    found = entries(locale)
    assert len(found) > 900
    assert [e.msgid for e in found if e.fuzzy or not (e.msgstr or all(e.msgstr_plural.values()))] == []


@pytest.mark.parametrize("locale", ["en", "zh_Hans"])
def test_placeholders_survive_translation(locale):
    wrong = []
    for e in entries(locale):
        texts = list(e.msgstr_plural.values()) or [e.msgstr]
        wanted = set(PLACEHOLDER.findall(e.msgid_plural or e.msgid))
        wrong += [(e.msgid, text) for text in texts if set(PLACEHOLDER.findall(text)) - wanted]
        if set(PLACEHOLDER.findall(texts[-1])) != wanted:
            wrong.append((e.msgid, texts[-1]))
    assert wrong == []


def test_the_edit_page_speaks_chinese(cast, sign_in):
    call = make.follow_up(cast.owner, make.customer(cast.owner))
    client = sign_in(cast.owner)
    client.cookies["django_language"] = "zh-hans"
    shown = client.get(reverse("records:follow_up_update", args=[call.pk])).content.decode()
    assert 'lang="zh-Hans"' in shown
    for word in ("录入时间", "首次记录", "负责人", "恢复原始时间"):
        assert word in shown
