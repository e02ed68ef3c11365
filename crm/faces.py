"""How names and foreign words are shown: initials, the colour of a face, the language a text is read aloud in."""

from __future__ import annotations

import re
import zlib

from django.utils.translation import get_language

_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_COLOURS = ("", "a", "b", "c")


def initials(name: str) -> str:
    """The first Chinese character, or two Latin letters: 林, MW, AD. A question mark for an empty name."""
    if found := _HAN.search(name):
        return found[0]
    words = name.split()
    letters = words[0][0] + words[-1][0] if len(words) > 1 else name.strip()[:2]
    return letters.upper() or "?"


def colour(name: str) -> str:
    """One of the four grounds of an avatar, always the same for a name."""
    return _COLOURS[zlib.crc32(name.encode()) % len(_COLOURS)]


def is_foreign_chinese(text: str) -> bool:
    """Whether the text is Chinese on a page that is not, so that it must be marked for screen readers and fonts."""
    if (get_language() or "").startswith("zh"):
        return False
    return bool(_HAN.search(text)) and not _KANA.search(text)
