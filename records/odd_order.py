"""The warnings of an odd order, as a page shows them: the sentence to tick, and the record where it can be mended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.translation import gettext as _

from .models.access import VIEW
from .refusals import WARNINGS, sentence
from .rules import Finding

PARENT = {"before_customer": "customer", "before_opportunity": "opportunity"}


class Odd(NamedTuple):
    """One warning: its code, what it says, and where the other time can be looked at and changed ("" for nowhere)."""

    code: str
    sentence: str
    mend_url: str = ""
    mend: str = ""


def odd_order(findings: Iterable[Finding], record: Any, viewer: Any) -> list[Odd]:
    """Those of the findings that can be ticked. One query each where they name another record."""
    return [
        Odd(finding.code, sentence(finding), *_mend(finding, record, viewer))
        for finding in findings
        if finding.code in WARNINGS
    ]


def _mend(finding: Finding, record: Any, viewer: Any) -> tuple[str, str]:
    parent = getattr(record, PARENT.get(finding.code, ""), None) if finding.code in PARENT else None
    if parent is None or not viewer.has_perm(f"records.{VIEW.format(parent._meta.model_name)}", parent):
        return "", ""
    return reverse(parent.page("update"), args=[parent.pk]), _("Look at %(title)s") % {"title": parent.title}
