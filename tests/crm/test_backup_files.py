"""The file of a backup: what is damaged, foreign, swapped or newer is refused before anything is touched."""

from __future__ import annotations

import json
import random
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
from django.db import connection

from audit.models import Event
from crm.backups import CannotBackUp, CannotRestore, archive, back_up, postgres_tools, restore
from crm.backups.restoring import examine
from records.models import Customer
from tests import cast as make
from tests.cast import NOW, clock, days

pytestmark = pytest.mark.django_db(transaction=True)
POSTGRES = connection.vendor == "postgresql"


@pytest.fixture
def file(cast, tmp_path):
    make.customer(cast.owner)
    return back_up(to=tmp_path / "files", by=cast.administrator, clock=clock).path


def altered(file: Path, data: bytes) -> Path:
    copy = file.with_name("altered.redate")
    copy.write_bytes(data)
    return copy


def rebuilt(file: Path, payload: bytes | None = None, **manifest) -> Path:
    """The file made anew with another manifest or payload, and a checksum that fits."""
    with zipfile.ZipFile(file) as old:
        told = json.loads(old.read("manifest.json"))
        name = next(each for each in old.namelist() if each != "manifest.json")
        payload = old.read(name) if payload is None else payload
    copy = file.with_name("rebuilt.redate")
    with zipfile.ZipFile(copy, "w") as made:
        made.writestr("manifest.json", json.dumps(told | manifest))
        made.writestr(name, payload)
        made.comment = archive.MARK + b"0" * archive.DIGEST
    data = copy.read_bytes()[: -archive.DIGEST]
    copy.write_bytes(data + sha256(data).hexdigest().encode())
    return copy


def refused(path: Path, words: str) -> None:
    """It is refused with these words, and the folder and the database are as before."""
    before, customers = sorted(path.parent.iterdir()), Customer.objects.count()
    with pytest.raises(CannotRestore, match=words):
        restore(path, clock=clock)
    assert sorted(path.parent.iterdir()) == before
    assert Customer.objects.count() == customers
    assert not Event.objects.filter(kind="restored").exists()


def test_the_event_tells_of_it_and_the_manifest_of_what_it_holds(cast, file):
    told, event = examine(file), Event.objects.get(kind="backup")
    assert event.actor_id == cast.administrator.pk
    assert event.what["file"] == str(file)
    assert file.name == "redate-2026-03-18T063200Z.redate"
    assert told.moment == NOW
    assert told.by == "Administrator"
    assert told.holds["records"]["records_customer"] == Customer.objects.count() == 1
    assert told.holds["history"]["audit_historicalcustomer"] == 1
    assert told.head == ""


def test_only_the_newest_of_ours_stay_where_it_is_said_so(cast, file):
    folder = file.parent
    alien, theirs = folder / "redate-2020-01-01T000000Z.redate", folder / "redate-2020-01-02T000000Z.redate"
    alien.write_text("mine")
    rebuilt(file, holds=examine(file).holds | {"installation": "another"}).rename(theirs)
    later = [back_up(to=folder, by=None, clock=lambda n=n: NOW + days(n), keep=2).path for n in (1, 2, 3)]
    assert set(folder.iterdir()) == {alien, theirs, *later[1:]}
    assert Event.objects.latest("pk").what["removed"] == [later[0].name]
    earlier = back_up(to=folder, by=None, clock=clock, keep=1).path  # by a clock that went back
    assert set(folder.iterdir()) == {alien, theirs, earlier}


def test_three_in_one_second_have_three_names(cast, tmp_path):
    names = {back_up(to=tmp_path, by=None, clock=clock).name for _ in range(3)}
    assert names == {f"redate-2026-03-18T063200Z{more}.redate" for more in ("", "-2", "-3")}


