"""Files that prove requests: their hashes are sealed when they come in, and `verify` compares."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from importlib import import_module
from typing import Any
from unittest import mock

from django.apps import apps
from django.urls import reverse

from audit.models import Event, SealLeaf
from records.models import FollowUp, ProofFile
from records.services.time_requests import ask
from tests.audit.house import POSTGRES
from tests.audit.sealed_house import Whole

TABLE = "records_prooffile"
DATA = b"%PDF-1.4 the card of the visit\x00\xff"


class TestProofFiles(Whole):
    """One request with a file, sealed."""

    def asked(self, number: int = 3, name: str = "Li Wei's card.pdf") -> Any:
        """A request of Sam's for a follow-up, with its proof."""
        call = FollowUp.objects.get(pk=self.house.calls[number].pk)
        wish = {"why_code": "back_fill", "words": "Found the card only now.", "seen_version": call.version}
        wanted = call.entered_at - timedelta(days=20)
        made = ask(record=call, wanted=wanted, proof=(name, DATA), **wish | self.house.by("sam"))
        self.house.seal()
        return made

    def found(self) -> list[tuple[str, int | None, str, int | None]]:
        """What a run finds."""
        return [(each.code, each.row_id, each.record_type, each.record_id) for each in self.run_it().findings]

    def test_the_hashes_stand_in_a_sealed_event_and_the_name_does_not(self):
        made = self.asked()
        event = Event.objects.get(kind="proof_kept")
        assert (event.actor_name, event.record_type, event.record_id) == ("Sam", "records.followup", made.record_id)
        assert (event.what["request"], event.what["size"]) == (made.pk, len(DATA))
        assert event.what["sha256"] == sha256(DATA).hexdigest()
        assert "Li Wei" not in str(event.what)
        assert SealLeaf.objects.filter(kind="audit.event", row_id=event.pk).exists()
        assert self.found() == []
        self.client.force_login(self.house.people["otto"])
        html = self.client.get(reverse("audit:trail_row", args=["event", event.pk])).content.decode()
        assert f"Request R-{made.pk:04d}: a file of {len(DATA)} bytes, SHA-256 {sha256(DATA).hexdigest()}" in html

    def test_an_altered_file_names_its_request(self):
        made = self.asked()
        self.alter(f"UPDATE {TABLE} SET data = %s WHERE request_id = %s", b"%PDF-1.4 another card", made.pk)
        place = ("proof_altered", made.pk, "followup", made.record_id)
        assert self.found() == [place]
        (one,) = self.run_it().findings
        assert f"R-{made.pk:04d}" in one.sentence
        assert one.facts["held"] != one.facts["said"]
        if not POSTGRES:
            self.alter(f"UPDATE {TABLE} SET data = 'text' WHERE request_id = %s", made.pk)
            assert self.found() == [place]

    def test_another_name_a_lost_file_and_one_slipped_in(self):
        made, other = self.asked(), self.house.made["request"]
        self.alter(f"UPDATE {TABLE} SET name = 'contract.pdf' WHERE request_id = %s", made.pk)
        assert self.found() == [("proof_altered", made.pk, "followup", made.record_id)]
        self.alter(f"DELETE FROM {TABLE} WHERE request_id = %s", made.pk)
        assert self.found() == [("proof_missing", made.pk, "followup", made.record_id)]
        self.alter(f"INSERT INTO {TABLE} (request_id, name, data, size) VALUES (%s, 'x.pdf', %s, 3)", other.pk, b"new")
        assert ("proof_unknown", other.pk, "followup", other.record_id) in self.found()

    def test_a_second_event_does_not_make_it_right(self):
        made = self.asked()
        self.alter(f"UPDATE {TABLE} SET data = %s WHERE request_id = %s", b"another", made.pk)
        what = {"request": made.pk, "size": 7} | ProofFile.fingerprint("Li Wei's card.pdf", b"another")
        Event.objects.create(at=self.house.clock(), kind="proof_kept", channel="web", what=what)
        assert [code for code, *_place in self.found()] == ["proof_altered"]

    def test_files_from_before_get_their_hashes_once(self):
        made, earlier = self.asked(), self.house.made["request"]
        ProofFile.objects.create(request=earlier, name="old.pdf", data=b"old", size=3)
        assert [code for code, *_place in self.found()] == ["proof_unknown"]
        step = import_module("records.migrations.0008_proof_fingerprints").keep_fingerprints
        with mock.patch("django.utils.timezone.now", self.house.clock):
            step(apps, None)
            step(apps, None)
        assert self.found() == []
        kept = Event.objects.filter(kind="proof_kept")
        assert sorted(event.what["request"] for event in kept) == sorted([made.pk, earlier.pk])
        assert kept.get(what__request=earlier.pk).record_id == earlier.record_id
