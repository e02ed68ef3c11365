"""How a proof is told: by which way somebody asked, or the link and the file of a request."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

HOW = (
    ("phone", gettext_lazy("By phone")),
    ("mail", gettext_lazy("By mail")),
    ("chat", gettext_lazy("In a chat")),
    ("meeting", gettext_lazy("In person")),
)


def kept(how: str, words: str) -> str:
    """How a change on behalf keeps its proof: the code of HOW, and what was said."""
    return f"{how}: {words.strip()}"


def told(proof: str) -> str:
    """A proof as `kept` made it, or a request's, in the reader's language."""
    how, colon, words = proof.partition(": ")
    name = dict(HOW).get(how) if colon else None
    return _("%(how)s: %(words)s") % {"how": name, "words": words} if name else proof
