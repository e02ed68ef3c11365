"""Whoever has the database's password may alter anything; `verify` then ends with 1 and names the table and the row."""

from __future__ import annotations

import hmac
import json
import re
from hashlib import sha256

from django.conf import settings

from audit import keys
from audit.canonical import RowFormat
from audit.heads import line_of
from audit.kept import sealed_models, tracked_models
from audit.models import Seal, SealLeaf
from audit.seals import head_of
from audit.tree import leaf_of, root_of
from records.models import FollowUp
from tests.audit.house import POSTGRES, run
from tests.audit.sealed_house import InTheHouse, past_triggers, verify

H = "audit_historicalfollowup"
SEALED = "(SELECT row_id FROM audit_sealleaf WHERE kind = 'audit.historicalfollowup')"


def one(sql, *params):
    return run(sql, params)[0][0]


def moved(house, n=0):
    """The id of the sealed row of a change of an entry time."""
    sql = f"SELECT history_id FROM {H} WHERE previous_entered_at IS NOT NULL AND id = %s AND history_id IN {SEALED} "
    return one(sql + "ORDER BY history_id LIMIT 1", house.calls[n].pk)


def edit(table, key, row, change, *params):
    with past_triggers():
        run(f"UPDATE {table} SET {change} WHERE {key} = %s", [*params, row])


def edited(change, *params):
    """A case: the row of a change of an entry time altered."""

    def case(house):
        row = moved(house)
        edit(H, "history_id", row, change, *params)
        return "row_altered", H, row

    return case


def later(column):
    return f"{column} = {column} + interval '1 hour'" if POSTGRES else f"{column} = datetime({column}, '+1 hour')"


def approver(house):
    row = one(f"SELECT history_id FROM {H} WHERE time_request_id IS NOT NULL")
    edit(H, "history_id", row, "approver_id = %s, approver_name = 'Anna'", house.people["anna"].pk)
    return "row_altered", H, row


def batch_column(house):
    table = "audit_historicalcustomer"
    row = one(f"SELECT min(history_id) FROM {table} WHERE batch IS NOT NULL")
    edit(table, "history_id", row, "batch = NULL")
    return "row_altered", table, row


def deleted(where):
    """A case: sealed rows of one call deleted; the first of them is pointed at."""

    def case(house):
        rows = [r[0] for r in run(f"SELECT history_id FROM {H} WHERE {where(house)} ORDER BY history_id")]
        with past_triggers():
            run(f"DELETE FROM {H} WHERE history_id IN ({', '.join(map(str, rows))})")
        return "row_deleted", H, rows[0]

    return case


def rows_of(house):
    return f"id = {house.calls[0].pk} AND history_id IN {SEALED}"


def first(house):
    return f"history_id = (SELECT min(history_id) FROM {H} WHERE {rows_of(house)})"


def middle(house):
    return f"history_id = (SELECT min(history_id) + 1 FROM {H} WHERE id = {house.calls[7].pk} OR {rows_of(house)})"


def last(house):
    return f"history_id = (SELECT max(history_id) FROM {H} WHERE {rows_of(house)})"


def last_fifty(house):
    return f"history_id IN (SELECT history_id FROM {H} ORDER BY history_id DESC LIMIT 50)"


def every(house):
    return "1 = 1"


def columns(model, *without):
    return [f'"{f.column}"' for f in model._meta.concrete_fields if f.column not in without]


def copy(row, **changed):
    """INSERT of a copy of a history row; values are SQL."""
    names = columns(FollowUp.history.model, "history_id")
    values = [changed.get(name.strip('"'), name) for name in names]
    sql = f"INSERT INTO {H} ({', '.join(names)}) SELECT {', '.join(values)} FROM {H} WHERE history_id = %s "
    with past_triggers():
        return one(sql + "RETURNING history_id", row)


