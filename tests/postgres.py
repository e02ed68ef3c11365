"""A PostgreSQL for one test run: the one that DATABASE_URL_TEST names, or a private throw-away cluster."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

DATABASE = "redate"


@contextlib.contextmanager
def server() -> Iterator[str | None]:
    """Give the address of a database, or None where this machine has no PostgreSQL."""
    given = os.environ.get("DATABASE_URL_TEST")
    if given or _binaries() is None:
        yield given or None
        return
    user = _unprivileged()
    with tempfile.TemporaryDirectory(prefix="redate-postgres-", ignore_cleanup_errors=True) as folder:
        if user:
            shutil.chown(folder, user)
        with _cluster(Path(folder), user) as port:
            yield f"postgres://postgres@127.0.0.1:{port}/{DATABASE}"


def _binaries() -> Path | None:
    """The newest installation of Debian's packages, or the one in PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    first = str(found[-1]) if found else shutil.which("initdb")
    return Path(first).parent if first else None


def _unprivileged() -> str | None:
    """PostgreSQL refuses to run as root: somebody else's name then."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextlib.contextmanager
def _cluster(folder: Path, user: str | None) -> Iterator[int]:
    binaries, port = _binaries(), _free_port()
    data = folder / "data"
    quiet = {"stdout": subprocess.DEVNULL, "user": user, "cwd": folder}
    make = ["initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync", "-D", data]
    subprocess.run([binaries / make[0], *make[1:]], check=True, **quiet)
    settings = {
        "port": port,
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": folder,
        "fsync": "off",  # it is thrown away
        "synchronous_commit": "off",
        "full_page_writes": "off",
    }
    flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen([binaries / "postgres", "-D", data, *flags], stderr=log, **quiet)
    try:
        create = [binaries / "createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "postgres", DATABASE]
        _wait(create, process, folder / "log")
        yield port
    finally:
        process.terminate()  # a smart shutdown; sessions are gone by now
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(create: list[object], process: subprocess.Popen, log: Path) -> None:
    for _ in range(150):
        if process.poll() is not None:
            break
        if subprocess.run(create, capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.2)
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
