"""Seals: every row of every table in one, in one chain, signed; heads kept elsewhere; proofs of single rows."""

from __future__ import annotations

import datetime as dt
import io
import json
from unittest import mock

import pytest
from django.conf import settings as site
from django.core import mail
from django.core.management import call_command
from django.core.management.base import CommandError

from audit import heads, keys, seals
from audit.heads import read_heads
from audit.models import Event, Seal, SealLeaf
from audit.proofs import proof_of
from audit.seals import last_seal, next_due, seal, seal_all, seal_if_due, waiting
from tests.audit.house import build
from tests.audit.sealing import assert_chain, event, sealed_rows, stored_rows
from tests.cast import NOW, clock, days

pytestmark = pytest.mark.django_db
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def file(tmp_path, settings):
    """The file of heads."""
    settings.SEAL_HEADS = str(tmp_path / "else" / "where" / "heads.jsonl")
    return tmp_path / "else" / "where" / "heads.jsonl"


def at(moment):
    return lambda: moment


# ---- what is sealed ----


def test_every_row_of_every_table_is_sealed_once_by_kind_and_id(cast):
    build(cast)
    event()
    made = seal(clock)
    assert made == last_seal()
    assert (made.number, made.previous, made.at) == (1, "", NOW)
    assert sealed_rows() == sorted(stored_rows())
    assert set(made.columns) == {kind for kind, _ in stored_rows()}
    assert made.columns["audit.event"] == sorted(field.column for field in Event._meta.concrete_fields)
    assert_chain()


def test_the_next_seal_holds_what_came_since_and_names_the_head_before(cast):
    event()
    first = seal(clock)
    assert seal(clock) is None
    late = event()
    second = seal(clock)
    assert (second.number, second.previous, second.count) == (2, first.head, 1)
    assert sealed_rows()[-1] == ("audit.event", late.pk)
    assert_chain()


def test_many_rows_take_several_seals(cast):
    build(cast)
    with mock.patch.object(seals, "MOST", 7):
        made = seal_all(clock)
    assert [each.count for each in made[:-1]] == [7] * (len(made) - 1)
    assert sum(each.count for each in made) == len(stored_rows())
    assert sealed_rows() == sorted(stored_rows())
    assert_chain()


def test_an_exact_seal_full_is_followed_by_none(db):
    for _ in range(6):
        event()
    seal(clock)
    for _ in range(6):
        event()
    with mock.patch.object(seals, "MOST", 3):
        assert [each.count for each in seal_all(clock)] == [3, 3]


def test_a_row_below_the_mark_is_sealed_by_the_first_seal_of_the_next_day(db):
    """As a transaction would leave it that stayed open for hours."""
    event(pk=1000)
    seal(clock)
    event(pk=2000)
    low, later = event(pk=500), NOW + 3 * HOUR
    assert seal(at(later)).count == 1
    assert seal(at(later)) is None
    event(pk=3000)
    assert seal(at(NOW + days(1))).count == 2
    assert ("audit.event", low.pk) in sealed_rows()
    event(pk=600)
    assert seal(at(NOW + days(1) + 3 * HOUR)) is None
    assert seal(at(NOW + days(1) + 3 * HOUR), whole=True).count == 1


def test_a_row_that_commits_within_two_hours_is_sealed_the_same_day(db):
    event(pk=1000)
    seal(clock)
    event(pk=500)
    assert seal(at(NOW + 1.5 * HOUR)).count == 1


# ---- when ----


def test_it_is_due_an_hour_after_the_last_and_only_with_rows_waiting(db, settings):
    event()
    assert next_due(clock) == NOW
    assert seal_if_due(clock).number == 1
    event()
    assert next_due(clock) == NOW + HOUR
    assert seal_if_due(at(NOW + HOUR - days(1 / 86400))) is None
    assert seal_if_due(at(NOW + HOUR)).number == 2
    assert seal_if_due(at(NOW + 5 * HOUR)) is None
    assert next_due(at(NOW + 5 * HOUR)) == NOW + 5 * HOUR
    settings.SEAL_EVERY = 5
    event()
    assert seal_if_due(at(NOW + HOUR + days(5 / 1440))).number == 3


def test_rows_waiting_are_counted_no_further_than_asked(cast, django_assert_num_queries):
    seal(clock)
    assert waiting() == 0
    build(cast)
    event()
    unsealed = len(stored_rows()) - len(sealed_rows())
    with django_assert_num_queries(1):
        assert waiting() == unsealed
    assert waiting(3) == 3


# ---- the key ----


@pytest.mark.parametrize("key", ["", "too short"])
def test_without_a_key_nothing_is_sealed(db, settings, key):
    settings.SEAL_KEY = key
    event()
    with pytest.raises(keys.NoKey):
        seal(clock)
    assert seal_if_due(clock) is None
    with pytest.raises(CommandError, match="SEAL_KEY is missing"):
        call_command("seal")
    assert not Seal.objects.exists()


