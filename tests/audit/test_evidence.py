"""The evidence pack: a file that anybody can check with Python alone, and that does not bear a change unseen."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from hashlib import sha256

import pytest
from django.urls import reverse
from django.utils import translation

from audit import evidence
from audit.kept import sealed_models
from audit.models import Event, Review, SealLeaf
from audit.seals import last_seal, seal
from audit.tree import leaf_of, root_of
from records.services.contacts import add_contact
from records.services.entry_time import change_entry_time
from records.services.records import update_record
from tests import cast as make
from tests.audit.sealing import event
from tests.cast import NOW, clock, days

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


@pytest.fixture
def call(cast):
    """A follow-up edited, its entry time moved twice; other rows between; one refusal and one review; five seals."""
    customer = make.customer(cast.owner, name="北辰 Bearings")
    call = make.follow_up(cast.owner, customer, summary="Call & “offer” <b>")
    common = {"by": cast.owner, "channel": "web", "clock": clock}
    update_record(record=call, seen_version=1, values={"outcome": "He calls back"}, **common)
    seal(clock)
    for version, back in enumerate((1, 2), start=2):
        move(call, version, NOW - days(back), cast.owner)
        event()
        seal(clock)
    event(kind="refused", record_type="records.followup", record_id=call.pk, what={"codes": ["future"]})
    row = call.history.first()
    said = {"outcome": "ok", "note": "Card seen", "by_id": cast.auditor.pk, "by_name": "Auditor", "at": NOW}
    about = {"kind": "audit.historicalfollowup", "record_type": "followup", "record_id": call.pk}
    Review.objects.create(**about, **said, history_id=row.history_id)
    seal(clock)
    event()
    seal(clock)
    return call


def move(call, version, to, by):
    reason = {"reason": "other", "note": "Read 16 as 17", "channel": "web"}
    return change_entry_time(record=call, seen_version=version, entered_at=to, by=by, clock=clock, **reason)


@pytest.fixture
def files(cast, call):
    """The files of the pack by name."""
    return opened(evidence.pack(call, cast.auditor, clock))


def opened(data):
    with zipfile.ZipFile(io.BytesIO(data)) as pack:
        return {name: pack.read(name) for name in pack.namelist()}


@pytest.fixture
def check(tmp_path):
    """The script that lies in the pack, run as its reader runs it: alone, with nothing of ours importable."""

    def run(files, *arguments, listed=True):
        if listed:
            digests = {name: sha256(data).hexdigest() for name, data in files.items() if name != "manifest.json"}
            files = files | {"manifest.json": json.dumps({"sha256": digests}).encode()}
        pack = tmp_path / "pack.zip"
        with zipfile.ZipFile(pack, "w") as zipped:
            for name, data in files.items():
                zipped.writestr(name, data)
        script = tmp_path / "check_pack.py"
        script.write_bytes(files["check_pack.py"])
        return alone(script, pack, *arguments)

    def alone(script, *arguments):
        command = [sys.executable, "-I", "-S", str(script), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False, env={})

    run.alone = alone
    return run


# ---- a good pack ----


def test_the_script_accepts_a_good_pack_without_django(files, check, tmp_path):
    assert subprocess.run([sys.executable, "-I", "-S", "-c", "import django"], capture_output=True).returncode == 1
    done = check(files, listed=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "The pack holds." in done.stdout
    assert "4 rows of its own history" in done.stdout
    assert last_seal().head in done.stdout
    assert "checking them needs the key" in done.stdout


def test_it_can_be_unpacked_and_checked_where_it_lies(files, check, tmp_path):
    folder = tmp_path / "unpacked"
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    assert check.alone(folder / "check_pack.py").returncode == 0


def test_it_holds_the_rows_proofs_and_chain_of_the_record(call, files):
    rows = json.loads(files["rows.json"])["rows"]
    own = [row for row in rows if row["kind"] == "audit.historicalfollowup"]
    assert sorted(row["id"] for row in own) == sorted(call.history.values_list("history_id", flat=True))
    assert {row["kind"] for row in rows} == {"audit.historicalfollowup", "audit.event", "audit.review"}
    columns = json.loads(files["heads.json"])
    assert [each["number"] for each in columns["seals"]] == [1, 2, 3, 4, 5]
    assert len(json.loads(files["proofs.json"])["proofs"]) == len(rows) == 6
    by_id = {row["id"]: row["row"] for row in own}
    newest = call.history.first()
    assert by_id[newest.history_id]["entered_at"] == "2026-03-16T06:32:00.000000Z"
    assert by_id[newest.history_id]["previous_entered_at"] == "2026-03-17T06:32:00.000000Z"


def test_the_chain_begins_with_the_oldest_seal_needed(cast, call):
    late = make.follow_up(cast.owner, call.customer)
    seal(clock)
    files = opened(evidence.pack(late, cast.auditor, clock))
    assert [each["number"] for each in json.loads(files["heads.json"])["seals"]] == [6]


def test_a_head_kept_elsewhere_is_compared(files, check):
    kept = json.loads(files["heads.json"])["seals"][1]["head"]
    done = check(files, "--head", kept)
    assert done.returncode == 0
    assert "The head you gave is that of seal #2" in done.stdout
    assert "3 rows are in later seals" in done.stdout
    assert check(files, "--head", kept[:16].upper()).returncode == 0
    other = check(files, "--head", "0" * 64)
    assert other.returncode == 1
    assert "not in this chain" in other.stdout
    assert check(files, "--head", kept[:5]).returncode == 1


def test_rows_that_are_not_sealed_yet_are_named_as_not_proven(cast, call, check):
    move(call, 4, NOW - days(3), cast.owner)
    files = opened(evidence.pack(call, cast.auditor, clock))
    done = check(files)
    assert done.returncode == 3
    assert "1 rows are not sealed yet. Nothing is proven of them" in done.stdout
    assert f"row {call.history.first().history_id} of audit.historicalfollowup" in done.stdout
    assert "not sealed yet" in files["index.html"].decode()


def test_a_pack_made_before_the_first_seal_proves_nothing(cast, check):
    customer = make.customer(cast.owner)
    files = opened(evidence.pack(customer, cast.auditor, clock))
    done = check(files)
    assert done.returncode == 3
    assert "- 0 of 1 rows" in done.stdout
    assert json.loads(files["heads.json"])["seals"] == []
    assert "Nothing is sealed yet" in files["README.txt"].decode()


def test_details_of_contact_persons_stay_out(cast):
    customer = make.customer(cast.owner)
    add_contact(
        customer=customer,
        values={"name": "Li Wei", "phone": "138 0000 0000"},
        by=cast.owner,
        channel="web",
        clock=clock,
    )
    seal(clock)
    for data in opened(evidence.pack(customer, cast.auditor, clock)).values():
        assert b"Li Wei" not in data
        assert b"138 0000" not in data


# ---- a page to read ----


OUTSIDE = ("<script", "src=", "http://", "https://", "<link", "@import", "url(")


def test_the_page_reads_in_both_languages_and_needs_nothing_beside_it(cast, call):
    with translation.override("zh-hans"):
        files = opened(evidence.pack(call, cast.auditor, clock))
    own, other = files["index.html"].decode(), files["index.en.html"].decode()
    assert '<html lang="zh-Hans">' in own
    assert '<html lang="en">' in other
    assert 'href="index.en.html"' in own
    assert 'href="index.html"' in other
    for page in (own, other):
        assert not [
            word for word in ("<script", "src=", "http://", "https://", "<link", "@import", "url(") if word in page
        ]
        assert "<b>" not in page
        assert "Call &amp; “offer” &lt;b&gt;" in page
        assert "2026-03-17 06:32" in page
        assert "#2" in page
    assert "Card seen" in other
    assert "Read 16 as 17" in other


# ---- the button ----


def test_the_auditor_takes_it_from_the_history_page_and_that_is_kept(cast, call, sign_in):
    client, address = sign_in(cast.auditor), reverse("audit:evidence_pack", args=["followup", call.pk])
    assert f'action="{address}"' in client.get(reverse("records:follow_up_history", args=[call.pk])).content.decode()
    response = client.post(address)
    assert (response.status_code, response["Content-Type"]) == (200, "application/zip")
    assert response["Content-Disposition"] == f'attachment; filename="evidence-{call.number}-20260318-0632.zip"'
    kept = Event.objects.get(kind="evidence")
    assert (kept.actor_id, kept.record_type, kept.record_id) == (cast.auditor.pk, "records.followup", call.pk)
    assert kept.what == {
        "rows": 6,
        "sealed": 6,
        "head": last_seal().head,
        "sha256": sha256(response.content).hexdigest(),
    }
    assert (
        sha256(response.content).hexdigest()[:16] in sign_in(cast.auditor).get(reverse("audit:trail")).content.decode()
    )


def test_others_neither_see_nor_get_it(cast, call, sign_in):
    address = reverse("audit:evidence_pack", args=["followup", call.pk])
    for person in (cast.owner, cast.administrator):
        client = sign_in(person)
        page = client.get(reverse("records:follow_up_history", args=[call.pk])).content.decode()
        assert "Evidence pack" not in page
        refused = client.post(address)
        assert refused.status_code == 403
        assert "Auditors take evidence packs" in refused.content.decode()
    assert sign_in(cast.outsider).post(address).status_code == 404
    assert sign_in(cast.auditor).get(address).status_code == 405
    for kind in ("reason", "event", "nothing"):
        assert sign_in(cast.auditor).post(reverse("audit:evidence_pack", args=[kind, 1])).status_code == 404
    assert not Event.objects.filter(kind="evidence").exists()


# ---- packs that were changed ----


def rows_of(pack):
    return pack["rows.json"]["rows"]


def own_rows(pack):
    return sorted((r for r in rows_of(pack) if r["kind"] == "audit.historicalfollowup"), key=lambda row: row["id"])


def proof_of(pack, row):
    return next(p for p in pack["proofs.json"]["proofs"] if (p["kind"], p["row_id"]) == (row["kind"], row["id"]))


def a_value(pack):
    own_rows(pack)[1]["row"]["actor_name"] = "Stranger"


def a_zero_width_character(pack):
    own_rows(pack)[1]["row"]["history_change_reason"] += "\u200b"


def the_time_and_its_successor(pack):
    second, third = own_rows(pack)[-2:]
    second["row"]["entered_at"] = third["row"]["previous_entered_at"] = "2026-03-15T06:32:00.000000Z"


def a_column_more(pack):
    own_rows(pack)[0]["row"]["brought_in_by"] = "somebody"


def a_row_left_out(pack):
    rows_of(pack).remove(own_rows(pack)[1])


def a_row_and_its_proof_left_out(pack):
    row = own_rows(pack)[1]
    pack["proofs.json"]["proofs"].remove(proof_of(pack, row))
    rows_of(pack).remove(row)


def a_move_and_its_proof_left_out(pack):
    row = own_rows(pack)[2]
    pack["proofs.json"]["proofs"].remove(proof_of(pack, row))
    rows_of(pack).remove(row)


def a_row_twice(pack):
    rows_of(pack).append(own_rows(pack)[1])


def a_row_under_another_id(pack):
    row, (one, *_others) = own_rows(pack)[2], own_rows(pack)
    proof_of(pack, row)["row_id"] = row["id"] = one["id"] + 9000


def a_proof_left_out(pack):
    pack["proofs.json"]["proofs"].pop(0)


def a_row_said_to_wait(pack):
    own_rows(pack)[1]["seal"] = None


def two_rows_swapped(pack):
    first, second = own_rows(pack)[:2]
    first["row"], second["row"] = second["row"], first["row"]


def a_node_of_a_path(pack):
    path = next(p for p in pack["proofs.json"]["proofs"] if p["path"])["path"]
    path[0] = path[0][::-1]


def a_place(pack):
    proof = next(p for p in pack["proofs.json"]["proofs"] if p["count"] > 2)
    proof["position"] = (proof["position"] + 1) % proof["count"]


def the_leaf_made_anew(pack):
    row = own_rows(pack)[1]
    row["row"]["actor_name"] = "Stranger"
    proof_of(pack, row)["leaf"] = leaf_of(canonical(row)).hex()


def the_root_made_anew(pack):
    row = own_rows(pack)[1]
    row["row"]["actor_name"] = "Stranger"
    proof, seals = proof_of(pack, row), pack["heads.json"]["seals"]
    others = SealLeaf.objects.filter(seal=proof["seal"]).order_by("position").values_list("leaf", flat=True)
    leaves = [bytes(leaf) for leaf in others]
    leaves[proof["position"]] = leaf_of(canonical(row))
    proof["leaf"], proof["root"] = leaves[proof["position"]].hex(), root_of(leaves).hex()
    seals[proof["seal"] - 1]["root"] = proof["root"]


def a_seal_left_out(pack):
    pack["heads.json"]["seals"].pop(2)


def the_time_of_a_seal(pack):
    pack["heads.json"]["seals"][3]["at"] = "2026-03-17T06:32:00.000000Z"


def the_columns_of_a_seal(pack):
    pack["heads.json"]["columns"][0].pop()


def the_number_of_rows(pack):
    pack["heads.json"]["seals"][1]["count"] += 1


def a_seal_made_anew_but_not_those_after(pack):
    remade(pack, 1, until=2)


def no_rows_at_all(pack):
    rows_of(pack).clear()
    pack["proofs.json"]["proofs"].clear()


def canonical(row):
    return json.dumps([row["kind"], row["row"]], sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def remade(pack, start, until=99):
    """Heads made anew, as whoever has the database but no key can; proofs follow."""
    seals = pack["heads.json"]["seals"]
    seals[start]["at"] = "2026-03-18T06:31:00.000000Z"
    for index in range(start, min(until, len(seals))):
        facts = {key: seals[index][key] for key in ("number", "root", "count", "at")}
        facts["columns"] = {k: pack["heads.json"]["columns"][n] for k, n in seals[index]["columns"].items()}
        facts["previous"] = seals[index]["previous"] = seals[index - 1]["head"]
        told = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
        seals[index]["head"] = sha256(told).hexdigest()
        for proof in pack["proofs.json"]["proofs"]:
            if proof["seal"] == seals[index]["number"]:
                proof["head"] = seals[index]["head"]


MUTATIONS = [
    a_value,
    a_zero_width_character,
    the_time_and_its_successor,
    a_column_more,
    a_row_left_out,
    a_row_and_its_proof_left_out,
    a_move_and_its_proof_left_out,
    a_row_twice,
    a_row_under_another_id,
    a_proof_left_out,
    a_row_said_to_wait,
    two_rows_swapped,
    a_node_of_a_path,
    a_place,
    the_leaf_made_anew,
    the_root_made_anew,
    a_seal_left_out,
    the_time_of_a_seal,
    the_columns_of_a_seal,
    the_number_of_rows,
    a_seal_made_anew_but_not_those_after,
    no_rows_at_all,
]


def changed(files, change):
    pack = {name: json.loads(files[name]) for name in ("rows.json", "proofs.json", "heads.json")}
    change(pack)
    return files | {name: json.dumps(value, ensure_ascii=False).encode() for name, value in pack.items()}


def test_every_pack_that_was_changed_is_refused(files, check):
    """The manifest is made anew each time: whoever changes a row can do that too."""
    assert check(changed(files, lambda pack: None)).returncode == 0
    accepted = {}
    for change in MUTATIONS:
        done = check(changed(files, change))
        if done.returncode != 1 or not done.stdout.startswith("WRONG. ") or done.stderr:
            accepted[change.__name__] = (done.returncode, done.stdout[:200], done.stderr[-300:])
    assert not accepted


def test_a_chain_made_anew_without_the_key_is_shown_by_a_head_kept_elsewhere(files, check):
    kept = last_seal().head
    forged = changed(files, lambda pack: remade(pack, 1))
    assert check(files, "--head", kept).returncode == 0
    assert check(forged).returncode == 0
    assert check(forged, "--head", kept).returncode == 1


@pytest.mark.parametrize("name", ["index.html", "README.txt", "rows.json", "heads.json", "proofs.json"])
def test_a_file_that_is_not_the_one_packed_is_named(files, check, name):
    done = check(files | {name: files[name] + b" "}, listed=False)
    assert (done.returncode, done.stdout.strip()) == (1, f"WRONG. {name} is not the file that was packed.")
    without = {other: data for other, data in files.items() if other != name}
    assert f"{name} is missing" in check(without, listed=False).stdout


def test_what_is_no_pack_is_refused_with_a_sentence(files, check, tmp_path):
    script = tmp_path / "check.py"
    script.write_bytes(files["check_pack.py"])
    (tmp_path / "no.zip").write_bytes(b"PK no")
    for path in (tmp_path / "no.zip", tmp_path / "none.zip", tmp_path):
        done = check.alone(script, path)
        assert (done.returncode, done.stdout[:6], done.stderr) == (1, "WRONG.", "")
    odd = {"rows.json": b"[]", "proofs.json": b"{}", "heads.json": b'{"seals": 5}'}
    assert "not of the form" in check(files | odd).stdout


def test_every_sealed_table_can_stand_in_a_pack():
    assert {"audit.review", "audit.event"} < {model._meta.label_lower for model in sealed_models()}
