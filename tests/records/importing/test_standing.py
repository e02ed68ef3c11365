"""Files about what stands: by ids, parents in any order, contacts, duplicates, and what came of every row."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest

from records.importing.mending import mended, unknown_options
from records.importing.opening import open_table
from records.importing.plan import Spec, make_plan
from records.importing.planned import said_of, spec_of
from records.models import Batch, Contact, Customer
from records.refusals import Refused
from records.services.imports import ImportRefused, load_contacts
from records.services.imports.outcome import outcome_csv
from tests import cast as make
from tests.cast import clock

from .doing import SHANGHAI, history_rows, lines, plan_of, store

pytestmark = pytest.mark.django_db
IDS = "id=external_id,name=name,note=note"


# ---- by the ids of the file's system ----


def test_an_update_without_the_column_leaves_the_entry_time(cast):
    by = cast.administrator
    store("id,name,note,made\n7,Acme,old,2025-01-02\n", "customer", IDS + ",made=entered_at", by)
    entered = Customer.objects.get().entered_at
    loaded = store("id,name,note\n7,Acme,new\n8,Beta,x\n", "customer", IDS, by, said={"existing": "update"})
    assert (loaded.updated, loaded.created, loaded.moved) == (1, 1, 0)
    acme = Customer.objects.get(external_id="7")
    assert (acme.note, acme.entered_at, acme.version) == ("new", entered, 2)
    assert [(o.line, o.what, o.number) for o in loaded.outcome] == [
        (2, "updated", acme.number),
        (3, "created", Customer.objects.get(external_id="8").number),
    ]


def test_an_id_of_another_system_is_another_record(cast):
    store("id,name,note\n7,Acme,a\n", "customer", IDS, cast.administrator)
    store(
        "id,name,note\n7,Other,a\n", "customer", IDS, cast.administrator, said={"source": "odoo", "existing": "update"}
    )
    assert Customer.objects.count() == 2


def test_a_new_row_of_an_update_needs_what_every_record_needs(cast):
    with pytest.raises(ImportRefused) as no:
        store("id,note\n8,x\n", "customer", "id=external_id,note=note", cast.administrator, said={"existing": "update"})
    assert lines(no) == [(2, "needed")]


def test_the_right_to_change_is_asked_for_every_row(cast):
    store("id,name,note\n7,Acme,a\n8,Beta,a\n", "customer", IDS, cast.administrator, owner=cast.owner)
    assert (
        store("id,name,note\n7,Acme,b\n8,Beta,a\n", "customer", IDS, cast.manager, said={"existing": "update"}).updated
        == 1
    )


def test_the_work_of_a_job_is_done_once(cast):
    text = "id,name,note\n7,Acme,a\n"
    first = store(text, "customer", IDS, cast.administrator, job=5)
    again = store(text.replace("a\n", "b\n"), "customer", IDS, cast.administrator, job=5, said={"existing": "update"})
    assert (again.earlier, Customer.objects.get().note) == (first.batch, "a")


def test_it_tells_how_far_it_is(cast):
    class Beat:
        told: list = []

        def step(self, done, total=None, said=None):
            self.told.append((done, total, said))

    store("name\nA\nB\n", "customer", "name=name", cast.administrator, beat=Beat())
    assert Beat.told[-1] == (2, 2, "writing")


def test_what_was_said_is_kept_as_json():
    spec = Spec("customer", [("a", "name")], SHANGHAI, values={"status": {"x": "lead"}}, left_out=(3,), key=("name",))
    assert spec_of("customer", said_of(spec)) == spec


# ---- parents in any order ----

TREE = "src_name=name,src_parent=parent"


def test_a_parent_may_come_after_its_child(cast):
    text = "src_name,src_parent\nLeaf,Branch\nBranch,Root\nRoot,\nOther,root\n"
    loaded = store(text, "customer", TREE, cast.administrator)
    assert loaded.created == 4
    assert dict(Customer.objects.values_list("name", "parent__name")) == {
        "Root": None, "Branch": "Root", "Leaf": "Branch", "Other": "Root"}  # fmt: skip
    in_order = Customer.objects.order_by("number").values_list("name", flat=True)
    assert list(in_order) == ["Leaf", "Branch", "Root", "Other"]  # numbered as the file has them
    row = Customer.history.get(name="Leaf")
    assert (row.version, row.parent_id) == (1, Customer.objects.get(name="Branch").pk)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("A,B\nB,A\nC,A\n", [(2, "circle"), (3, "circle"), (4, "circle")]),
        ("A,A\n", [(2, "circle")]),
        ("A,Nobody\nB,A\n", [(2, "no_parent"), (3, "parent_wrong")]),
        ("A,Twin\nTwin,\nTwin,\n", [(2, "two_parents")]),
    ],
)
def test_parents_that_cannot_be(cast, text, found):
    with pytest.raises(ImportRefused) as no:
        store("src_name,src_parent\n" + text, "customer", TREE, cast.administrator)
    assert lines(no) == found


def test_a_child_of_a_refused_row_is_refused_with_it(cast):
    text = "src_name,src_parent,made\nChild,Parent,2026-01-01\nParent,,2027-01-01\nGood,,2026-01-01\n"
    loaded = store(text, "customer", TREE + ",made=entered_at", cast.administrator, skip_bad_rows=True)
    assert (loaded.created, [(e.line, e.code) for e in loaded.errors]) == (1, [(2, "parent_wrong"), (3, "future")])


def test_the_page_of_a_customer_names_what_it_is_part_of(cast, sign_in):
    store("src_name,src_parent\nLeaf,Root\nRoot,\n", "customer", TREE, cast.administrator)
    leaf, root = Customer.objects.order_by("number")
    shown = sign_in(cast.owner).get(leaf.get_absolute_url()).content.decode()
    assert f'<dt>Part of</dt><dd><a href="{root.get_absolute_url()}">' in shown
    assert "Part of" not in sign_in(cast.owner).get(root.get_absolute_url()).content.decode()


def test_a_parent_that_stands_is_found_and_can_be_changed(cast):
    root = make.customer(cast.owner, name="Root")
    text = "id,src_name,src_parent\n1,A,Root\n"
    store(text, "customer", "id=external_id," + TREE, cast.administrator)
    assert Customer.objects.get(name="A").parent == root
    other = make.customer(cast.owner, name="Elsewhere")
    text = text.replace("Root", other.number)
    loaded = store(text, "customer", "id=external_id," + TREE, cast.administrator, said={"existing": "update"})
    record = Customer.objects.get(name="A")
    assert (loaded.updated, record.parent, record.version) == (1, other, 2)


# ---- contacts ----

PEOPLE = "name=name,who=contact_name,tel=contact_phone,mail=contact_email,wx=contact_wechat"
HEAD = "name,who,tel,mail,wx\n"


def test_a_row_brings_a_customer_and_its_contact(cast):
    text = HEAD + "长沙星辰软件,刘洋,0731 8226 1170,ly@example.cn,liu_y\nAcme,,,,\nBeta,N/A,,N/A,\n"
    loaded = store(text, "customer", PEOPLE, cast.administrator)
    assert (loaded.created, loaded.contacts) == (3, 2)
    contact = Contact.objects.get(name="刘洋")
    assert (contact.customer.name, contact.phone, contact.email, contact.wechat, contact.is_main) == (
        "长沙星辰软件", "0731 8226 1170", "ly@example.cn", "liu_y", True)  # fmt: skip
    row = contact.history.get()
    assert (row.history_type, row.batch, row.channel) == ("+", loaded.batch.pk, "import")
    assert Customer.objects.matching("073182261170").get() == contact.customer


def test_a_contact_of_a_customer_that_stands_is_added_or_changed(cast):
    said = {"existing": "update"}
    mapping = "id=external_id,who=contact_name,tel=contact_phone"
    store("id,name,note\n7,Acme,a\n", "customer", IDS, cast.administrator)
    first = store("id,who,tel\n7,Ann,1\n", "customer", mapping, cast.administrator, said=said)
    again = store("id,who,tel\n7,Ann,1\n", "customer", mapping, cast.administrator, said=said)
    third = store("id,who,tel\n7,ANN,22 33\n", "customer", mapping, cast.administrator, said=said)
    assert (first.contacts, again.contacts, again.batch, third.contacts) == (1, 0, None, 1)
    assert Contact.objects.get().phone == "22 33"
    assert Customer.objects.matching("2233").exists()
    assert Contact.history.count() == 2


CONTACTS = "company=customer,first=name,last=name+,tel=phone,mail=email,main=is_main"


def contacts(text, by, **options):
    said = {"existing": options.pop("existing", "skip")}
    plan = plan_of("company,first,last,tel,mail,main\n" + text, "contact", CONTACTS, **said)
    return load_contacts(plan=plan, file="c.csv", digest=text, by=by, channel="import", clock=clock, **options)


def test_a_file_of_contacts_alone(cast):
    acme = make.customer(cast.owner, name="Acme")
    text = "Acme,Jane,Doe,1,jane@example.com,yes\nacme,小,明,2,,no\n" + acme.number + ",Jim,,3,,yes\n"
    loaded = contacts(text, cast.administrator)
    assert (loaded.created, loaded.batch.record_type, loaded.batch.count) == (3, "contact", 3)
    found = {c.name: (c.phone, c.is_main) for c in Contact.objects.filter(customer=acme)}
    assert found == {"Jane Doe": ("1", True), "小明": ("2", False), "Jim": ("3", False)}
    assert contacts(text, cast.administrator).earlier == loaded.batch
    changed = contacts("Acme,Jane,Doe,9,,\n", cast.administrator, existing="update")
    assert (changed.updated, Contact.objects.get(name="Jane Doe").phone, Contact.history.count()) == (1, "9", 4)
    main = contacts("Acme,Jim,,3,,yes\n", cast.administrator, existing="update")
    assert (main.updated, list(Contact.objects.filter(is_main=True).values_list("name", flat=True))) == (1, ["Jim"])


def test_contacts_need_a_customer_and_the_right_to_change_it(cast):
    make.customer(cast.owner, name="Acme")
    with pytest.raises(ImportRefused) as no:
        contacts("Nobody,A,B,,,\n,C,D,,,\nAcme,E,F,,not a mail,\n", cast.administrator)
    assert lines(no) == [(2, "no_parent"), (3, "needed"), (4, "value")]
    with pytest.raises(Refused):
        contacts("Acme,A,B,,,\n", cast.owner)
    assert not Contact.objects.exists()


# ---- duplicates, options, mending, outcome ----


def test_duplicates_are_shown_and_refused_only_where_chosen(cast):
    acme = make.customer(cast.owner, name="Acme")
    text = HEAD + "ACME,,,,\nBeta,Ann,1,a@example.com,\nGamma,Bob,2,A@example.com,\nbeta,,,,\nOnly,,,,\n"
    loaded = store(text, "customer", PEOPLE, cast.administrator)
    assert loaded.created == 5
    assert [(e.line, e.code, e.params["what"]) for e in loaded.duplicates] == [
        (4, "duplicate_line", "e-mail"), (5, "duplicate_line", "name"), (2, "duplicate", "name")]  # fmt: skip
    assert f"Looks like {acme.number} “Acme”, which stands already: same name." in loaded.outcome[0].messages
    with pytest.raises(ImportRefused) as no:
        store(HEAD + "acme,,,,\nNew,X,1,,\n", "customer", PEOPLE, cast.administrator, said={"duplicates": "refuse"})
    assert lines(no) == [(2, "duplicate"), (3, "duplicate")]


def test_identical_rows_are_told_by_a_chosen_key(cast):
    deal = "name,c,made\nGun,Acme,2026-01-01\nGun,Acme,2026-01-01\nGun,Acme,2026-01-02\n"
    said = {"key": ("name", "customer", "entered_at")}
    mapping = "name=name,c=customer,made=entered_at"
    loaded = store(deal, "opportunity", mapping, cast.administrator, said=said, create_missing_customers=True)
    assert (loaded.created, [e.line for e in loaded.duplicates]) == (3, [3])
    assert store(deal, "opportunity", mapping, cast.administrator, said=said).earlier == loaded.batch


def test_options_that_are_none_get_a_suggestion():
    table = open_table("name,sector\nA,技术\nB,logistic\nC,logistic\nD,Trade\nE,?\nF,Manufacture\n".encode())
    spec = Spec("customer", [("name", "name"), ("sector", "industry")], SHANGHAI)
    found = [(u.text, u.rows, u.suggestion) for u in unknown_options(table, spec)]
    assert found == [("logistic", 2, "logistics"), ("Manufacture", 1, "manufacturing"), ("技术", 1, "")]
    mapped = Spec(
        "customer", spec.mapping, SHANGHAI, values={"industry": {"logistic": "logistics", "技术": "software"}}
    )
    assert [u.text for u in unknown_options(table, mapped)] == ["Manufacture"]


def test_a_text_typed_instead_of_a_cell_counts():
    table = mended(open_table(b"name,made\nA,2026-13-01\nB,2026-01-02\n"), {"2": {"#2": "2026-12-01"}})
    plan = make_plan(table, Spec("customer", [("name", "name"), ("made", "entered_at")], SHANGHAI, left_out=(3,)))
    assert ([row.entered_at.date() for row in plan.rows], plan.left_lines) == ([dt.date(2026, 11, 30)], [3])


def test_what_came_of_every_line_is_a_file(cast):
    text = "id,name,made\n1,A,2026-01-01\n2,B,bad\n3,C,2026-01-01\n4,=D,2026-01-01\n"
    mapping = "id=external_id,name=name,made=entered_at"
    store("".join(text.splitlines(keepends=True)[:2]), "customer", mapping, cast.administrator)
    said = {"left_out": (4,), "date_formats": {"": "iso"}}
    loaded = store(text, "customer", mapping, cast.administrator, said=said, skip_bad_rows=True)
    rows = list(csv.reader(io.StringIO(b"".join(outcome_csv(loaded.outcome)).decode("utf-8-sig"))))
    assert rows[0] == ["Line", "Outcome", "Number", "What to know"]
    assert [row[:2] for row in rows[1:]] == [
        ["2", "stands already, left as it is"], ["3", "refused"], ["4", "left out"], ["5", "created"]]  # fmt: skip
    assert rows[1][2] == Customer.objects.get(name="A").number
    assert rows[2][3] == "made: “bad” is not a date in the format iso."


def test_a_trial_takes_all_of_it_back(cast):
    before = history_rows()
    store("id,name,note\n7,Acme,a\n", "customer", IDS, cast.administrator)
    loaded = store(
        "id,name,note\n7,A,b\n8,B,c\n", "customer", IDS, cast.administrator, said={"existing": "update"}, trial=True
    )
    assert (loaded.updated, loaded.created) == (1, 1)
    assert (history_rows(), Customer.objects.get().note, Batch.objects.count()) == (before + 1, "a", 1)
