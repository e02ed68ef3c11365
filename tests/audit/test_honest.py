"""Honest databases: whatever people and administrators do by right, `verify` finds nothing, sealed or not yet."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import TestCase, override_settings

from audit import seals, times
from audit.events import record_event
from audit.models import Event, Finding, Seal, SealLeaf
from audit.triggers import MAINTENANCE, install, switched_on
from crm.models import Team, User
from crm.people.services import change_person, deactivate_person, rename_role, set_own_profile
from records.importing.changes import ChangeSpec, plan_changes
from records.importing.reader import read_table
from records.models import Batch, CompanyRules, Contact, Customer, FollowUp, Opportunity, TimeRequest, TypeRule
from records.services.assign import change_importance, change_owner, change_parent
from records.services.batches import undo_batch
from records.services.entry_time.many import ManyMove, change_many
from records.services.exceptions import revoke_exception
from records.services.grant_batches import revoke_many
from records.services.grants import revoke
from records.services.imports.old_changes import load_changes
from records.services.purging import purge_contact, purge_rows
from records.services.reasons import add_reason
from records.services.records import restore_record
from records.services.request_answers import reject
from records.services.request_states import Seen
from records.services.rules import change_rule
from records.services.time_requests import ask, expire_due, withdraw
from records.services.undo import undo_change
from tests.audit import sealed_house
from tests.audit.house import POSTGRES, run
from tests.audit.sealed_house import Clock, House, InTheHouse, verify
from tests.machine import program

H = "audit_historicalfollowup"


class TestHonest(InTheHouse):
    """One thing done by right each; looked at before it is sealed, and after."""

    def whole(self):
        for _ in range(2):
            code, told = verify(self.house)
            assert code == 0, told
            assert "The trail is whole." in told
            self.house.seal()
        assert not Finding.objects.exists()

    def how(self, name, note="As agreed", **more):
        return self.house.by(name) | {"note": note} | more

    def undoing(self, name):
        """Who takes a batch back; the channel is its own."""
        return {each: value for each, value in self.house.by(name).items() if each != "channel"}

    def test_nothing_done(self):
        self.whole()

    def test_a_person_renamed(self):
        sam = self.house.people["sam"]
        given = {"display_name": "Samuel", "email": "samuel@redate.example", "roles": ["sales"], "team": sam.team}
        change_person(person=User.objects.get(pk=sam.pk), **given, **self.how("anna"))
        set_own_profile(by=sam, values={"display_name": "Sam R."}, channel="web", clock=self.house.clock)
        self.whole()

    def test_roles_given_and_taken_and_a_team_left(self):
        sam = User.objects.get(pk=self.house.people["sam"].pk)
        about = {"display_name": "Sam", "email": sam.email}
        change_person(person=sam, roles=["sales_manager", "auditor"], team=None, **about, **self.how("anna"))
        office = Team.objects.get(name="Office")
        change_person(person=sam, roles=["sales"], team=office, **about, **self.how("anna"))
        deactivate_person(person=self.house.people["kim"], **self.how("anna"))
        role = office.people.get(username="anna").groups.get(role__isnull=False).role
        rename_role(role=role, name_en="Admins", name_zh="管理", **self.how("anna"))
        self.whole()

    def test_old_rows_purged(self):
        self.house.seal()
        history = FollowUp.history.model
        number = purge_rows(
            history=history, before=self.house.clock(), why="Kept for ten years", **self.house.by("anna")
        )
        code, told = verify(self.house)
        assert code == 0, told
        assert number > 10
        assert f"{number} rows were purged explicitly" in told
        self.whole()

    def test_the_details_of_a_contact_purged(self):
        self.house.seal()
        assert purge_contact(contact=Contact.objects.get(), why="Asked for by law", **self.house.by("anna")) == 1
        self.whole()

    def test_a_change_taken_back(self):
        result = self.house.redate(self.house.calls[8], "mia", days=1)
        undo_change(record=self.house.calls[8], history_id=result.history_id, **self.house.by("mia"))
        self.whole()

    def test_many_changed_and_changed_back(self):
        calls = list(FollowUp.objects.filter(pk__in=[call.pk for call in self.house.calls[:6]]))
        moves = [ManyMove(call.pk, call.version, call.entered_at - dt.timedelta(days=1)) for call in calls]
        why = {"reason": "typing_error", "note": "A day late"}
        done = change_many(moves=moves, model=FollowUp, **why, **self.house.by("mia") | {"channel": "bulk"})
        assert done.batch.count == 6
        undone = undo_batch(batch=done.batch, **self.undoing("mia"))
        assert undone.batch.count == 6
        self.whole()

    def test_a_file_imported_with_its_customers(self):
        path = self.heads.with_name("old.csv")
        path.write_text("id,what,who,made\n1,First call,New customer,2026-01-05 10:00\n2,Second,Customer 0,\n")
        names = ["--type=followup", "--map=id=external_id,what=summary,who=customer,made=entered_at"]
        rest = ["--zone=Asia/Shanghai", "--by=anna", "--owner=sam", "--blank=moment", "--create-missing-customers"]
        with mock.patch("records.management.commands.import_records.now", self.house.clock):
            call_command("import_records", str(path), *names, *rest, "--source=old", stdout=mock.Mock())
        batch = Batch.objects.get(record_type="followup", count=2)
        undone = undo_batch(batch=batch, **self.undoing("anna"))
        assert undone.batch.count == 3  # the calls, and the customer that was made for one
        self.whole()

    def test_an_old_systems_history_brought_in(self):
        number = self.house.customers[0].number
        lines = [f"{number},name,Old {n},Old {n + 1},Somebody,2024-0{n + 1}-02 10:00" for n in range(3)]
        table = read_table("\n".join(["record,field,old,new,who,when", *lines]).encode())
        columns = {name: name for name in ("record", "field", "old", "new", "who", "when")}
        plan = plan_changes(table, ChangeSpec("customer", columns, ZoneInfo("Asia/Shanghai")))
        how = self.house.by("anna") | {"channel": "import"}
        loaded = load_changes(plan=plan, file="old.csv", digest="0" * 64, **how)
        assert loaded.batch.count == 3
        self.house.rename(self.house.customers[0], "mia", note="Later")
        self.whole()

    def test_grants_revoked_one_and_many(self):
        batch = Batch.objects.get(kind="grants")
        revoke(grant=self.house.made["grant"], why="Enough", **self.house.by("kim"))
        revoke_many(batch=batch, why="All of them", **self.house.by("kim"))
        revoke_exception(exception=self.house.made["exception"], why="Over", **self.house.by("anna"))
        self.whole()

    def test_requests_rejected_withdrawn_and_expired(self):
        asked = []
        for call in self.house.calls[1:4]:
            call = FollowUp.objects.get(pk=call.pk)
            wish = {"wanted": call.entered_at - dt.timedelta(days=12), "why_code": "back_fill", "words": "Found"}
            asked.append(ask(record=call, seen_version=call.version, **wish, **self.house.by("sam")))
        call = FollowUp.objects.get(pk=asked[0].record_id)
        reject(request=asked[0], seen=Seen.of(asked[0], call), note="No", **self.house.by("mia"))
        withdraw(request=asked[1], **self.house.by("sam"))
        self.house.clock.wait(days=30)
        assert expire_due(self.house.clock) == 1
        assert TimeRequest.objects.filter(state="approved").count() == 1
        self.whole()

    def test_the_key_changed_with_the_old_one_kept(self):
        new = {"SEAL_KEY": "another key that is long enough for anybody", "SEAL_KEYS_OLD": [settings.SEAL_KEY]}
        with override_settings(**new):
            self.house.rename(self.house.customers[0], "mia", note="Sealed with the new key")
            self.house.seal()
            assert len(set(Seal.objects.values_list("key_name", flat=True))) == 2
            self.whole()
        with override_settings(**new | {"SEAL_KEYS_OLD": []}):
            code, told = verify(self.house)
            assert code == 1
            assert "SEAL_KEYS_OLD" in told

    def test_heads_that_were_begun_anew(self):
        self.heads.write_bytes(self.heads.read_bytes().splitlines(keepends=True)[-1])
        self.whole()

    def test_owner_importance_and_parent_changed(self):
        customer = Customer.objects.get(pk=self.house.customers[3].pk)
        why = {"reason": "", "seen_version": customer.version}
        change_owner(record=customer, owner=self.house.people["mia"], **why, **self.how("kim"))
        customer.refresh_from_db()
        why["seen_version"] = customer.version
        change_importance(record=customer, importance="key", **why, **self.how("kim"))
        deal = Opportunity.objects.get()
        moved = {"record": deal, "customer": self.house.customers[2], "seen_version": deal.version, "reason": ""}
        change_parent(**moved, **self.how("kim"))
        self.whole()

    def test_an_archived_record_taken_back(self):
        call = FollowUp.objects.get(pk=self.house.calls[11].pk)
        restore_record(record=call, seen_version=call.version, reason="", **self.how("sam"))
        self.whole()

    def test_rules_windows_reasons_and_periods_changed(self):
        rule = TypeRule.objects.get(record_type="contract")
        for day in (dt.timedelta(days=40), dt.timedelta(days=80)):
            values = {"closed_through": (self.house.clock() - day).date()}
            change_rule(rule=rule, seen_version=rule.version, values=values, **self.how("anna"))
            rule.refresh_from_db()
        add_reason(name_en="Merged", name_zh="合并", **self.how("anna"))
        self.whole()

    def test_a_day_of_trying_in_vain(self):
        record_event(kind="refused", by=self.house.people["sam"], at=self.house.clock(), what={"codes": ["right"]})
        record_event(kind="signed_in", by=self.house.people["sam"], at=self.house.clock())
        self.whole()

    def test_more_rows_than_one_seal_takes(self):
        with mock.patch.object(seals, "MOST", 5):
            for n in range(13):
                self.house.rename(self.house.customers[0], "mia", note=f"Line {n}")
                self.house.clock.wait(hours=3)
            self.house.seal()
            assert Seal.objects.count() >= 7
            self.whole()

    def test_a_transaction_that_committed_after_the_seal(self):
        at = self.house.clock()
        self.house.seal()
        record_event(kind="exported", by=None, at=at - dt.timedelta(minutes=50), channel="command")
        self.whole()

    def test_a_column_added_later(self):
        if POSTGRES:
            run("SET CONSTRAINTS ALL IMMEDIATE")
        run(f"ALTER TABLE {H} ADD COLUMN colour text NULL")
        run("ALTER TABLE records_followup ADD COLUMN colour text NULL")
        install()
        self.house.redate(self.house.calls[2], "mia", hours=1)
        self.whole()

    def test_only_what_was_sealed_lately(self):
        for since in ("3", self.house.clock().date().isoformat(), "99", "2020-01-01"):
            assert verify(self.house, f"--since={since}")[0] == 0

    def test_never_sealed(self):
        with switched_on(MAINTENANCE):
            Seal.objects.all().delete()
            SealLeaf.objects.all().delete()
        self.heads.unlink()
        assert verify(self.house)[0] == 0
        self.whole()


class TestRawSQL(TestCase):
    """SQL typed in psql or sqlite3 is captured by triggers: it is in the trail, and no finding of `verify`."""

    def test_raw_sql_on_records(self):
        house = House(Path("/nonexistent/heads.jsonl"), clock=RealClock())
        with override_settings(SEAL_HEADS=""):
            sealed_house._people(house)
            sealed_house._records(house)
            seals.seal(house.clock)
            customer = house.customers[0].pk
            run("UPDATE records_customer SET note = 'By hand' WHERE id = %s", [customer])
            run("DELETE FROM records_contact")
            assert run("SELECT count(*) FROM audit_historicalcontact WHERE channel = 'sql'") == [(1,)]
            for _ in range(2):
                code, told = verify_without_heads()
                assert code == 0, told
                house.rename(house.customers[0], "sam", address="Nanjing Road")
                seals.seal(house.clock)


class RealClock(Clock):
    """The database stamps raw SQL by its own clock."""

    def __init__(self) -> None:
        """It is never set."""

    def __call__(self) -> dt.datetime:
        return times.now()

    def wait(self, **time: float) -> dt.datetime:
        """Nobody waits."""
        return times.now()


def verify_without_heads():
    return verify(mock.Mock(heads="", clock=times.now))


# ---- what needs rows that are committed ----


@pytest.fixture
def committed(transactional_db, tmp_path, settings):
    """A house that others see too."""
    settings.SEAL_HEADS = str(tmp_path / "heads.jsonl")
    return sealed_house.build(tmp_path / "heads.jsonl")


def assert_whole(house):
    code, told = verify(house)
    assert code == 0, told


def verified_elsewhere(url, house):
    """`manage.py verify` as a program of its own, on that database."""
    var = house.heads.parent / "var"
    given = {"DATABASE_URL": url, "REDATE_VAR": str(var), "DEBUG": "1", "DJANGO_SETTINGS_MODULE": "crm.settings"}
    command = [sys.executable, "manage.py", "verify", f"--heads={house.heads}", "--no-store"]
    return subprocess.run(command, env=os.environ | given, cwd=settings.BASE_DIR, capture_output=True, text=True)


def test_cleaned_dumped_and_loaded_elsewhere(committed):
    run("VACUUM")
    run("ANALYZE")
    assert_whole(committed)
    url = copied_postgres() if POSTGRES else copied_sqlite(committed.heads.with_name("copy.sqlite3"))
    try:
        made = verified_elsewhere(url, committed)
        assert made.returncode == 0, made.stdout + made.stderr
        assert "standing" in made.stderr
    finally:
        if POSTGRES:
            run('DROP DATABASE "redate_copy"')


def copied_sqlite(path):
    """Dumped as SQL text and loaded into another file."""
    shell = program("sqlite3")
    dump = subprocess.run([shell, connection.settings_dict["NAME"], ".dump"], check=True, capture_output=True).stdout
    subprocess.run([shell, path], input=dump, check=True, capture_output=True)
    return f"sqlite:///{path}"


def copied_postgres():
    """pg_dump into another database."""
    given = connection.settings_dict
    server = {"PGHOST": given["HOST"], "PGPORT": str(given["PORT"]), "PGUSER": given["USER"]}
    env = os.environ | server | {"PGPASSWORD": given["PASSWORD"]}
    dump = subprocess.run([program("pg_dump"), given["NAME"]], env=env, check=True, capture_output=True).stdout
    run('CREATE DATABASE "redate_copy"')
    load = [program("psql"), "-q", "-v", "ON_ERROR_STOP=1", "redate_copy"]
    subprocess.run(load, env=env, input=dump, check=True, capture_output=True)
    return f"postgres://{given['USER']}:{given['PASSWORD']}@{given['HOST']}:{given['PORT']}/redate_copy"


def test_a_migration_backwards_and_forwards(committed):
    """It takes a column from a sealed table and gives it back: rows that never used it are as they were sealed."""
    for app, step in (("records", "0006"), ("audit", "0004"), ("records", None), ("audit", None)):
        call_command("migrate", app, *([step] if step else []), verbosity=0)
    assert Seal.objects.count() == 4
    assert_whole(committed)
    committed.redate(committed.calls[2], "mia", hours=1)
    committed.seal()
    assert_whole(committed)
    assert Event.objects.filter(kind="verified", what__result="ok").count() == 2
    assert CompanyRules.objects.get().zone == "Asia/Shanghai"
