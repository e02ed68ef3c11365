"""What the demo tells of imports, changes of many, the review and the seals: through the services, and found whole."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from django.test import TestCase
from django.urls import reverse

from audit import verify
from audit.models import Finding, Job, Review, ReviewItem, SavedFilter, Seal, Verification
from crm.demo.make import SIZES, make_demo
from crm.models import User
from records.deciders import waiting_for
from records.models import RECORDS, Batch, BulkChange, FollowUp, Import, Opportunity, TimeRequest
from records.services.import_drafts import OUTCOME, bytes_of

NOW = dt.datetime(2026, 3, 18, 6, 32, tzinfo=dt.UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def rows_of(batch: Batch) -> list[Any]:
    """The history rows of a batch."""
    return list(RECORDS[batch.record_type].history.filter(batch=batch.pk).order_by("history_id"))


class TestStory(TestCase):
    """A class, so that the demo is written once for all of its tests."""

    @classmethod
    def setUpTestData(cls):
        make_demo(NOW, SIZES["small"])

    def person(self, name: str) -> User:
        return User.objects.get(username=name)

    def page(self, name: str, who: str, *args: Any) -> str:
        """What that person sees on a page."""
        self.client.force_login(self.person(who))
        response = self.client.get(reverse(name, args=args))
        assert response.status_code == 200
        return response.content.decode()

    def test_two_files_were_loaded_and_a_few_of_their_rows_refused(self):
        report, sheet = Import.objects.filter(state="done").order_by("pk")
        assert (report.by.username, report.name) == ("olivia", "salesforce-opportunities.csv")
        assert (sheet.by.username, sheet.name) == ("han", "宁波跟进台账.xlsx")
        assert (report.counts["created"], report.counts["refused"]) == (8, 2)
        assert (sheet.counts["created"], sheet.counts["refused"]) == (10, 2)
        assert report.batch.facts["source"] == "salesforce"
        outcome = (bytes_of(report, OUTCOME) or b"").decode()
        assert outcome.count("refused") == 2
        assert "Kestrel Aerospce" in outcome
        page = self.page("records:import_list", "olivia")
        assert "salesforce-opportunities.csv" in page
        assert "Europe/London (UTC" in page
        assert "Europe/London (UTC" in self.page("records:import_result", "olivia", report.pk)

    def test_times_of_the_files_are_entry_times_and_lie_before_the_import(self):
        for batch in Batch.objects.filter(kind="import"):
            for row in rows_of(batch):
                assert (row.channel, row.entered_at) == ("import", row.original_entered_at)
                assert row.entered_at < row.recorded_at

    def test_an_upload_waits_for_the_administrator(self):
        draft = Import.objects.get(state="draft")
        assert (draft.by.username, draft.record_type) == ("admin", "customer")
        assert "建档时间" in self.page("records:import_columns", "admin", draft.pk)

    def test_a_shift_was_tried_on_three_before_the_rest(self):
        trial, rest = Batch.objects.filter(kind="bulk", record_type="followup").order_by("pk")
        assert (trial.count, rest.count, trial.by.username) == (3, 7, "han")
        assert [trial.facts["trial"], rest.facts["trial"]] == [True, False]
        assert trial.at < rest.at
        moved = {row.previous_entered_at - row.entered_at for row in rows_of(trial) + rows_of(rest)}
        assert moved == {dt.timedelta(hours=2)}

    def test_a_batch_was_undone_but_for_what_was_touched_since(self):
        made = Batch.objects.get(kind="bulk", record_type="opportunity")
        undone = Batch.objects.get(kind="undo")
        assert (made.count, undone.count, undone.undoes) == (8, 6, made.pk)
        kept = Opportunity.objects.filter(pk__in=[row.id for row in rows_of(made)]).time_changed()
        assert {record.owner.username for record in kept} == {"marcus"}
        assert kept.count() == 2
        assert undone.title in self.page("records:batch_detail", "olivia", made.pk)

    def test_owners_were_changed_at_once(self):
        batch = Batch.objects.get(kind="assign")
        assert (batch.count, batch.by.username) == (4, "han")
        assert set(
            FollowUp.objects.filter(pk__in=[row.id for row in rows_of(batch)]).values_list("owner", flat=True)
        ) == {self.person("lin").pk}

    def test_one_wish_for_many_was_answered_and_one_waits(self):
        lins, priyas = (BulkChange.objects.get(by=self.person(name)) for name in ("lin", "priya"))
        answered, waiting = (TimeRequest.objects.filter(bulk=bulk.pk) for bulk in (lins, priyas))
        assert set(answered.values_list("state", "answered_by__username")) == {("approved", "han")}
        assert set(waiting.values_list("state", flat=True)) == {"open"}
        assert answered.count() == waiting.count() == 4
        assert lins.note in self.page("records:request_list", "lin")
        assert set(waiting_for(self.person("olivia"), NOW).filter(bulk=priyas.pk)) == set(waiting)

    def test_batches_are_listed_for_those_who_see_them(self):
        page = self.page("records:batch_list", "admin")
        for batch in Batch.objects.exclude(kind="undo"):
            assert batch.title in page

    def test_changes_were_reviewed_and_others_wait(self):
        assert set(Review.objects.values_list("outcome", flat=True)) == {"ok", "back"}
        assert set(Review.objects.values_list("by_name", flat=True)) == {"Daniel Okafor"}
        assert ReviewItem.objects.filter(state="open").count() > 5
        assert all(review.at < NOW for review in Review.objects.all())

    def test_a_finding_is_explained_and_others_are_not(self):
        told = Finding.objects.exclude(explained_at=None).get()
        assert (told.code, told.explained_by_name) == ("outside_hours", "Daniel Okafor")
        assert Finding.objects.filter(explained_at=None, gone_at=None).exists()
        assert "Europe/London (UTC" in self.page("audit:integrity", "auditor")

    def test_the_auditor_keeps_filters_that_work(self):
        kept = list(SavedFilter.objects.filter(user=self.person("auditor")))
        assert sorted(each.shared for each in kept) == [False, True]
        self.client.force_login(self.person("auditor"))
        for each in kept:
            response = self.client.get(f"{reverse('audit:trail')}?{each.query}")
            assert response.status_code == 200
            assert response.context["filter"].is_valid()
            assert response.context["filter"].is_on

    def test_the_trail_is_sealed_and_found_whole(self):
        assert Seal.objects.get().at == NOW
        assert Verification.objects.get(source="verify").rows == Seal.objects.get().count
        report = verify.run(by=None, clock=lambda: NOW, keep=False)
        # the first rows of the rules are as old as the database of the tests, and so younger than this story
        odd = [found for found in report.findings if found.code != "time_backwards" or "rule" not in found.kind]
        assert not odd

    def test_a_backup_is_asked_for_and_made_once_the_worker_runs(self):
        job = Job.objects.get(kind="backup")
        assert (job.state, job.by_id) == ("waiting", self.person("admin").pk)

    def test_its_moments_are_working_hours_of_working_days(self):
        for batch in Batch.objects.exclude(kind="undo"):
            moment = batch.at.astimezone(SHANGHAI)
            assert moment.weekday() < 5
            assert 9 <= moment.hour < 19
