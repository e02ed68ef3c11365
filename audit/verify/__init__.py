"""Proving that the trail is whole: `run` makes all checks, `checks.add` takes those of the apps above.

A check is a function that is given a `Look` and gives what it `Found`. Codes have their sentences in words.py.
"""

from __future__ import annotations

from . import chain, checks, histories, rest, rows, standing, witness
from .due import verify_if_due
from .look import Look, originals
from .report import Found, Report
from .running import examine, run

__all__ = ["Found", "Look", "Report", "checks", "examine", "originals", "run", "verify_if_due"]

checks.add("rows", rows.check, twice=False)
checks.add("late", rows.late, twice=False)
checks.add("chain", chain.check, twice=False)
checks.add("trees", chain.trees, twice=False)
checks.add("heads", witness.check)
checks.add("histories", histories.check, twice=False)
checks.add("standing", standing.check, twice=False)
checks.add("moments", rest.moments, twice=False)
checks.add("triggers", rest.triggers)
checks.add("reviews", rest.reviews, twice=False)
