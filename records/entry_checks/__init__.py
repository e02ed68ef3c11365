"""The periodic review of entry times: which of them, and which changes of them, somebody should look at.

Each check is a function that is given a `Look` and gives what it `Found`; `run` makes all of them. Nothing found here
is forbidden: the rules let it through, and a person says why it is fine, or puts it right.
"""

from __future__ import annotations

from .due import check_times_if_due
from .found import Found
from .looking import Look
from .running import Report, run

__all__ = ["Found", "Look", "Report", "check_times_if_due", "run"]
