"""What this machine has for the tests. What it lacks is skipped loudly, and with CI=true the run fails for it."""

from __future__ import annotations

import os
import shutil

import pytest

IN_CI = os.environ.get("CI", "").lower() in ("1", "true")
LACKS = "this machine lacks "


def chromium() -> str | None:
    """The path of a Chromium or Chrome."""
    return next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )


def program(name: str) -> str:
    """The path of a program; skips the test where there is none."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(LACKS + name)
    return found


def lacking(reports: list[pytest.TestReport]) -> list[str]:
    """What skipped tests would have needed, each once."""
    reasons = (report.longrepr[2] for report in reports if isinstance(report.longrepr, tuple))
    return sorted({reason.partition(LACKS)[2] for reason in reasons if LACKS in reason})
