"""Few words for windows."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def days(window: Any) -> str:
    """How far back a window goes, for a column: `7 days`, `No limit`, `–` for not at all."""
    if window is None:
        return "–"
    if window.days_back is None:
        return _("No limit")
    if window.days_back == 0:
        return _("Today only")
    return ngettext("%(n)d day", "%(n)d days", window.days_back) % {"n": window.days_back}


def back(window: Any) -> str:
    """The same within a sentence: `up to 7 days back`."""
    if window.days_back is None:
        return _("no limit back")
    if window.days_back == 0:
        return _("today only")
    return ngettext("up to %(n)d day back", "up to %(n)d days back", window.days_back) % {"n": window.days_back}
