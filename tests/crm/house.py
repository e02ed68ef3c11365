"""An installation of its own: a folder, a database, its commands as somebody types them, and people who work in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.conf import settings
from django.db import connection

POSTGRES = connection.vendor == "postgresql"
SET_UP = """
from audit.times import now
from crm.people.services import set_up
set_up(username="root", display_name="Root", email="root@redate.example", password="correct horse battery", language="",
    company="House", zone="Asia/Shanghai", owners_may=[], by=None, channel="command", clock=now)
"""
MAKE = """
from crm.models import User
from records.models import Customer
from records.services.records import create_record
from audit.times import now
by = User.objects.get(username="root")
for number in range({count}):
    create_record(model=Customer, values={{"name": f"{name} {{number}}", "owner": by}}, by=by, channel="web", clock=now)
"""
WORK = """
import datetime as dt, pathlib, random, time
from audit.times import now
from crm.models import User
from records.models import Customer
from records.services.entry_time import change_entry_time
from records.services.records import create_record, update_record
by, told, stop = User.objects.get(username="root"), pathlib.Path({told!r}).open("a"), pathlib.Path({stop!r})
words, mine = dict(by=by, channel="web", clock=now), []
def tell(pk, version):
    print(pk, version, file=told, flush=True)  # after the commit: from here on it must be in every backup
while not stop.exists():
    if len(mine) < 5 or random.random() < 0.2:
        mine.append(create_record(model=Customer, values=dict(name=f"{name} {{len(mine)}}", owner=by), **words))
        tell(mine[-1].pk, 1)
    record = Customer.objects.get(pk=random.choice(mine).pk)
    seen = dict(record=record, seen_version=record.version)
    if random.random() < 0.5:
        moved = now().replace(microsecond=0) - dt.timedelta(minutes=random.randrange(1, 9_000))
        done = change_entry_time(**seen, entered_at=moved, reason="other", note="x", **words)
    else:
        done = update_record(**seen, values=dict(note=str(random.random())), **words)
    tell(record.pk, done.version)
    time.sleep(0.2)  # faster than people, and others get the processor too
"""
STANDING = """
import json
from records.models import Customer
def version(each):
    rows = list(each.history.order_by("history_id").values_list("version", "entered_at"))
    whole = [row[0] for row in rows] == list(range(1, each.version + 1)) and rows[-1][1] == each.entered_at
    return each.version if whole else -1
print(json.dumps({each.pk: version(each) for each in Customer.objects.all()}))
"""


class House:
    """One installation. With `heads=False` it keeps no heads of seals, as a machine that only tries backups."""

    def __init__(self, folder: Path, heads: bool = True) -> None:
        self.folder = folder
        self.environment = os.environ | {"REDATE_VAR": str(folder), "DEBUG": "1", "DEMO": "0"}
        self.environment |= {"DJANGO_SETTINGS_MODULE": "crm.settings", "BACKUP_DIR": str(folder / "backups")}
        self.environment |= {} if heads else {"SEAL_HEADS": ""}
        self.name = f"house_{os.getpid()}_{abs(hash(folder)) % 10**8}"
        if POSTGRES:
            parts = urlsplit(os.environ["DATABASE_URL"])
            self.environment["DATABASE_URL"] = urlunsplit(parts._replace(path=f"/{self.name}"))
            _sql(f"CREATE DATABASE {self.name}")
        else:
            self.environment.pop("DATABASE_URL", None)

    def fill(self) -> None:
        """Tables, the first administrator and three customers, all through the services; sealed."""
        self.run("migrate", "-v0")
        self.run("createcachetable")
        self.python(SET_UP + MAKE.format(count=3, name="First"))
        self.run("seal")

    def run(self, *words: str, code: int = 0) -> str:
        """A command of manage.py; what it says. Fails where it ends otherwise than with `code`."""
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(
            command, cwd=settings.BASE_DIR, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def start(self, code: str) -> subprocess.Popen[str]:
        """Python in the shell of Django, beside us."""
        command = [sys.executable, "manage.py", "shell", "-v0", "-c", code]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        return subprocess.Popen(command, cwd=settings.BASE_DIR, env=self.environment, **pipes)

    def python(self, code: str) -> str:
        """The same, waited for."""
        return self.run("shell", "-v0", "-c", code).strip()

    def back_up(self, *words: str) -> Path:
        """The file of a new backup."""
        return Path(self.run("backup", *words).strip().splitlines()[-1])

    def standing(self) -> dict[int, int]:
        """Customer → version; -1 where it and its history disagree."""
        return {int(pk): version for pk, version in json.loads(self.python(STANDING)).items()}

    def kept(self) -> list[str]:
        """What earlier restores kept, or left."""
        if POSTGRES:
            rows = _sql("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{self.name}\\_%"])
            return sorted(name for (name,) in rows)
        return sorted(path.name for path in self.folder.glob("redate.*.sqlite3*"))

    def forget_kept(self) -> None:
        """Throw those away."""
        for name in self.kept():
            if POSTGRES:
                _sql(f'DROP DATABASE "{name}" WITH (FORCE)')
            else:
                (self.folder / name).unlink()

    def close(self) -> None:
        """Drop what is on the server."""
        if POSTGRES:
            self.forget_kept()
            _sql(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')


class Writers:
    """People who create, move and change customers until the block ends; each says what was committed."""

    def __init__(self, house: House, number: int, folder: Path) -> None:
        self._stop, self._files = folder / "stop", [folder / f"told-{each}" for each in range(number)]
        self._running = [
            house.start(WORK.format(told=str(file), stop=str(self._stop), name=f"Writer {each}"))
            for each, file in enumerate(self._files)
        ]

    def __enter__(self) -> Writers:
        return self

    def __exit__(self, *error: Any) -> None:
        self._stop.touch()
        codes = [(each.communicate(timeout=60), each.returncode)[1] for each in self._running]
        assert error[0] is not None or codes == [0] * len(codes)

    def told(self) -> dict[int, int]:
        """Customer → version of what was committed by now."""
        lines = [line for file in self._files if file.exists() for line in file.read_text().split("\n")[:-1]]
        found: dict[int, int] = {}
        for line in lines:
            pk, version = map(int, line.split())
            found[pk] = max(version, found.get(pk, 0))
        return found

    def all_at_work(self) -> bool:
        """Whether each has committed something."""
        return all(file.exists() and file.stat().st_size for file in self._files)


def _sql(text: str, params: Any = None) -> list[tuple[Any, ...]]:
    """A statement on the server, in no transaction and not in the database of the tests."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        found = server.execute(text, params)
        return found.fetchall() if found.description else []
