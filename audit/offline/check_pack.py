#!/usr/bin/env python3
"""Check an evidence pack of Redate, with Python 3.8 or newer and nothing else.

    python3 check_pack.py                     the folder in which this script lies
    python3 check_pack.py PACK.zip            or a pack, or a folder
    python3 check_pack.py PACK.zip --head HEX compare with a head that was kept elsewhere

Ends with 0 if all holds, 1 if something is wrong, 3 if nothing is wrong but some rows are not sealed yet.
"""

import argparse
import hashlib
import json
import pathlib
import sys
import zipfile

FILES = ("rows.json", "proofs.json", "heads.json", "manifest.json")
SHORTEST = 16  # digits of a head given by hand


class Wrong(Exception):
    """The pack is not what it says it is."""


def need(holds, sentence):
    """Refuse the pack with the sentence where something does not hold."""
    if not holds:
        raise Wrong(sentence)


def sha256(data):
    return hashlib.sha256(data).digest()


def canonical(value):
    """The bytes that are hashed: compact JSON, sorted keys, UTF-8."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


# ---- reading ----


def read(path):
    """The files of a pack by name, from a ZIP or a folder."""
    if path.is_dir():
        return {each.name: each.read_bytes() for each in path.iterdir() if each.is_file()}
    with zipfile.ZipFile(path) as pack:
        names = pack.namelist()
        need(len(names) == len(set(names)), "Two files of the pack have the same name.")
        return {name: pack.read(name) for name in names}


def check_manifest(files):
    """Every file is the one that was packed; the folder may hold more than the pack."""
    for name in FILES:
        need(name in files, f"{name} is missing.")
    listed = json.loads(files["manifest.json"])["sha256"]
    for name, digest in listed.items():
        need(name in files, f"{name} is missing.")
        need(sha256(files[name]).hex() == digest, f"{name} is not the file that was packed.")
    need(set(FILES) - {"manifest.json"} <= set(listed), "manifest.json does not list every file.")


# ---- the chain of seals ----


def check_chain(told):
    """Each seal's head is made of what the seal says, and names the head before it. Gives the seals by number."""
    seals = told["seals"]
    before = None
    for seal in seals:
        name = f"Seal #{seal['number']}"
        facts = {key: seal[key] for key in ("number", "previous", "root", "count", "at")}
        facts["columns"] = {kind: told["columns"][index] for kind, index in seal["columns"].items()}
        need(sha256(canonical(facts)).hex() == seal["head"], f"{name}: its head is not made of what it says.")
        if before:
            need(seal["number"] == before["number"] + 1, f"{name}: seals before it are missing.")
            need(seal["previous"] == before["head"], f"{name}: it does not follow the seal before it.")
        before = seal
    return {seal["number"]: seal for seal in seals}


def check_kept_head(seals, head):
    """The head kept elsewhere is that of a seal of this chain. Gives its number."""
    head = head.strip().lower()
    need(len(head) >= SHORTEST, f"A head has 64 digits; give at least {SHORTEST}.")
    found = [number for number, seal in seals.items() if seal["head"].startswith(head)]
    need(found, "The head you gave is not in this chain: the trail is not the one it was taken from.")
    return found[0]


# ---- rows and proofs ----


def root_by(leaf, position, count, path):
    """The root to which the path leads, as in RFC 9162, 2.1.3.2."""
    found, last, left = leaf, count - 1, list(path)
    need(0 <= position <= last, "A proof names a place outside its seal.")
    while last:
        if position % 2 or position < last:
            need(left, "A proof is too short.")
            beside = left.pop(0)
            found = sha256(b"\x01" + (beside + found if position % 2 else found + beside))
        position, last = position >> 1, last >> 1
    need(not left, "A proof is too long.")
    return found


def check_row(row, proof, seals):
    """The row is a leaf of its seal."""
    name = f"Row {row['id']} of {row['kind']}"
    need(proof["seal"] in seals, f"{name}: its seal #{proof['seal']} is missing.")
    seal = seals[proof["seal"]]
    need(row["seal"] == proof["seal"], f"{name}: it is said to be in another seal.")
    need(row["kind"] in seal["columns"], f"{name}: its seal holds no such rows.")
    need(proof["count"] == seal["count"], f"{name}: its seal has another number of rows.")
    need(proof["root"] == seal["root"] and proof["head"] == seal["head"], f"{name}: its proof is of another seal.")
    leaf = sha256(b"\x00" + canonical([row["kind"], row["row"]]))
    need(leaf.hex() == proof["leaf"], f"{name}: it is not the row that was sealed.")
    path = [bytes.fromhex(node) for node in proof["path"]]
    root = root_by(leaf, proof["position"], proof["count"], path)
    need(root.hex() == seal["root"], f"{name}: its proof does not lead to the root of seal #{seal['number']}.")


