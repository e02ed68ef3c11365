"""Backups: one file made while everybody works, restored whole; what is no good backup is refused untouched."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import psycopg
import pytest

from tests.crm.house import MAKE, POSTGRES, House, Writers

KINDS = "from audit.models import Event; print(*Event.objects.order_by('id').values_list('kind', flat=True))"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    made = House(tmp_path_factory.mktemp("house"))
    made.fill()
    yield made
    made.close()


@pytest.fixture
def other(tmp_path):
    """A machine on which nothing is installed yet but the program."""
    made = House(tmp_path, heads=False)
    yield made
    made.close()


def test_what_is_restored_is_what_was_backed_up_and_the_old_one_is_kept(house):
    house.forget_kept()
    before, file = house.standing(), house.back_up()
    restored = house.python(KINDS).split().count("restored")
    assert file.stat().st_mode & 0o777 == 0o600
    house.python(MAKE.format(count=2, name="Later"))
    later = house.standing()
    said = house.run("restore", str(file), "--yes")
    assert "The trail is whole" in said
    assert house.standing() == before
    assert "stand as they should" in house.run("triggers", "check")
    assert house.python(KINDS).split().count("restored") == restored + 1
    assert len(house.kept()) == 1
    assert house.kept()[0] in said
    assert len(later) == len(before) + 2


def test_work_of_then_is_over_and_everybody_signs_in_again(house):
    left = "from audit import jobs; from audit.times import now; jobs.ask_for(kind='backup', by=None, at=now());"
    left += "from django.contrib.sessions.backends.db import SessionStore; SessionStore().save()"
    house.python(left)
    house.run("restore", str(house.back_up()), "--yes")
    count = "from audit.models import Job; from django.contrib.sessions.models import Session;"
    count += "print(*Job.objects.values_list('state', flat=True), Session.objects.count())"
    assert house.python(count) == "stopped 0"


def test_a_copy_older_than_the_heads_kept_elsewhere_is_restored_and_not_called_whole(house):
    file, kept = house.back_up(), house.folder / "heads.jsonl"
    heads = kept.read_bytes()
    house.python(MAKE.format(count=1, name="Sealed later"))
    house.run("seal")
    said = house.run("restore", str(file), "--yes", code=3)
    assert "copy_restored" in said
    assert "Restored." in said
    kept.write_bytes(heads)  # for the other tests


def test_a_file_is_asked_about_unless_told_not_to(house):
    file, before = house.back_up(), house.standing()
    house.forget_kept()
    assert "Nobody is there to ask" in house.run("restore", str(file), code=1)
    assert house.standing() == before
    assert not house.kept()


def test_an_older_schema_is_brought_up_to_date(house, other):
    other.run("restore", str(house.back_up()), "--yes")
    other.run("migrate", "audit", "0004", "-v0")
    file = other.back_up()
    said = other.run("restore", str(file), "--yes")
    assert "Bringing its schema up to date." in said
    assert "stand as they should" in other.run("triggers", "check")
    assert "No planned" in other.run("migrate", "--plan")


@pytest.mark.skipif(POSTGRES, reason="PostgreSQL ends the connections")
def test_while_a_server_holds_the_file_nothing_is_touched(house):
    house.forget_kept()
    file, live = house.back_up(), house.folder / "redate.sqlite3"
    holds = sqlite3.connect(live)
    holds.execute("SELECT count(*) FROM records_customer").fetchone()
    try:
        assert "Another process holds the database" in house.run("restore", str(file), "--yes", code=1)
    finally:
        holds.close()
    assert not house.kept()
    house.run("restore", str(file), "--yes")


@pytest.mark.skipif(POSTGRES, reason="of SQLite's files")
@pytest.mark.parametrize("how", ["destroyed", "gone, its log left"])
def test_a_file_that_sqlite_cannot_read_is_replaced_with_its_log(house, how):
    file, before, live = house.back_up(), house.standing(), house.folder / "redate.sqlite3"
    house.forget_kept()
    Path(f"{live}-wal").write_bytes(b"old")
    live.unlink() if how.startswith("gone") else live.write_bytes(b"nothing that SQLite knows" * 500)
    house.run("restore", str(file), "--yes")
    assert house.standing() == before
    assert len(house.kept()) == 1


@pytest.mark.skipif(not POSTGRES, reason="SQLite refuses")
def test_connections_are_ended_and_the_old_database_can_be_looked_into(house):
    house.forget_kept()
    file, address = house.back_up(), house.environment["DATABASE_URL"]
    with psycopg.connect(address) as holds:
        holds.execute("SELECT 1")
        house.run("restore", str(file), "--yes")
        with pytest.raises(psycopg.OperationalError):
            holds.execute("SELECT 1")
    with psycopg.connect(address.replace(house.name, house.kept()[0])) as old:
        assert old.execute("SELECT count(*) FROM records_customer").fetchone()


def restored_and_whole(house: House, copy: House, writers: Writers, number: int) -> list[int]:
    """So many backups, each restored on the other machine, verified, and held against what was committed before it."""
    found = []
    for _ in range(number):
        committed = writers.told()
        file = house.back_up()
        assert "The trail is whole" in copy.run("restore", str(file), "--yes")
        there = copy.standing()
        assert -1 not in there.values()
        assert not {pk for pk, version in committed.items() if there.get(pk, 0) < version}
        copy.forget_kept()
        found.append(sum(there.values()))
        house.run("seal")
    return found


def beside_writers(house: House, other: House, folder: Path, *, writers: int, backups: int) -> list[int]:
    """Rows of history in each of the backups that were made while all the writers wrote."""
    folder.mkdir()
    with Writers(house, writers, folder) as working:
        until = time.monotonic() + 120
        while not working.all_at_work():
            assert time.monotonic() < until
            time.sleep(0.2)
        return restored_and_whole(house, other, working, backups)


def test_three_backups_under_four_writers(house, other, tmp_path):
    found = beside_writers(house, other, tmp_path / "told", writers=4, backups=3)
    assert found == sorted(set(found))  # each holds more than the one before


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_twenty_backups_under_ten_writers(house, other, tmp_path):
    found = beside_writers(house, other, tmp_path / "told", writers=10, backups=20)
    print(f"\nhistory rows in each: {found}")
    assert found == sorted(set(found))
