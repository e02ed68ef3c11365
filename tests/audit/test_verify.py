"""What `verify` does with what it finds; how it is started, what it says, when it cannot run."""

from __future__ import annotations

import json
from io import StringIO
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, transaction
from django.test import override_settings

from audit import jobs, times
from audit.beats import Stopped
from audit.models import Event, Finding, Job, Seal, SealLeaf, Verification
from audit.verify import Found, Look, checks, examine, running, sentences, verify_if_due
from audit.verify import report as reports
from audit.verify.words import CODES
from tests.audit.house import POSTGRES
from tests.audit.house import run as sql
from tests.audit.sealed_house import Whole, places, verify

H = "audit_historicalfollowup"


class TestKeeping(Whole):
    """Runs, findings and events as rows."""

    def test_a_whole_run_is_kept_with_its_figures_and_an_event(self):
        report = self.run_it()
        kept = Verification.objects.get()
        assert (kept.source, kept.result, kept.by_name, kept.findings) == ("verify", "ok", "Otto", 0)
        assert (kept.rows, kept.seals) == (report.rows, 4) == (SealLeaf.objects.count(), Seal.objects.count())
        assert kept.facts["head"] == Seal.objects.get(number=4).head == report.head
        assert kept.facts["waiting"] == report.waiting > 0
        event = Event.objects.get(kind="verified")
        assert (event.actor_name, event.what["result"], event.what["number"]) == ("Otto", "ok", 4)

    def test_the_same_thing_is_one_finding_until_it_is_gone_and_again_when_it_is_back(self):
        pk, at = self.house.calls[1].pk, self.house.clock()
        with transaction.atomic():
            self.alter("UPDATE records_followup SET summary = 'Other' WHERE id = %s", pk)
            self.run_it()
            self.house.clock.wait(hours=1)
            self.run_it()
            finding = Finding.objects.get()
            assert (finding.code, finding.kind, finding.row_id) == ("live_differs", "records.followup", pk)
            assert (finding.record_type, finding.record_id) == ("followup", pk)
            assert (finding.found_at, finding.seen_at) == (at, self.house.clock())
            assert finding.facts["columns"] == ["summary"]
            assert "Other" not in json.dumps(finding.facts)
        Finding.objects.update(explanation="A test", explained_at=at)
        self.alter("UPDATE records_followup SET summary = 'Call 1' WHERE id = %s", pk)
        self.run_it()
        assert Finding.objects.get().gone_at == self.house.clock()
        self.alter("UPDATE records_followup SET summary = 'Other' WHERE id = %s", pk)
        self.run_it()
        finding.refresh_from_db()
        assert (finding.gone_at, finding.explanation) == (None, "A test")
        assert [v.result for v in Verification.objects.order_by("pk")] == ["findings", "findings", "ok", "findings"]

    def test_a_run_over_newer_seals_lets_no_finding_go(self):
        row = sql(f"SELECT min(history_id) FROM {H}")[0][0]
        self.alter(f"UPDATE {H} SET channel = 'api' WHERE history_id = %s", row)
        self.run_it()
        assert self.run_it(since=4).ok
        assert Finding.objects.get().gone_at is None

    def test_nothing_is_kept_where_nothing_should_be(self):
        self.run_it(keep=False)
        verify(self.house, "--no-store")
        assert not Verification.objects.exists()
        assert not Event.objects.filter(kind="verified").exists()

    def test_many_findings_are_named_up_to_a_limit_and_counted_beyond(self):
        self.alter(f"UPDATE {H} SET channel = 'api'")
        with mock.patch.object(reports, "MOST", 5):
            report = self.run_it()
        assert len(report.findings) == 5 + sum(found.code != "row_altered" for found in report.findings)
        assert report.uncounted == report.codes["row_altered"] - 5 > 10
        assert Verification.objects.get().findings == report.total

    def test_a_run_that_is_stopped_is_kept_as_failed(self):
        beat = mock.Mock()
        beat.step.side_effect = Stopped
        with pytest.raises(Stopped):
            self.run_it(beat=beat)
        assert Verification.objects.get().result == "failed"


