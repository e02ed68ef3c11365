"""Every code of a finding as a sentence, with what to do about it; and the sentence of a whole run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .words import ALTERED, CODES, Words

__all__ = ["sentence", "what_to_do", "wholeness"]

_UNKNOWN = Words(gettext_lazy("%(table)s: %(code)s"), ALTERED)


class _Facts(dict):
    """Facts as a sentence takes them: lists with commas, a dash for what is not told."""

    def __missing__(self, name: str) -> str:
        return "—"


def _facts(code: str, facts: Mapping[str, Any]) -> _Facts:
    plain = {name: ", ".join(map(str, value)) if isinstance(value, list) else value for name, value in facts.items()}
    return _Facts({"code": code} | plain)


def sentence(code: str, facts: Mapping[str, Any]) -> str:
    """What is the matter, in the reader's language."""
    return str(CODES.get(code, _UNKNOWN).sentence) % _facts(code, facts)


def what_to_do(code: str) -> str:
    """What to do about a finding of that code."""
    return str(CODES.get(code, _UNKNOWN).what_to_do)


def wholeness(report: Any) -> str:
    """Whether the trail is whole: what was looked at, what was found, what was purged."""
    looked = ngettext(
        "%(rows)s sealed rows checked against %(seals)s seal.",
        "%(rows)s sealed rows checked against %(seals)s seals.",
        report.seals,
    ) % {"rows": f"{report.rows:,}", "seals": f"{report.seals:,}"}
    found = ngettext("%(count)s finding.", "%(count)s findings.", report.total) % {"count": f"{report.total:,}"}
    parts = [_("The trail is whole.") if report.ok else _("The trail is not whole.") + " " + found, looked]
    if report.since:
        parts.append(_("Older seals than #%(seal)s were not hashed again.") % {"seal": report.since})
    if report.purged:
        parts.append(_("%(rows)s rows were purged explicitly, and are no finding.") % {"rows": f"{report.purged:,}"})
    if not report.heads:
        parts.append(_("No heads kept outside the database were compared: a cut end would not be seen."))
    return " ".join(parts)
