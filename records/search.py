"""Search in short pieces of words, the same on both databases, for Chinese and Latin names alike."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

WORD = re.compile(r"[^\W_]+")
SHORT = 12  # letters of words that are remembered: many records share them, and they take little room


def folded(text: str) -> str:
    """NFKC, lower case: full-width and half-width, upper and lower are the same."""
    return unicodedata.normalize("NFKC", text).casefold()


def sort_key(text: str) -> str:
    """What names sort by, cut to the column's 200 characters."""
    return folded(text).strip()[:200]


def squeezed(text: str) -> str:
    """The letters and digits alone: a phone number as it is typed without blanks and dashes."""
    return "".join(WORD.findall(text))


def pieces(text: str) -> str:
    """All pieces of the words in `text`, once each, between spaces.

    Pieces have two characters; of Latin letters and digits, of which there are few, also four. The last character of
    every word stands alone too: so each character begins a piece, and one typed alone is found.
    """
    found: dict[str, None] = {}
    for word in WORD.findall(folded(text)):
        found |= _known(word) if len(word) <= SHORT else _of_word(word)
    return f" {' '.join(found)} " if found else ""


def _of_word(word: str) -> dict[str, None]:
    """The pieces of a word, in order."""
    found = [word[start : start + 2] for start in range(len(word))]
    return dict.fromkeys(found + list(_long(word).values()) if len(word) > 3 else found)


_known = lru_cache(2_000)(_of_word)


def _long(word: str) -> dict[int, str]:
    """The pieces of four of a word, by where they begin."""
    cut = {start: word[start : start + 4] for start in range(len(word) - 3)}
    return cut if word.isascii() else {start: piece for start, piece in cut.items() if piece.isascii()}


def wanted(text: str) -> tuple[str, ...]:
    """The pieces that a record must hold to match the words typed; of one character only, what a piece must begin with.

    Empty where nothing searchable was typed.
    """
    found: dict[str, None] = {}
    for word in WORD.findall(folded(text)):
        long = _long(word)
        said = {start + step for start in long for step in range(3)}  # pieces of two that lie inside one of four
        found |= dict.fromkeys(long.values())
        short = (start for start in range(max(1, len(word) - 1)) if start not in said)
        found |= dict.fromkeys(word[start : start + 2] for start in short)
    return tuple(found)