def check_rows(rows, proofs, seals):
    """Every row once, every sealed row with its proof. Gives the rows that are not sealed."""
    by_row = {(proof["kind"], proof["row_id"]): proof for proof in proofs}
    need(len(by_row) == len(proofs), "Two proofs are of the same row.")
    seen, bare = set(), []
    for row in rows:
        key = "history_id" if "history_type" in row["row"] else "id"
        need(row["row"][key] == row["id"], f"Row {row['id']} of {row['kind']}: it bears another id.")
        need((row["kind"], row["id"]) not in seen, f"Row {row['id']} of {row['kind']} stands there twice.")
        seen.add((row["kind"], row["id"]))
        proof = by_row.pop((row["kind"], row["id"]), None)
        if proof:
            check_row(row, proof, seals)
            continue
        need(row["seal"] is None, f"Row {row['id']} of {row['kind']}: its proof is missing.")
        bare.append(row)
    need(not by_row, f"{len(by_row)} rows are missing that have a proof.")
    return bare


def check_history(record, rows):
    """The record's own rows follow each other: versions without a gap, each entry time begins where the last ended."""
    own = [r for r in rows if r["kind"] == record["history"] and r["row"]["id"] == record["id"]]
    need(own, "There is no row of the record itself.")
    before = None
    for row in sorted(own, key=lambda each: each["id"]):
        now, name = row["row"], f"Row {row['id']} of {row['kind']}"
        if now["history_type"] != "-":
            expected = before["version"] + 1 if before else 1
            need(now["version"] == expected, f"{name}: version {expected} is missing, {now['version']} stands there.")
        if before:
            came_from = now.get("previous_entered_at", now["entered_at"])
            need(came_from == before["entered_at"], f"{name}: the entry time before it was another.")
        before = now
    return own


def check(files, head=None):
    """Everything. Gives the sentences to print and whether every row is proven; raises Wrong."""
    check_manifest(files)
    told, proofs = json.loads(files["rows.json"]), json.loads(files["proofs.json"])["proofs"]
    seals = check_chain(json.loads(files["heads.json"]))
    bare = check_rows(told["rows"], proofs, seals)
    own = check_history(told["record"], told["rows"])
    kept = check_kept_head(seals, head) if head else None
    return sentences(told, seals, own, bare, proofs, kept), not bare


# ---- what is said ----


def sentences(told, seals, own, bare, proofs, kept):
    """What is proven and what is not, in plain words."""
    record = told["record"]
    yield f"Record {record['number']} ({record['kind']} {record['id']}): {len(own)} rows of its own history."
    yield ""
    yield "PROVEN"
    yield f"- {len(proofs)} of {len(told['rows'])} rows in rows.json are the rows that were sealed, to the letter."
    yield "- The record's own rows follow each other without a gap, from the first to the last that is here."
    if seals:
        first, last = min(seals), max(seals)
        yield f"- The seals #{first} to #{last} are one chain. The newest head is"
        yield f"  {seals[last]['head']}"
    if kept is not None:
        late = sum(proof["seal"] > kept for proof in proofs)
        yield f"- The head you gave is that of seal #{kept}: all up to it is as it was when that head was kept."
        if late:
            yield f"  {late} rows are in later seals; for these, compare a newer head."
    yield ""
    yield "NOT PROVEN"
    if bare:
        yield f"- {len(bare)} rows are not sealed yet. Nothing is proven of them:"
        yield from (f"  row {row['id']} of {row['kind']}" for row in bare)
    if kept is None:
        yield "- That the whole chain was not made anew. Whoever made this pack could have done that."
        yield "  Compare the newest head with one kept elsewhere (a mail, a file of heads): --head HEX."
    yield "- The signatures of the seals (mac in heads.json): checking them needs the key, which stays with its owner."
    yield "- That nothing came after the last row here, that no event about the record was left out of the pack,"
    yield "  and that what people typed was true."
    yield "- index.html: it is there to be read. What counts is rows.json."


def main():
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack", nargs="?", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent)
    parser.add_argument("--head", help="a head that was kept elsewhere")
    asked = parser.parse_args()
    try:
        said, whole = check(read(asked.pack), asked.head)
        lines = list(said)
    except Wrong as error:
        print(f"WRONG. {error}")
        return 1
    except (OSError, zipfile.BadZipFile) as error:
        print(f"WRONG. The pack cannot be read: {error}")
        return 1
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        print(f"WRONG. The pack is not of the form it should have: {type(error).__name__}: {error}")
        return 1
    print("The pack holds." if whole else "Nothing is wrong, but some rows are not sealed yet.")
    print("\n".join(["", *lines]))
    return 0 if whole else 3


if __name__ == "__main__":
    sys.exit(main())
