"""Search in pieces of two characters, the same on both databases, for Chinese and Latin names alike."""

from __future__ import annotations

import re
import unicodedata

WORD = re.compile(r"[^\W_]+")


def folded(text: str) -> str:
    """NFKC, lower case: full-width and half-width, upper and lower are the same."""
    return unicodedata.normalize("NFKC", text).casefold()


def sort_key(text: str) -> str:
    """What names sort by, cut to the column's 200 characters."""
    return folded(text).strip()[:200]


def pieces(text: str) -> str:
    """All pieces of two characters of the words in `text`, once each, between spaces.

    The last character of every word stands alone too: so each character begins a piece, and one typed alone is found.
    """
    words = WORD.findall(folded(text))
    found = dict.fromkeys(word[start : start + 2] for word in words for start in range(len(word)))
    return f" {' '.join(found)} " if found else ""


def wanted(text: str) -> tuple[str, ...]:
    """The pieces that a record must hold to match the words typed; of one character only, what a piece must begin with.

    Empty where nothing searchable was typed.
    """
    words = WORD.findall(folded(text))
    return tuple(dict.fromkeys(word[start : start + 2] for word in words for start in range(max(1, len(word) - 1))))
