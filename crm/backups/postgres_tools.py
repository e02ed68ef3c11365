"""PostgreSQL's own programs: found, compared with the server's version, run with the password in their environment."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from .errors import BackupError

WAIT = 0.5  # seconds between two looks at a program that runs
_VARIABLES = {  # of the connection's parameters
    "HOST": "PGHOST",
    "PORT": "PGPORT",
    "USER": "PGUSER",
    "PASSWORD": "PGPASSWORD",  # not on the command line, where others see it
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "passfile": "PGPASSFILE",
    "service": "PGSERVICE",
}


def run(
    program: str, arguments: list[str], *, database: str, wrong: type[BackupError], tell: Callable[[], None]
) -> None:
    """Run a program against a database; `tell` is called now and then. Raises `wrong` with what it said."""
    command = [str(find(program, wrong)), *arguments]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 our own arguments
            command, env=environment(database), stdin=subprocess.DEVNULL, stdout=said, stderr=said
        )
        try:
            _wait(process, tell)
        except BaseException:
            process.kill()
            process.wait()
            raise
        if process.returncode:
            said.seek(0)
            raise wrong(f"{program} failed: {_last_words(said.read())}")


def _wait(process: subprocess.Popen[bytes], tell: Callable[[], None]) -> None:
    while True:
        try:
            process.wait(WAIT)
            return
        except subprocess.TimeoutExpired:
            tell()


def find(program: str, wrong: type[BackupError]) -> Path:
    """A program at least as new as the server: from PG_BIN, the PATH, or where Debian puts it. Raises `wrong`."""
    connection.ensure_connection()
    needed = connection.pg_version // 10_000
    found = [(path, version) for path in _candidates(program) if (version := version_of(path))]
    for path, version in found:
        if version >= needed:
            return path
    if not found:
        raise wrong(
            f"{program} is not installed here. Install PostgreSQL's client programs, or name their folder PG_BIN."
        )
    newest = max(version for _path, version in found)
    raise wrong(f"{program} {newest} is older than the server, {needed}. Install the client programs of {needed}.")


def _candidates(program: str) -> list[Path]:
    folders = [Path(settings.PG_BIN)] if settings.PG_BIN else []
    in_path = shutil.which(program)
    folders += [Path(in_path).parent] if in_path and not settings.PG_BIN else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True) if not settings.PG_BIN else []
    return [folder / program for folder in folders if (folder / program).is_file()]


def version_of(program: Path) -> int:
    """The major version a program says it has; 0 where it says none."""
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    found = re.search(r"\(PostgreSQL\) (\d+)", told.stdout)
    return int(found[1]) if found else 0


def environment(database: str) -> dict[str, str]:
    """The environment of a program: ours, and how to reach the database."""
    given: dict[str, Any] = connection.settings_dict | connection.settings_dict.get("OPTIONS", {})
    own = {variable: str(given[name]) for name, variable in _VARIABLES.items() if given.get(name)}
    return os.environ | own | {"PGDATABASE": database, "LC_MESSAGES": "C"}


def _last_words(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return " ".join(lines[-3:])[:500] or "it said nothing"
