"""The icon sheet, static/icons.svg, read once: pages carry their icons inline, so that they take the text's colour."""

from __future__ import annotations

import re

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

_SYMBOL = re.compile(r'<symbol id="(?P<name>[a-z]+)" viewBox="0 0 16 16">(?P<drawing>.*?)</symbol>')
_sheet = (settings.BASE_DIR / "static" / "icons.svg").read_text(encoding="utf-8")
DRAWINGS = {found["name"]: mark_safe(found["drawing"]) for found in _SYMBOL.finditer(_sheet)}


def svg(name: str, css: str = "") -> SafeString:
    """The icon as markup; decoration only, text beside it says the same. Raises KeyError for an unknown name."""
    return format_html(
        '<svg class="i{}" viewBox="0 0 16 16" aria-hidden="true">{}</svg>', f" {css}" if css else "", DRAWINGS[name]
    )
