"""axe, which finds what keeps people out of a page: what it calls serious or critical."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

OF_COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
RUN = """options => axe.run(document, {resultTypes: ["violations"], ...options})"""


@cache
def source() -> str:
    """The script itself, out of the package that brings it."""
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


def findings(page: Page, where: str) -> list[str]:
    """Everything in light, and what depends on colours again in dark; one line each."""
    page.evaluate(source())
    found = []
    for theme, options in (("light", {}), ("dark", OF_COLOURS)):
        page.emulate_media(color_scheme=theme)
        for finding in page.evaluate(RUN, options)["violations"]:
            if finding["impact"] in ("serious", "critical"):
                found += [f"{where}, {theme}: {finding['id']}: {node['html'][:200]}" for node in finding["nodes"]]
    page.emulate_media(color_scheme="light")
    return found
