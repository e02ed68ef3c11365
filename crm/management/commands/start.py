"""`manage.py start`: what `make run` does with the packages there: database, catalogues, demo data, worker, server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from crm import demo_people

FIRST_PORT, PORTS = 8000, 50


class Command(BaseCommand):
    """Bring everything up to date, say where it is, then become the server."""

    help = "Prepares the database and starts the server for a try on this machine. Needs DEBUG=1."

    def add_arguments(self, parser: CommandParser) -> None:
        """The port, if it matters."""
        parser.add_argument("--port", type=int, help=f"the port (default: the first free one from {FIRST_PORT})")

    def handle(self, *args: Any, port: int | None, **options: Any) -> None:
        """Does not return: gunicorn takes the place of this process, so that Ctrl+C reaches it."""
        if not settings.DEBUG:
            raise CommandError("This start is for trying Redate. A server runs gunicorn itself: see the README.")
        port = _port(port)
        self.stdout.write("Preparing the database; the first time this takes about half a minute…")
        sys.stdout.flush()
        call_command("catalogues", verbosity=0)
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        if settings.DEMO:
            call_command("demo", if_empty=True, verbosity=0)
        self._tell(port)
        sys.stdout.flush()
        _start_worker(port)
        os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *_gunicorn(port), "crm.wsgi"])  # noqa: S606

    def _tell(self, port: int) -> None:
        self.stdout.write(self.style.SUCCESS(f"\nRedate runs at http://127.0.0.1:{port}/  (Ctrl+C stops it)"))
        told = set()
        for sign_in in demo_people.sign_ins():
            role = ", ".join(str(name) for name in sign_in["roles"])
            if role not in told:
                told.add(role)
                self.stdout.write(f"  {role:24}{sign_in['person'].username:12}{demo_people.PASSWORD}")


def _start_worker(port: int) -> None:
    """Beside the server; it ends with it, whatever ends the server."""
    command = [sys.executable, "manage.py", "worker", "--with-parent"]
    site = {"SITE_URL": f"http://127.0.0.1:{port}"}
    subprocess.Popen(command, cwd=settings.BASE_DIR, env=site | os.environ)  # noqa: S603


def _gunicorn(port: int) -> list[str]:
    return [
        f"--bind=127.0.0.1:{port}",
        "--workers=2",
        "--threads=4",
        "--preload",  # workers are there at once, and hear Ctrl+C
        "--no-control-socket",
        "--log-level=warning",
        "--graceful-timeout=5",
    ]


def _port(wanted: int | None) -> int:
    """The port asked for, or the first free one. Raises CommandError where it is taken."""
    for port in [wanted] if wanted else range(FIRST_PORT, FIRST_PORT + PORTS):
        if _free(port):
            return port
    raise CommandError(f"Port {wanted} is taken. Choose another: make run PORT=8123" if wanted else "No port is free.")


def _free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return True
