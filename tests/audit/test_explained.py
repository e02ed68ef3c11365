"""An explanation holds for exactly what was found: a further alteration of the same row is a finding of its own."""

from __future__ import annotations

import re
from typing import Any

from django.urls import reverse

from audit.findings.explaining import explain
from audit.models import Event, Finding
from tests.audit.sealed_house import Whole

WHY = "A typing error, put right by hand on Monday"


class TestExplained(Whole):
    """What was explained, altered again."""

    def found(self, **about: Any) -> list[Finding]:
        """What a run finds now that nobody explained."""
        self.house.clock.wait(hours=1)
        self.run_it()
        return list(Finding.objects.filter(gone_at__isnull=True, explained_at__isnull=True, **about))

    def explain(self, finding: Finding) -> None:
        explain(finding=finding, words=WHY, by=self.house.people["otto"], clock=self.house.clock)

    def altered_again(self, table: str, column: str, pk: int, code: str, key: str) -> None:
        """Alter a text, explain that, alter it again, and take the second alteration back."""
        change = f"UPDATE {table} SET {column} = %s WHERE {key} = %s"
        self.alter(change, "Once", pk)
        (one,) = self.found(code=code)
        self.explain(one)
        assert self.found() == []
        self.alter(change, "Twice", pk)
        (two,) = self.found()
        assert (two.code, two.kind, two.row_id) == (one.code, one.kind, one.row_id)
        assert two.pk != one.pk
        one.refresh_from_db()
        assert (one.explanation, one.gone_at) == (WHY, self.house.clock.at)
        self.explain(two)
        assert self.found() == []
        self.alter(change, "Once", pk)
        assert self.found() == []  # this very state was explained
        one.refresh_from_db()
        two.refresh_from_db()
        assert (one.gone_at, two.gone_at) == (None, self.house.clock.at)
        self.alter(change, "Thrice", pk)
        assert len(self.found()) == 1

    def test_a_sealed_row(self):
        row = self.house.calls[1].history.latest("history_id")
        self.altered_again("audit_historicalfollowup", "actor_name", row.pk, "row_altered", "history_id")

    def test_a_standing_record_of_which_a_text_that_no_finding_repeats_was_altered(self):
        self.altered_again("records_followup", "summary", self.house.calls[1].pk, "live_differs", "id")

    def test_an_event(self):
        row = Event.objects.order_by("id").first()
        self.altered_again("audit_event", "actor_name", row.pk, "row_altered", "id")

    def test_a_row_that_was_altered_and_then_deleted(self):
        row = self.house.calls[1].history.latest("history_id")
        self.alter("UPDATE audit_historicalfollowup SET actor_name = 'Once' WHERE history_id = %s", row.pk)
        (one,) = self.found()
        self.explain(one)
        self.alter("DELETE FROM audit_historicalfollowup WHERE history_id = %s", row.pk)
        assert "row_deleted" in {found.code for found in self.found()}

    def test_what_nobody_explained_stays_one_finding_however_often_it_is_altered(self):
        pk = self.house.calls[1].pk
        for name in ("Once", "Twice"):
            self.alter("UPDATE records_followup SET summary = %s WHERE id = %s", name, pk)
            assert len(self.found()) == 1
        assert Finding.objects.count() == 1

    def test_a_run_over_new_seals_alone_keeps_what_it_says_nothing_of(self):
        row = self.house.calls[1].history.latest("history_id")
        self.alter("UPDATE audit_historicalfollowup SET actor_name = 'Once' WHERE history_id = %s", row.pk)
        (one,) = self.found()
        self.explain(one)
        self.run_it(since=4)
        one.refresh_from_db()
        assert one.gone_at is None

    def test_the_page_takes_no_explanation_for_what_was_altered_since_it_was_shown(self):
        pk = self.house.calls[1].pk
        self.alter("UPDATE records_followup SET summary = 'Once' WHERE id = %s", pk)
        (one,) = self.found()
        self.client.force_login(self.house.people["otto"])
        address = reverse("audit:integrity_finding", args=[one.pk])
        html = self.client.get(address).content.decode()
        seen = re.search(r'name="seen" value="([0-9a-f]{64})"', html)[1]
        self.alter("UPDATE records_followup SET summary = 'Twice' WHERE id = %s", pk)
        self.found()
        response = self.client.post(address, {"words": WHY, "seen": seen})
        assert response.status_code == 422
        assert "Something changed here since you looked." in response.content.decode()
        one.refresh_from_db()
        assert one.explained_at is None
        seen = re.search(r'name="seen" value="([0-9a-f]{64})"', response.content.decode())[1]
        assert self.client.post(address, {"words": WHY, "seen": seen}).status_code == 302
        event = Event.objects.get(kind="finding_explained")
        assert event.what["digest"] == seen
