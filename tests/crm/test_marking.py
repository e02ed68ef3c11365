"""Where a text holds the words searched for: always the text itself, escaped, with marks around the hits."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.marking import excerpt, marked, words_of


@pytest.mark.parametrize(
    ("text", "typed", "shown"),
    [
        ("杭州云帆科技有限公司", "云帆", "杭州<mark>云帆</mark>科技有限公司"),
        ("Northwind Instruments", "INST wind", "North<mark>wind</mark> <mark>Inst</mark>ruments"),
        ("ＡＢＣ Trading", "abc", "<mark>ＡＢＣ</mark> Trading"),
        ("aaa", "aa", "<mark>aaa</mark>"),
        ("Straße", "strasse", "<mark>Straße</mark>"),
        ("Straße", "as", "Str<mark>aß</mark>e"),
        ("<b>a</b>", "b", "&lt;<mark>b</mark>&gt;a&lt;/<mark>b</mark>&gt;"),
        ("plain", "zz", "plain"),
        ("plain", "", "plain"),
        ("", "x", ""),
        ("C-2026-0317", "c-2026-0317", "<mark>C</mark>-<mark>2026</mark>-<mark>0317</mark>"),
    ],
)
def test_marked(text: str, typed: str, shown: str) -> None:
    assert marked(text, words_of(typed)) == shown


@given(st.text(max_size=40), st.text(max_size=10))
def test_nothing_is_added_or_lost(text: str, typed: str) -> None:
    assert unescape(re.sub("</?mark>", "", marked(text, words_of(typed)))) == unescape(text) or "&" in text
    assert "<" not in re.sub("</?mark>", "", marked(text, words_of(typed)))


def test_excerpt() -> None:
    long = "a " * 100 + "与云帆周文博通话，对方希望先试用" + " b" * 100
    cut = excerpt(long, ["云帆"])
    assert cut.startswith("…")
    assert cut.endswith("…")
    assert "云帆周文博" in cut
    assert len(cut) < 100
    assert excerpt("short 云帆", ["云帆"]) == "short 云帆"
    assert excerpt("nothing", ["云帆"]) == ""