def swapped(house):
    a, b = moved(house, 1), moved(house, 2)
    free = one(f"SELECT max(history_id) + 1000 FROM {H}")
    with past_triggers():
        for old, new in ((a, free), (b, a), (free, b)):
            run(f"UPDATE {H} SET history_id = %s WHERE history_id = %s", [new, old])
    return "row_altered", H, a


def duplicated(house):
    return "version_again", H, copy(moved(house))


def forged(house):
    """A change that never was, put between others with the time of then."""
    row = moved(house)
    return "row_late", H, copy(row, actor_name="'Sam'", history_date=house_time("history_date"))


def house_time(column):
    return f"{column} + interval '30 seconds'" if POSTGRES else f"datetime({column}, '+30 seconds')"


def appended(house):
    """A last change that the record itself does not know."""
    row = one(f"SELECT max(history_id) FROM {H} WHERE id = %s", house.calls[6].pk)
    copy(row, version="version + 1", previous_entered_at="entered_at", entered_at=hours_back("entered_at"))
    return "live_differs", "records_followup", house.calls[6].pk


def hours_back(column):
    return f"{column} - interval '5 hours'" if POSTGRES else f"datetime({column}, '-5 hours')"


def renumbered(house):
    """A row taken out and the later ones moved up, versions too."""
    row = one(f"SELECT min(history_id) + 1 FROM {H} WHERE id = %s", house.calls[0].pk)
    rest = [r[0] for r in run(f"SELECT history_id FROM {H} WHERE history_id > %s ORDER BY history_id", [row])]
    pk = one(f"SELECT id FROM {H} WHERE history_id = %s", row)
    with past_triggers():
        run(f"DELETE FROM {H} WHERE history_id = %s", [row])
        for old in rest:
            run(f"UPDATE {H} SET history_id = history_id - 1 WHERE history_id = %s", [old])
        run(f"UPDATE {H} SET version = version - 1 WHERE id = %s AND version > 1", [pk])
        run("UPDATE records_followup SET version = version - 1 WHERE id = %s", [pk])
    return "row_altered", H, row


def live_changed(house):
    pk = house.calls[1].pk
    edit("records_followup", "id", pk, later("entered_at"))
    return "live_differs", "records_followup", pk


def live_deleted(house):
    pk = one("SELECT id FROM records_contact")
    with past_triggers():
        run("DELETE FROM records_contact WHERE id = %s", [pk])
    return "live_missing", "records_contact", pk


def live_inserted(house):
    names = columns(FollowUp, "id")
    values = {"number": "'F-2099-9999'", "summary": "'Never recorded'"}
    told = [values.get(name.strip('"'), name) for name in names]
    with past_triggers():
        sql = f"INSERT INTO records_followup ({', '.join(names)}) SELECT {', '.join(told)} FROM records_followup "
        pk = one(sql + "WHERE id = %s RETURNING id", house.calls[1].pk)
    return "live_unknown", "records_followup", pk


def older_table(house):
    """The whole history table as it was two seals ago."""
    last_one = one("SELECT max(row_id) FROM audit_sealleaf WHERE kind = 'audit.historicalfollowup' AND seal <= 2")
    gone = one(f"SELECT min(history_id) FROM {H} WHERE history_id > %s", last_one)
    with past_triggers():
        run(f"DELETE FROM {H} WHERE history_id > %s", [last_one])
    return "row_deleted", H, gone


def cut_tail(house):
    """Everything after the last but one seal taken out, the records as they were then: only heads tell."""
    newest = Seal.objects.order_by("-number")[0].number
    tables = [(model, model._meta.db_table, model._meta.pk.column) for model in sealed_models()]
    with past_triggers():
        for model, table, key in tables:
            held = "SELECT row_id FROM audit_sealleaf WHERE kind = %s AND seal < %s"
            run(f"DELETE FROM {table} WHERE {key} NOT IN ({held})", [model._meta.label_lower, newest])
        run("DELETE FROM audit_sealleaf WHERE seal = %s", [newest])
        run("DELETE FROM audit_seal WHERE number = %s", [newest])
        for model, history in tracked_models():
            roll_back(model, history)
        run("UPDATE audit_reviewitem SET state = 'open'")
    return "copy_restored", "audit_seal", Seal.objects.get(number=newest - 1).pk