def test_the_key_can_be_changed_and_old_seals_still_be_checked(db, settings):
    event()
    old = seal(clock)
    settings.SEAL_KEYS_OLD, settings.SEAL_KEY = [settings.SEAL_KEY], "another key of fifty characters, as it should be."
    event()
    new = seal(clock)
    assert old.key_name != new.key_name
    assert site.SEAL_KEY not in (new.key_name, new.mac)
    assert [keys.fits(each.head, each.mac, each.key_name) for each in (old, new)] == [True, True]
    assert keys.fits(old.head, new.mac, old.key_name) is False
    settings.SEAL_KEYS_OLD = []
    assert keys.fits(old.head, old.mac, old.key_name) is None


# ---- heads ----


def test_heads_are_written_to_a_file_line_by_line(db, file):
    event()
    first = seal(clock)
    event()
    second = seal(clock)
    assert [(head["number"], head["head"]) for head in read_heads(file)] == [(1, first.head), (2, second.head)]
    line = json.loads(file.read_text().splitlines()[1])
    assert line["previous"] == first.head
    assert line["at"] == "2026-03-18T06:32:00.000000+00:00"


def test_a_head_whose_write_failed_is_written_the_next_time(db, file, settings, tmp_path, caplog):
    good, settings.SEAL_HEADS = settings.SEAL_HEADS, str(tmp_path)
    event()
    assert seal(clock).number == 1
    assert "not written" in caplog.text
    settings.SEAL_HEADS = good
    assert seal(clock) is None
    assert [head["number"] for head in read_heads(file)] == [1]
    assert seal(clock) is None
    assert len(read_heads(file)) == 1


def test_half_a_line_left_by_a_killed_writer_is_written_again_whole(db, file):
    event()
    seal(clock)
    whole = file.read_bytes()
    file.write_bytes(whole[:-9])
    seal(clock)
    assert file.read_bytes() == whole


def test_a_file_of_another_chain_keeps_its_lines(db, file):
    """As after the database was restored from an older copy: both heads of one number stand there."""
    file.parent.mkdir(parents=True)
    file.write_text('{"number":1,"head":"aa"}\n')
    event()
    made = seal(clock)
    assert [head["head"] for head in read_heads(file)] == ["aa", made.head]


def test_reading_heads_names_the_line_that_is_none(file):
    file.parent.mkdir(parents=True)
    file.write_text('{"number":1,"head":"aa"}\n\n{"number":"2"}\n')
    with pytest.raises(ValueError, match="line 3"):
        read_heads(file)
    with pytest.raises(OSError):
        read_heads(file.with_name("none"))


def test_heads_are_mailed_and_a_mail_that_fails_stops_nothing(db, settings, caplog):
    settings.SEAL_MAIL = ["auditor@redate.example", "lawyer@redate.example"]
    event()
    made = seal(clock)
    (sent,) = mail.outbox
    assert sent.to == settings.SEAL_MAIL
    assert made.head[:16] in sent.subject
    assert heads.line_of(made) in sent.body
    event()
    with mock.patch("audit.heads.EmailMessage.send", side_effect=OSError("no route")):
        assert seal(clock).number == 2
    assert "not mailed" in caplog.text
    assert seal(clock) is None
    assert len(mail.outbox) == 1


def test_a_seal_that_fails_leaves_nothing_and_tells_no_head(db, file):
    event()
    with mock.patch.object(Seal, "save", side_effect=RuntimeError), pytest.raises(RuntimeError):
        seal(clock)
    assert not SealLeaf.objects.exists()
    assert not file.exists()


def test_the_command_tells_what_it_did_and_prints_heads_alone(db):
    def told(*arguments):
        out = io.StringIO()
        call_command("seal", *arguments, stdout=out)
        return out.getvalue()

    call_command("seal", stdout=io.StringIO())
    event(), event()
    assert told() == f"2 rows sealed. Seal #2: {last_seal().head}\n"
    assert told() == "Every row is sealed.\n"
    assert told("--print") == heads.line_of(last_seal()) + "\n"
    event(pk=9000), event(pk=10)
    assert json.loads(told("--print", "--whole"))["count"] == 2


# ---- proofs ----


def test_every_sealed_row_has_a_proof_in_three_queries(cast, django_assert_num_queries):
    build(cast)
    with mock.patch.object(seals, "MOST", 11):
        seal(clock)
    for kind, row_id in sealed_rows():
        proof = proof_of(kind, row_id)
        assert proof.holds
        seal_of = Seal.objects.get(number=proof.seal)
        assert (proof.root, proof.head, proof.count) == (seal_of.root, seal_of.head, seal_of.count)
    kind, row_id = sealed_rows()[0]
    with django_assert_num_queries(3):
        proof = proof_of(kind, row_id)
    assert json.loads(json.dumps(proof.as_json()))["path"] == list(proof.path)


def test_a_row_not_sealed_has_no_proof(db):
    assert proof_of("audit.event", event().pk) is None


def test_a_leaf_that_was_altered_proves_nothing(db):
    from audit.triggers import MAINTENANCE, switched_on

    rows = [event() for _ in range(5)]
    seal(clock)
    with switched_on(MAINTENANCE):
        SealLeaf.objects.filter(row_id=rows[2].pk).update(leaf=b"x" * 32)
    assert not proof_of("audit.event", rows[2].pk).holds
    assert not proof_of("audit.event", rows[3].pk).holds
    with switched_on(MAINTENANCE):
        SealLeaf.objects.filter(row_id__in=[row.pk for row in rows[:2]]).delete()
    assert not proof_of("audit.event", rows[4].pk).holds