def test_every_flipped_bit_and_every_cut_is_refused(file):
    data, chance = file.read_bytes(), random.Random(7)  # the same places in every run
    places = [*range(200), *range(len(data) - 400, len(data)), *(chance.randrange(len(data)) for _ in range(150))]
    for place in places:
        flipped = bytearray(data)
        flipped[place] ^= 1 << chance.randrange(8)
        with pytest.raises(CannotRestore):
            examine(altered(file, bytes(flipped)))
    for size in [0, 3, 64, 100, len(data) // 2, len(data) - 1]:
        with pytest.raises(CannotRestore):
            examine(altered(file, data[:size]))
    with pytest.raises(CannotRestore):
        examine(altered(file, data + b"\0"))
    assert examine(altered(file, data))


def test_a_cut_or_flipped_file_touches_nothing(file):
    data = file.read_bytes()
    refused(altered(file, data[: len(data) * 2 // 3]), "damaged")
    flipped = bytearray(data)
    flipped[len(data) // 2] ^= 4
    refused(altered(file, bytes(flipped)), "damaged")


def test_another_database_under_the_manifest_is_refused(cast, file):
    make.customer(cast.owner)
    other = back_up(to=file.parent, by=None, clock=clock).path
    with zipfile.ZipFile(other) as made:
        theirs = made.read(next(each for each in made.namelist() if each != "manifest.json"))
    refused(rebuilt(file, payload=theirs), "manifest is that of another backup")
    fits = {"sha256": sha256(theirs).hexdigest(), "bytes": len(theirs)}
    refused(rebuilt(file, payload=theirs, **fits), "does not hold what its manifest says")


def test_foreign_files_are_refused(file, tmp_path):
    note, other = file.with_name("note.redate"), file.with_name("zip.redate")
    note.write_text("mine")
    with zipfile.ZipFile(other, "w") as made:
        made.writestr("note.txt", "mine")
    for path in (note, rebuilt(file, format="another"), rebuilt(file, holds={})):
        refused(path, "no backup of Redate")
    refused(other, "damaged|no backup of Redate")
    refused(file.with_name("missing.redate").parent, "could not be read")
    with pytest.raises(CannotRestore, match="could not be read"):
        examine(tmp_path / "missing.redate")


def test_newer_ones_and_those_of_the_other_database_are_refused(file):
    holds = json.loads(json.dumps(examine(file).holds))
    refused(
        rebuilt(file, holds=holds | {"migrations": [*holds["migrations"], ["records", "9999_later"]]}), "newer Redate"
    )
    refused(rebuilt(file, format_version=2), "newer Redate")
    with zipfile.ZipFile(file.with_name("vendor.redate"), "w") as made:
        told = json.loads(examine(file).as_json()) | {"vendor": "sqlite" if POSTGRES else "postgresql"}
        made.writestr("manifest.json", json.dumps(told))
        made.writestr("database.sqlite3" if POSTGRES else "database.dump", b"x")
    with pytest.raises(CannotRestore):
        examine(file.with_name("vendor.redate"))


def test_a_name_of_a_table_in_the_manifest_is_no_sql(file):
    holds = examine(file).holds
    refused(rebuilt(file, holds=holds | {"records": {"crm_user; DROP TABLE crm_user": 1}}), "no backup of Redate")


def test_a_backup_that_fails_leaves_nothing(cast, tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "write", lambda *_: (_ for _ in ()).throw(OSError("No space left on device")))
    with pytest.raises(CannotBackUp, match="No space left"):
        back_up(to=tmp_path / "full", by=None, clock=clock)
    assert not list((tmp_path / "full").iterdir())
    assert not Event.objects.filter(kind="backup").exists()


@pytest.mark.skipif(not POSTGRES, reason="of pg_dump")
def test_pg_dump_must_not_be_older_than_the_server(cast, tmp_path, settings, monkeypatch):
    program = tmp_path / "pg_dump"
    program.write_text('#!/bin/sh\necho "pg_dump (PostgreSQL) 9.6.24"\n')
    program.chmod(0o755)
    settings.PG_BIN = str(tmp_path)
    with pytest.raises(CannotBackUp, match="pg_dump 9 is older than the server"):
        back_up(to=tmp_path / "files", by=None, clock=clock)
    settings.PG_BIN = str(tmp_path / "empty")
    with pytest.raises(CannotBackUp, match="not installed"):
        back_up(to=tmp_path / "files", by=None, clock=clock)


@pytest.mark.skipif(not POSTGRES, reason="of pg_dump")
def test_the_password_stands_in_the_environment_alone(cast, tmp_path, monkeypatch):
    seen = []
    popen = postgres_tools.subprocess.Popen

    def watched(command, **more):
        seen.append((command, more.get("env")))
        return popen(command, **more)

    monkeypatch.setitem(connection.settings_dict, "PASSWORD", connection.settings_dict["PASSWORD"] or "secret-word")
    monkeypatch.setattr(postgres_tools.subprocess, "Popen", watched)
    back_up(to=tmp_path, by=None, clock=clock)
    command, environment = seen[-1]
    password = connection.settings_dict["PASSWORD"]
    assert environment["PGPASSWORD"] == password
    assert not any(f":{password}@" in word or f"password={password}" in word for word in command)