def roll_back(model, history):
    names = columns(history, *(f.column for f in history._meta.concrete_fields if f.column not in known(model)))
    table, told = model._meta.db_table, history._meta.db_table
    for (pk,) in run(f"SELECT id FROM {table}"):
        last_row = f"FROM {told} WHERE history_id = (SELECT max(history_id) FROM {told} WHERE id = %s)"
        run(f"UPDATE {table} SET ({', '.join(names)}) = (SELECT {', '.join(names)} {last_row}) WHERE id = %s", [pk, pk])


def known(model):
    return {field.column for field in model._meta.concrete_fields}


def heads_removed(house):
    house.heads.unlink()
    return "heads_missing", str(house.heads), ""


def heads_older(house):
    house.heads.write_bytes(b"".join(house.heads.read_bytes().splitlines(keepends=True)[:-2]))
    return "heads_behind", str(house.heads), ""


def recomputed(key):
    """A row altered, and its leaf, tree and every head after it made anew, with that key or none."""

    def case(house):
        row = moved(house)
        with past_triggers():
            run(f"UPDATE {H} SET actor_name = 'Sam' WHERE history_id = %s", [row])
            leaf = SealLeaf.objects.get(kind="audit.historicalfollowup", row_id=row)
            seal = Seal.objects.get(number=leaf.seal)
            rows = RowFormat(FollowUp.history.model, seal.columns[leaf.kind])
            ((_, data),) = rows.rows("t.history_id = %s", [row], limit=1)
            run("UPDATE audit_sealleaf SET leaf = %s WHERE id = %s", [leaf_of(data), leaf.pk])
            chain_again(seal.number, key)
        return ("mac_wrong" if key is None else "head_differs"), "audit_seal", seal.pk

    return case


def chain_again(number, key):
    before = Seal.objects.get(number=number - 1).head
    for seal in Seal.objects.filter(number__gte=number).order_by("number"):
        leaves = SealLeaf.objects.filter(seal=seal.number).order_by("position").values_list("leaf", flat=True)
        seal.root, seal.previous = root_of([bytes(leaf) for leaf in leaves]).hex(), before
        before = seal.head = head_of(seal)
        made = keys.mac_of(settings.SEAL_KEY, before) if key else hmac.new(b"", before.encode(), sha256).hexdigest()
        change = "root = %s, previous = %s, head = %s, mac = %s"
        run(f"UPDATE audit_seal SET {change} WHERE id = %s", [seal.root, seal.previous, before, made, seal.pk])


def trigger_dropped(house):
    if POSTGRES:
        run("SET CONSTRAINTS ALL IMMEDIATE")
        run(f"DROP TRIGGER redate_append_only ON {H}")
        return "trigger_missing", H, "redate_append_only"
    run(f"DROP TRIGGER redate_{H}_update")
    return "trigger_missing", H, f"redate_{H}_update"


def grant_edited(house):
    pk = one("SELECT max(id) FROM records_followupusergrant")
    edit("records_followupusergrant", "id", pk, "days_back = 900")
    return "live_differs", "records_followupusergrant", pk


def rule_edited(house):
    pk = one("SELECT id FROM records_typerule WHERE record_type = 'followup'")
    edit("records_typerule", "id", pk, f"allow_future = {'true' if POSTGRES else '1'}")
    return "live_differs", "records_typerule", pk


def period_edited(house):
    pk = one("SELECT id FROM records_typerule WHERE record_type = 'contract'")
    edit("records_typerule", "id", pk, "closed_through = NULL")
    return "live_differs", "records_typerule", pk


def request_edited(house):
    pk = house.made["request"].pk
    edit("records_timerequest", "id", pk, later("wanted"))
    return "live_differs", "records_timerequest", pk


