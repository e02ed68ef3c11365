"""`python -m tests.run [pytest's arguments]`: the whole suite on SQLite, and again on PostgreSQL.

Without PostgreSQL the second half is left out, loudly; with CI=true that is a failure.
"""

from __future__ import annotations

import os
import subprocess
import sys

from .machine import IN_CI
from .postgres import server

LOUD = "!" * 100


def run(title: str, arguments: list[str], **environment: str) -> int:
    """One half. Gives pytest's exit code."""
    print(f"\n{'=' * 20} {title} {'=' * 20}", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "2", *arguments]
    return subprocess.run(command, env=os.environ | environment, check=False).returncode


def main(arguments: list[str]) -> int:
    """Both halves. Gives 0 where both passed."""
    os.environ.pop("DATABASE_URL", None)
    sqlite = run("SQLite", arguments)
    with server() as address:
        if address is not None:
            return run("PostgreSQL", arguments, DATABASE_URL=address) or sqlite
    print(f"\n{LOUD}\nThe PostgreSQL half DID NOT RUN: install PostgreSQL, or set DATABASE_URL_TEST.\n{LOUD}")
    return 1 if IN_CI else sqlite


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
