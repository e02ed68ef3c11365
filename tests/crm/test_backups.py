"""Backups: one file made while everybody works, restored whole; what is no good backup is refused untouched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.conf import settings
from django.db import connection

pytestmark = pytest.mark.django_db(transaction=True)
POSTGRES = connection.vendor == "postgresql"
MAKE = """
from crm.models import User
from records.models import Customer
from records.services.records import create_record
from audit.times import now
by = User.objects.get(username="root")
for number in range({count}):
    create_record(model=Customer, values={{"name": f"{name} {{number}}", "owner": by}}, by=by, channel="web", clock=now)
"""
COUNT = "from records.models import Customer; print(Customer.objects.count(), Customer.history.count())"


class House:
    """An installation of its own: a folder, a database, and its commands as somebody types them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = os.environ | {"REDATE_VAR": str(folder), "DEBUG": "1", "DEMO": "0"}
        self.environment |= {"DJANGO_SETTINGS_MODULE": "crm.settings", "BACKUP_DIR": str(folder / "backups")}
        self.name = f"house_{os.getpid()}_{abs(hash(folder)) % 10**8}"
        if POSTGRES:
            parts = urlsplit(os.environ["DATABASE_URL"])
            self.environment["DATABASE_URL"] = urlunsplit(parts._replace(path=f"/{self.name}"))
            self._sql(f"CREATE DATABASE {self.name}")
        else:
            self.environment.pop("DATABASE_URL", None)

    def run(self, *words: str, code: int = 0) -> str:
        """A command of manage.py; its output. Fails where it ends otherwise than with `code`."""
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(
            command, cwd=settings.BASE_DIR, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def start(self, code: str) -> subprocess.Popen[str]:
        """Python beside us."""
        command = [sys.executable, "manage.py", "shell", "-v0", "-c", code]
        return subprocess.Popen(command, cwd=settings.BASE_DIR, env=self.environment, text=True)

    def python(self, code: str) -> str:
        """Python in the shell of Django."""
        return self.run("shell", "-v0", "-c", code).strip()

    def back_up(self, *words: str) -> Path:
        """The file of a new backup."""
        return Path(self.run("backup", *words).strip().splitlines()[-1])

    def close(self) -> None:
        """Drop what is on the server."""
        if POSTGRES:
            with connection.cursor() as cursor:
                cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{self.name}%"])
                names = [row[0] for row in cursor.fetchall()]
            for name in names:
                self._sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _sql(self, text: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(text)


@pytest.fixture(scope="module")
def house(tmp_path_factory, django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        made = House(tmp_path_factory.mktemp("house"))
    made.run("migrate", "-v0")
    made.run("createcachetable")
    made.python(
        "from crm.models import User, Role; u = User.objects.create_user('root', password='x', is_superuser=True);"
        "u.groups.add(Role.objects.get(key='administrator').group)"
    )
    made.python(MAKE.format(count=3, name="First"))
    yield made
    with django_db_blocker.unblock():
        made.close()


def counts(house: House) -> str:
    return house.python(COUNT)


def test_what_is_restored_is_what_was_backed_up_and_the_old_one_is_kept(house):
    before = counts(house)
    file = house.back_up()
    assert file.stat().st_mode & 0o777 == 0o600
    house.python(MAKE.format(count=2, name="Later"))
    assert counts(house) != before
    said = house.run("restore", str(file), "--yes", code=3)  # people of this house came past the services
    assert "Restored." in said
    assert "is kept" in said
    assert counts(house) == before
    assert "stand as they should" in house.run("triggers", "check")
    kinds = house.python("from audit.models import Event; print(sorted(Event.objects.values_list('kind', flat=True)))")
    assert "restored" in kinds


def broken(file: Path, how: str) -> Path:
    """A copy of the backup that is no good any more."""
    copy = file.with_name(f"{how}.redate")
    data = bytearray(file.read_bytes())
    if how == "truncated":
        data = data[: len(data) * 2 // 3]
    if how == "flipped":
        data[len(data) // 2] ^= 4
    if how == "foreign":
        data = bytearray(b"PK\x03\x04 something else")
    copy.write_bytes(data)
    return copy


@pytest.mark.parametrize("how", ["truncated", "flipped", "foreign", "swapped"])
def test_a_file_that_is_no_good_is_refused_and_nothing_is_touched(house, how):
    file = house.back_up()
    bad = swapped(house, file) if how == "swapped" else broken(file, how)
    before, kept = counts(house), set(house.folder.iterdir())
    said = house.run("restore", str(bad), "--yes", code=1)
    assert "Restored." not in said
    assert counts(house) == before
    assert set(house.folder.iterdir()) == kept


def swapped(house: House, file: Path) -> Path:
    """The manifest of one backup with the database of another."""
    house.python(MAKE.format(count=1, name="Swap"))
    other, copy = house.back_up(), file.with_name("swapped.redate")
    with zipfile.ZipFile(file) as one, zipfile.ZipFile(other) as two, zipfile.ZipFile(copy, "w") as made:
        for name in one.namelist():
            source = one if name == "manifest.json" else two
            made.writestr(name, source.read(name))
    return copy


def test_a_file_is_asked_about_unless_told_not_to(house):
    file, before = house.back_up(), counts(house)
    assert "Nobody is there to ask" in house.run("restore", str(file), code=1)
    assert counts(house) == before


def test_only_the_newest_stay_where_it_is_said_so(house, tmp_path):
    alien = tmp_path / "notes.redate"
    alien.write_text("mine")
    files = [house.back_up("--to", str(tmp_path), "--keep", "2") for _ in range(4)]
    assert [file.exists() for file in files] == [False, False, True, True]
    assert alien.exists()


def test_backups_made_beside_writers_hold_a_whole_state_each(house, tmp_path):
    writers = [house.start(MAKE.format(count=25, name=f"Writer {number}")) for number in range(3)]
    files = [house.back_up("--to", str(tmp_path)) for _ in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    for file in files:
        house.run("restore", str(file), "--yes", code=3)
        customers, rows = counts(house).split()
        assert customers == rows  # each was created once, and has its row
    shutil.rmtree(house.folder / "backups", ignore_errors=True)