def batch_edited(house):
    pk = house.made["batch"].pk
    edit("records_batch", "id", pk, "count = 2")
    return "batch_count", "records_batch", pk


def before_its_predecessor(house):
    """A change of today that says it was made before the one it follows, the record in step with it."""
    pk = house.calls[6].pk
    row = one(f"SELECT max(history_id) FROM {H} WHERE id = %s", pk)
    back = hours_back("entered_at")
    changed = {"version": "version + 1", "previous_entered_at": "entered_at", "entered_at": back}
    ago = "history_date - interval '20 minutes'" if POSTGRES else "datetime(history_date, '-20 minutes')"
    new = copy(row, **changed, history_date=ago)
    edit("records_followup", "id", pk, f"version = version + 1, entered_at = {back}")
    return "time_backwards", H, new


def names_swapped(house):
    sam, mia = house.people["sam"], house.people["mia"]
    for person, name in ((sam, "Mia"), (mia, "Sam")):
        edit("crm_user", "id", person.pk, "display_name = %s", name)
    return "person_differs", "crm_user", sam.pk


CASES = {
    "the old value": edited(later("previous_entered_at")),
    "the new value": edited(later("entered_at")),
    "the person": edited("history_user_id = 1, actor_name = 'Anna'"),
    "the time": edited(later("history_date")),
    "the reason": edited("reason = 'typing_error'"),
    "a zero-width character in the words": edited("history_change_reason = 'Card\u200b found'"),
    "the batch of a row": batch_column,
    "the approver": approver,
    "the first row deleted": deleted(first),
    "a middle row deleted": deleted(middle),
    "the last row deleted": deleted(last),
    "the last fifty rows deleted": deleted(last_fifty),
    "all rows deleted": deleted(every),
    "two rows swapped": swapped,
    "a row duplicated": duplicated,
    "a row forged in the middle": forged,
    "a row appended": appended,
    "a row deleted and the others renumbered": renumbered,
    "a live row changed": live_changed,
    "a live row deleted": live_deleted,
    "a live row inserted": live_inserted,
    "a whole table from an older copy": older_table,
    "the tail cut and the live rows rolled back": cut_tail,
    "the file of heads removed": heads_removed,
    "the file of heads replaced by an older one": heads_older,
    "the chain recomputed without the key": recomputed(None),
    "the chain recomputed with the key": recomputed("key"),
    "a trigger dropped": trigger_dropped,
    "a grant": grant_edited,
    "a rule": rule_edited,
    "a period": period_edited,
    "a request": request_edited,
    "a batch": batch_edited,
    "a time before its predecessor's": before_its_predecessor,
    "the zone, the instant being the same": edited("typed_zone = 'Asia/Singapore'"),
    "two people's names swapped": names_swapped,
}


class TestTampering(InTheHouse):
    """One test per case: named with table and row, and exit code 1."""

    def test_the_house_is_whole_before_anybody_touches_it(self):
        code, told = verify(self.house)
        assert (code, told[:19]) == (0, "The trail is whole."), told

    def test_heads_are_lines_that_can_be_compared(self):
        assert self.heads.read_text().splitlines()[-1] == line_of(Seal.objects.order_by("-number")[0])


def _test(case):
    def test(self):
        code, table, row = case(self.house)
        result, told = verify(self.house)
        assert result == 1
        places = [line for line in told.splitlines() if line.endswith(f": {code}")]
        where = f"{table} row {row} " if isinstance(row, int) else table
        assert any(f"{line} ".replace(":", " ").startswith(where) for line in places), told
        assert str(row) in told
        result, told = verify(self.house, "--json", "--no-store")
        assert result == 1
        assert code in {found["code"] for found in json.loads(told)["findings"]}

    return test


for _name, _case in CASES.items():
    setattr(TestTampering, f"test_{re.sub(r'[^a-z]+', '_', _name)}", _test(_case))
