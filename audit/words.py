"""Words that every room needs, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import pgettext


def in_a_row(things: Iterable[Any]) -> str:
    """The things as text, in their order, with the comma of the language between them."""
    return pgettext("between things in a row", ", ").join(str(thing) for thing in things)