class TestStarting(Whole):
    """By the worker, once a day, and by a page."""

    def test_the_worker_asks_once_in_a_day_and_does_it(self):
        clock = self.house.clock
        job = verify_if_due(clock)
        assert verify_if_due(clock) is None
        assert jobs.run_next(clock).pk == job.pk
        job.refresh_from_db()
        assert (job.state, job.result["ok"], job.result["rows"]) == ("done", True, SealLeaf.objects.count())
        clock.wait(hours=23)
        assert verify_if_due(clock) is None
        clock.wait(hours=2)
        assert verify_if_due(clock).by_id is None

    def test_a_run_that_somebody_made_counts(self):
        self.run_it()
        assert verify_if_due(self.house.clock) is None

    def test_a_page_starts_it_for_a_person(self):
        otto = self.house.people["otto"]
        jobs.ask_for(kind="verify", by=otto, at=self.house.clock())
        job = jobs.run_next(self.house.clock)
        assert job.state == Job.State.DONE, job.result
        assert Verification.objects.get().by_name == "Otto"
        assert Event.objects.get(kind="verified").channel == "web"


class TestCommand(Whole):
    """What it prints, and its exit code."""

    def test_progress_goes_to_the_other_output(self):
        out, err = StringIO(), StringIO()
        with mock.patch.object(times, "now", self.house.clock):
            call_command("verify", stdout=out, stderr=err)
        assert out.getvalue().startswith("The trail is whole.")
        assert "standing: " in err.getvalue()

    def test_since_must_be_a_day_or_a_seal(self):
        for wrong in ("yesterday", "-1", "2026-13-01"):
            with pytest.raises(CommandError) as error:
                verify(self.house, f"--since={wrong}")
            assert error.value.returncode == 2

    def test_what_cannot_be_read_at_all_is_2(self):
        with (
            mock.patch.object(checks, "every", return_value={"x": mock.Mock(side_effect=OperationalError("gone"))}),
            pytest.raises(CommandError, match="gone") as error,
        ):
            verify(self.house)
        assert error.value.returncode == 2

    def test_only_newer_seals_are_hashed_again(self):
        row = sql(f"SELECT min(history_id) FROM {H}")[0][0]
        self.alter(f"UPDATE {H} SET channel = 'api' WHERE history_id = %s", row)
        assert [verify(self.house, f"--since={since}")[0] for since in (1, 2, 3)] == [1, 1, 0]
        day = Seal.objects.get(number=3).at.date()
        assert "Older seals than #3" in verify(self.house, f"--since={day}")[1]

    def test_without_a_file_of_heads_it_says_what_that_means(self):
        with override_settings(SEAL_HEADS=""):
            report = self.run_it()
        assert report.ok
        assert "a cut end would not be seen" in report.sentence


class TestStumbling(Whole):
    """A check that cannot read what it finds is a finding; the others are made."""

    def test_a_check_that_stumbles(self):
        broken = mock.Mock(side_effect=ValueError("what is this"))
        with mock.patch.dict(checks._checks, {"standing": broken}):
            report = self.run_it()
        assert report.codes == {"check_failed": 1}
        assert "what is this" in report.findings[0].sentence
        assert "rights" in report.checks

    @pytest.mark.skipif(POSTGRES, reason="only SQLite holds bytes that are no text")
    def test_bytes_that_are_no_text(self):
        pk = self.house.calls[1].pk
        self.alter("UPDATE records_followup SET summary = CAST(x'ff41' AS TEXT) WHERE id = %s", pk)
        row = sql(f"SELECT min(history_id) FROM {H}")[0][0]
        self.alter(f"UPDATE {H} SET summary = CAST(x'ff41' AS TEXT) WHERE history_id = %s", row)
        self.alter(
            "UPDATE crm_user SET display_name = CAST(x'ff41' AS TEXT) WHERE id = %s", self.house.people["sam"].pk
        )
        report = self.run_it()
        assert {("live_differs", "records_followup", pk), ("row_altered", H, row)} <= places(report)
        assert "person_differs" in report.codes
        assert verify(self.house)[0] == 1

    def test_what_a_second_look_does_not_find_is_no_finding(self):
        looks = []

        def check(look):
            looks.append(look)
            yield Found("role_differs", "crm.role", 1, facts={"table": "crm_role"})
            if len(looks) == 1:
                yield Found("role_differs", "crm.role", 2, facts={"table": "crm_role"})

        with (
            mock.patch.dict(checks._checks, {"rights": check}),
            mock.patch.object(running, "_inside", return_value=False),
        ):
            report = examine(Look(self.house.clock()), names=["rights"])
        assert [found.row_id for found in report.findings] == [1]
        assert (len(looks), report.total) == (2, 1)


def test_every_code_has_its_words_and_takes_few_facts():
    for code, words in CODES.items():
        assert sentences.sentence(code, {"table": "t", "row": 7})
        assert str(words.what_to_do)[-1] in ".?"
    assert sentences.sentence("unheard_of", {"table": "t"}) == "t: unheard_of"
