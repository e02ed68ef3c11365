"""The parts of a pack that people read: a page that needs nothing beside it, and what the files are."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import override

from audit.browse.lines import lines
from audit.canonical import kind_of
from audit.models import Review
from audit.times import zone_label

from .gathering import Gathered


def page(record: Any, viewer: Any, at: dt.datetime, found: Gathered, language: str, names: dict[str, str]) -> str:
    """The history to read, in one language. `names` are the files of all languages."""
    others = [code for code in names if code != language]
    with override(language):
        context = _facts(record, viewer, at, found) | {
            "lang": _html_code(language),
            "others": [(_html_code(code), names[code], dict(settings.LANGUAGES)[code]) for code in others],
            "lines": lines(found.refs, viewer),
            "reviews": [(each, found.proofs.get((kind_of(Review), each.pk))) for each in found.reviews],
        }
        return render_to_string("audit/evidence.html", context)


def readme(record: Any, viewer: Any, at: dt.datetime, found: Gathered) -> str:
    """What the files are and how they are checked, as plain text in the reader's language."""
    return render_to_string("audit/evidence.txt", _facts(record, viewer, at, found))


def _facts(record: Any, viewer: Any, at: dt.datetime, found: Gathered) -> dict[str, Any]:
    return {
        "record": record,
        "type_name": type(record)._meta.verbose_name,
        "viewer": viewer,
        "at": at,
        "zone": zone_label(timezone.get_current_timezone(), at),
        "number_of_rows": len(found.rows),
        "number_sealed": len(found.proofs),
        "newest": found.seals[-1] if found.seals else None,
    }


def _html_code(language: str) -> str:
    return "zh-Hans" if language.startswith("zh") else language
