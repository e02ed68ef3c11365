"""Showing where a text holds the words searched for."""

from __future__ import annotations

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from records.search import WORD, folded

WIDTH = 90


def words_of(text: str) -> list[str]:
    """The words typed, folded as the index folds them; the longest first."""
    return sorted(set(WORD.findall(folded(text))), key=len, reverse=True)


def hits(text: str, words: list[str]) -> list[tuple[int, int]]:
    """Where the words stand in the text: (start, end), in order, none inside another."""
    plain, origin = [], []
    for place, character in enumerate(text):
        for part in folded(character):
            plain.append(part)
            origin.append(place)
    line, taken = "".join(plain), [False] * len(text)
    for word in words:
        at = line.find(word)
        while at >= 0:
            for place in range(origin[at], origin[at + len(word) - 1] + 1):
                taken[place] = True
            at = line.find(word, at + 1)
    return _runs(taken)


def _runs(taken: list[bool]) -> list[tuple[int, int]]:
    found, start = [], None
    for place, on in enumerate([*taken, False]):
        if on and start is None:
            start = place
        elif not on and start is not None:
            found.append((start, place))
            start = None
    return found


def marked(text: str, words: list[str]) -> SafeString:
    """The text as markup, each hit inside `<mark>`."""
    parts, end = [], 0
    for start, stop in hits(text, words):
        parts += [escape(text[end:start]), format_html("<mark>{}</mark>", text[start:stop])]
        end = stop
    return mark_safe("".join([*parts, escape(text[end:])]))


def excerpt(text: str, words: list[str]) -> str:
    """The part of a long text around its first hit; empty where there is none."""
    found = hits(text, words)
    if not found:
        return ""
    start = max(0, found[0][0] - WIDTH // 3)
    cut = " ".join(text[start : start + WIDTH].split())
    return "…" * (start > 0) + cut + "…" * (start + WIDTH < len(text))
