"""What `verify` finds besides the listed cases: in seals, people, rights, batches, requests, reviews, between seals."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from audit.models import Event, Review, Seal
from audit.verify import Look, examine
from crm.models import Role, Team, User
from records.models import Batch, TimeRequest
from tests.audit.house import run as sql
from tests.audit.sealed_house import Whole, past_triggers, places

H = "audit_historicalfollowup"


class TestOtherTampering(Whole):
    """What the cases of the list leave out."""

    def found(self, statement, *params):
        with transaction.atomic():
            self.alter(statement, *params)
            report = self.run_it(keep=False)
            transaction.set_rollback(True)
        return places(report)

    def test_seals_and_leaves(self):
        pk = Seal.objects.get(number=2).pk
        after = Seal.objects.get(number=3).pk
        found = self.found("DELETE FROM audit_seal WHERE number = 2")
        assert ("seals_missing", "audit_seal", after) in found
        assert ("leaves_without_seal", "audit_sealleaf", None) in found
        assert ("seal_altered", "audit_seal", pk) in self.found("UPDATE audit_seal SET count = 3 WHERE id = %s", pk)
        assert ("chain_broken", "audit_seal", after) in self.found("UPDATE audit_seal SET previous = head")
        assert ("mac_wrong", "audit_seal", pk) in self.found("UPDATE audit_seal SET mac = head WHERE id = %s", pk)
        assert ("key_missing", "audit_seal", pk) in self.found("UPDATE audit_seal SET key_name = 'x' WHERE id = %s", pk)
        gone = self.found("DELETE FROM audit_sealleaf WHERE seal = 2 AND position = 1")
        assert ("leaves_differ", "audit_seal", pk) in gone
        swap = "UPDATE audit_sealleaf SET leaf = (SELECT leaf FROM audit_sealleaf WHERE seal = 2 AND position = 1)"
        assert ("root_differs", "audit_seal", pk) in self.found(f"{swap} WHERE seal = 2 AND position = 0")
        assert any(code == "leaves_differ" for code, *_ in self.found("DELETE FROM audit_sealleaf"))

    def test_people_roles_teams_and_rights(self):
        sam, anna = (self.house.people[name].pk for name in ("sam", "anna"))
        role = Role.objects.get(key="sales")
        east = Team.objects.get(name="East").pk
        admin = Role.objects.get(key="administrator").group_id
        assert ("person_differs", "crm_user", sam) in self.found(
            "UPDATE crm_user SET email = 'x@y.z' WHERE id = %s", sam
        )
        assert ("person_differs", "crm_user", sam) in self.found(
            "UPDATE crm_user SET team_id = NULL WHERE id = %s", sam
        )
        joins = "INSERT INTO crm_user_groups (user_id, group_id) VALUES (%s, %s)"
        assert ("roles_differ", "crm_user", sam) in self.found(joins, sam, admin)
        leaves = self.found("DELETE FROM crm_user_groups WHERE user_id = %s", anna)
        assert ("roles_differ", "crm_user", anna) in leaves
        renamed = self.found("UPDATE crm_role SET name_en = 'Boss' WHERE id = %s", role.pk)
        assert ("role_differs", "crm_role", role.pk) in renamed
        led = self.found("UPDATE crm_team SET manager_id = %s WHERE id = %s", sam, east)
        assert ("role_differs", "crm_team", east) in led
        right = "INSERT INTO auth_group_permissions (group_id, permission_id) SELECT %s, id FROM auth_permission "
        more = self.found(right + "WHERE codename = 'back_up'", role.group_id)
        assert ("rights_differ", "auth_group", role.group_id) in more
        own = "INSERT INTO crm_user_user_permissions (user_id, permission_id) SELECT %s, min(id) FROM auth_permission"
        assert ("rights_differ", "crm_user", sam) in self.found(own, sam)

    def test_people_put_in_or_taken_out(self):
        new = User.objects.create(username="mallory", email="mallory@example.com")
        team = Team.objects.create(name="Shadow", group=Role.objects.get(key="auditor").group)
        report = self.run_it(keep=False)
        assert {("person_unknown", "crm_user", new.pk), ("team_unknown", "crm_team", team.pk)} <= places(report)
        otto = self.house.people["otto"].pk
        self.alter("DELETE FROM crm_user_groups WHERE user_id = %s", otto)
        assert ("person_missing", "crm_user", otto) in self.found("DELETE FROM crm_user WHERE id = %s", otto)

    def test_teams_told_by_older_events_are_not_compared(self):
        with past_triggers():
            for event in Event.objects.filter(what__has_key="ids"):
                Event.objects.filter(pk=event.pk).update(what={k: v for k, v in event.what.items() if k != "ids"})
        assert examine(Look(self.house.clock()), names=["people"]).ok

    def test_batches_requests_and_reviews(self):
        batch, request = self.house.made["batch"], self.house.made["request"]
        made = TimeRequest.objects.get(pk=request.pk).change_id
        row = sql("SELECT min(history_id) FROM audit_historicalcustomer WHERE batch = %s", [batch.pk])[0][0]
        unknown = self.found("UPDATE audit_historicalcustomer SET batch = 999 WHERE history_id = %s", row)
        table = "audit_historicalcustomer"
        assert {("batch_unknown", table, row), ("batch_count", "records_batch", batch.pk)} <= unknown
        other = self.found("UPDATE records_batch SET by_id = %s WHERE id = %s", self.house.people["sam"].pk, batch.pk)
        assert ("batch_differs", "records_batch", batch.pk) in other
        grants = Batch.objects.get(kind="grants")
        fewer = self.found("UPDATE records_batch SET count = count + 1 WHERE id = %s", grants.pk)
        assert ("batch_count", "records_batch", grants.pk) in fewer
        unasked = self.found(f"UPDATE {H} SET time_request_id = 999 WHERE history_id = %s", made)
        assert {("request_unasked", H, made), ("request_differs", "records_timerequest", request.pk)} <= unasked
        item = self.house.made["item"].pk
        assert ("review_differs", "audit_reviewitem", item) in self.found("UPDATE audit_reviewitem SET state = 'back'")
        review = Review.objects.get().pk
        gone = self.found("DELETE FROM audit_review")
        assert {("row_deleted", "audit_review", review), ("review_differs", "audit_reviewitem", item)} <= gone

    def test_rows_between_seals(self):
        """Not sealed yet, and found all the same: by the versions, the times and the record."""
        pk = self.house.calls[6].pk
        row = sql(f"SELECT max(history_id) FROM {H} WHERE id = %s", [pk])[0][0]
        assert ("live_differs", "records_followup", pk) in self.found(f"DELETE FROM {H} WHERE history_id = %s", row)
        for change, code in (
            ("version = version + 1", "versions_missing"),
            ("version = version - 1", "version_again"),
            ("previous_entered_at = NULL", "before_differs"),
            ("number = 'F-1'", "fixed_differs"),
        ):
            found = self.found(f"UPDATE {H} SET {change} WHERE history_id = %s", row)
            assert (code, H, row) in found
        first = sql(f"SELECT min(history_id) FROM {H} WHERE id = %s", [pk])[0][0]
        ended = self.found(f"UPDATE {H} SET history_type = '-' WHERE history_id = %s", row)
        assert ("live_after_end", "records_followup", pk) in ended
        again = self.found(f"UPDATE {H} SET history_type = '-' WHERE history_id = %s", first)
        assert "after_end" in {code for code, *_ in again}

    def test_a_row_of_the_events_put_in_with_an_earlier_time(self):
        at = Seal.objects.get(number=2).at - dt.timedelta(days=1)
        event = Event.objects.create(at=at, kind="exported", channel="web")
        assert ("row_late", "audit_event", event.pk) in places(self.run_it(keep=False))
        self.house.seal()
        assert ("row_late", "audit_event", event.pk) in places(self.run_it(keep=False))

    def test_a_purge_that_no_event_tells_of_is_a_deletion(self):
        last = Event.objects.create(
            at=self.house.clock(), kind="purge", channel="command", what={"ids": "all", "kind": 1}
        )
        assert last.pk
        row = sql(f"SELECT min(history_id) FROM {H}")[0][0]
        assert ("row_deleted", H, row) in self.found(f"DELETE FROM {H} WHERE history_id = %s", row)

    def test_a_file_of_heads_that_is_none(self):
        self.heads.write_text("not a head\n")
        assert places(self.run_it(keep=False)) == {("heads_unreadable", str(self.heads), None)}
