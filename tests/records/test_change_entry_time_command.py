"""The commands: a dry run unless told otherwise, a backup first, who did it, and the rules of everyone."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from records.models import Batch, FollowUp
from tests import cast as make
from tests.cast import NOW, days
from tests.records.many import calls, fresh

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at_now")]


@pytest.fixture
def backups(monkeypatch):
    """Backups that were taken."""
    taken = []
    monkeypatch.setattr("records.management.told.call_command", lambda name, **streams: taken.append(name))
    return taken


def run(name, *words, **options):
    out, err = io.StringIO(), io.StringIO()
    call_command(name, *words, stdout=out, stderr=err, **options)
    return out.getvalue() + err.getvalue()


def change(*words, by="owner"):
    return run("change_entry_time", *words, "--by", by, "--note", "Cards were late")


SHIFTED = ("--type", "followup", "--shift", "-1d")


def test_it_is_a_trial_unless_told_otherwise(cast, backups):
    records = calls(cast, 2)
    said = change(*SHIFTED)
    assert f"{records[0].number}  2026-03-18 14:32 → 2026-03-17 14:32  allowed" in said
    assert "2 allowed. Times in Asia/Shanghai." in said
    assert "Nothing was changed. --apply does it." in said
    assert ({record.version for record in fresh(records)}, backups) == ({1}, [])


def test_applied_it_is_one_batch_in_the_name_of_the_person(cast, backups):
    records = calls(cast, 2)
    said = change(*SHIFTED, "--apply")
    batch = Batch.objects.get()
    assert f"2 changed. Batch {batch.pk}." in said
    assert (batch.by, batch.count, batch.reason, backups) == (cast.owner, 2, "command", ["backup"])
    for record in fresh(records):
        row = record.history.first()
        assert (record.entered_at, row.channel, row.actor_name) == (NOW - days(1), "command", "Owner")
        assert row.history_change_reason == "Cards were late"


def test_without_a_backup_where_that_is_said_or_nothing_is_done(cast, backups):
    change(*SHIFTED, "--apply")
    calls(cast, 1)
    change(*SHIFTED, "--apply", "--no-backup")
    assert (backups, Batch.objects.count()) == ([], 1)


def test_nothing_is_done_where_the_backup_fails(cast, monkeypatch):
    def fails(name, **streams):
        raise CommandError("The disk is full.")

    monkeypatch.setattr("records.management.told.call_command", fails)
    (call,) = calls(cast, 1)
    with pytest.raises(CommandError, match="disk"):
        change(*SHIFTED, "--apply")
    assert fresh([call])[0].version == 1


def test_a_file_of_numbers_and_times(cast, backups, tmp_path):
    one, other = calls(cast, 2)
    file = tmp_path / "times.csv"
    file.write_text(
        f"\ufeffnumber,new time,reason,note\n{one.number},2026-03-17 09:30,typing_error,Card 1\n\n"
        f"{other.number.lower()},2026-03-16\n",
        encoding="utf-8",
    )
    assert "2 changed" in change("--csv", str(file), "--apply", "--reason", "back_fill")
    first, second = (record.history.first() for record in (one, other))
    assert (first.reason, first.history_change_reason, first.typed) == ("typing_error", "Card 1", "2026-03-17 09:30")
    assert (second.reason, second.history_change_reason) == ("back_fill", "Cards were late")
    assert second.typed_zone == "Asia/Shanghai"
    assert [f"{record.entered_at:%d %H:%M}" for record in fresh([one, other])] == ["17 01:30", "15 16:00"]
    assert "2 as it is already" in change("--csv", str(file), "--reason", "back_fill")


def test_a_file_with_a_wrong_line_changes_nothing_and_names_it(cast, backups, tmp_path):
    call, other = calls(cast, 2)
    file = tmp_path / "times.csv"
    lines = [f"{call.number},2026-03-17", f"{call.number},2026-03-16", "F-2026-9999,2026-03-17", f"{other.number},soon"]
    file.write_text("\n".join(lines), encoding="utf-8")
    said = change("--csv", str(file))
    for words in ("line 2: ", "stands in the file twice", "no follow-up F-2026-9999", "Not a time"):
        assert words in said
    with pytest.raises(CommandError, match="Nothing was changed: 3 lines cannot be read"):
        change("--csv", str(file), "--apply")
    assert (fresh([call])[0].version, backups) == (1, [])


def test_the_filter_is_that_of_the_list(cast, backups):
    mine, theirs = calls(cast, 1), calls(cast, 1, owner=cast.colleague)
    change(*SHIFTED, "--filter", f"owner={cast.colleague.pk}", "--apply", by="manager")
    assert [record.version for record in fresh([*mine, *theirs])] == [1, 2]
    for wrong in ("owner=999", "from=2026-13-01", "nobody=1"):
        with pytest.raises(CommandError):
            change(*SHIFTED, "--filter", wrong)


def test_rules_hold_and_refusals_are_told(cast, backups):
    records = calls(cast, 1)
    said = change("--type", "followup", "--set", "2026-03-01", "--apply")
    assert "on request: More than 7 days back." in said
    assert "Nothing was changed." in said
    assert "refused" in change(*SHIFTED, by="auditor") or "on request" in change(*SHIFTED, by="auditor")
    assert fresh(records)[0].version == 1


def test_an_odd_order_is_told_and_has_to_be_meant(cast, backups):
    from records.models import TypeRule

    make.set_rule(TypeRule.objects.get(record_type="followup"), warn_order=True)
    (call,) = calls(cast, 1)
    assert "1 in an odd order" in change(*SHIFTED)
    assert "1 in an odd order" in change(*SHIFTED, "--apply")
    assert "1 changed" in change(*SHIFTED, "--apply", "--acknowledge")
    assert call.history.first().acknowledged == "before_customer"


def test_a_copied_date_that_is_missing_leaves_the_record_out(cast, backups):
    customer = make.customer(cast.owner)
    with_date = make.follow_up(cast.owner, customer, next_step_on=NOW.date() - days(1))
    without = make.follow_up(cast.owner, customer)
    said = change("--type", "followup", "--copy", "next_step_on", "--apply")
    assert f"{without.number}  This record has no such date" in said
    assert [record.version for record in fresh([with_date, without])] == [2, 1]
    assert "1 changed" in change("--type", "followup", "--restore", "--apply")
    assert fresh([with_date])[0].entered_at == NOW


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--shift", "-1d"),
        ("--type", "followup"),
        ("--type", "followup", "--shift", "soon"),
        ("--type", "followup", "--set", "2026-02-31"),
        ("--type", "followup", "--copy", "signed_on"),
        ("--csv", "/nowhere.csv"),
        ("--csv", "/nowhere.csv", "--restore"),
    ],
)
def test_what_cannot_be_understood_is_said(cast, words):
    with pytest.raises(CommandError):
        change(*words)


def test_nobody_and_somebody_who_may_no_longer_sign_in(cast, backups):
    (call,) = calls(cast, 1)
    with pytest.raises(CommandError, match="Nobody signs in as ghost"):
        change(*SHIFTED, by="ghost")
    change(*SHIFTED, by="gone")
    assert fresh([call])[0].version == 1


def test_a_batch_is_taken_back(cast, backups):
    records = calls(cast, 3)
    change(*SHIFTED, "--apply")
    batch = Batch.objects.get()
    said = run("undo_batch", str(batch.pk), "--by", "owner")
    assert "3 allowed." in said
    assert "Nothing was taken back. --apply does it." in said
    assert FollowUp.objects.filter(version=2).count() == 3
    said = run("undo_batch", str(batch.pk), "--by", "owner", "--note", "Wrong", "--apply")
    assert "3 changed." in said
    assert {(r.entered_at, r.history.first().channel) for r in fresh(records)} == {(NOW, "command")}
    assert "3 touched since" in run("undo_batch", str(batch.pk), "--by", "owner")
    with pytest.raises(CommandError, match="no batch 999"):
        run("undo_batch", "999", "--by", "owner")
