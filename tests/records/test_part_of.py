"""What a customer is part of: its form, its page, its filter, its trail, and what it does not give."""

from __future__ import annotations

import pytest
import time_machine
from django.contrib.messages import get_messages

from audit.models import Event
from records.models import CompanyRules, Customer
from records.models.access import CHANGE, REDATE, VIEW
from records.models.guard import NotThroughTheDoor
from records.services.assign import change_part_of
from records.services.batches import undo_batch
from records.services.records import archive_record
from tests import cast as make
from tests.cast import NOW, clock
from tests.records.doing import acting
from tests.records.importing.test_standing import TREE, ImportRefused, lines, store

CHINESE = {"HTTP_ACCEPT_LANGUAGE": "zh-hans"}


@pytest.fixture(autouse=True)
def moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def group(cast):
    return make.customer(cast.owner, name="Group")


@pytest.fixture
def branch(cast):
    return make.customer(cast.owner, name="Branch")


def send(client, record, **values):
    return client.post(f"/customers/{record.pk}/part-of/", {"version": record.version, "why": "Bought"} | values)


def join(cast, record, above):
    change_part_of(record=record, seen_version=record.version, part_of=above, **acting(cast.manager, clock))
    record.refresh_from_db()


def test_a_manager_makes_a_customer_part_of_another_and_of_none(cast, sign_in, group, branch):
    client = sign_in(cast.manager)
    assert f'href="/customers/{branch.pk}/part-of/"' in client.get(f"/customers/{branch.pk}/edit/").content.decode()
    response = send(client, branch, customer=f"Group ({group.number})")
    assert response["Location"] == f"/customers/{branch.pk}/edit/"
    assert [str(message) for message in get_messages(response.wsgi_request)] == ["Part of: None → Group."]
    branch.refresh_from_db()
    row = Customer.history.latest("history_id")
    assert (branch.parent, branch.version, row.parent_id) == (group, 2, group.pk)
    assert (row.history_change_reason, row.actor_name, row.channel) == ("Bought", "Manager", "web")
    shown = client.get(f"/customers/{branch.pk}/edit/").content.decode()
    assert "<dt>Part of</dt><dd>Group</dd>" in shown
    assert "Part of" in client.get(f"/customers/{branch.pk}/history/").content.decode()
    assert "Group" in client.get(f"/customers/{branch.pk}/history/").content.decode()
    assert send(client, branch, customer="").status_code == 302
    branch.refresh_from_db()
    assert (branch.parent, Customer.history.filter(id=branch.pk).count()) == (None, 3)


def test_the_form_in_chinese(cast, sign_in, group, branch):
    join(cast, branch, group)
    client = sign_in(cast.manager)
    text = client.get(f"/customers/{branch.pk}/part-of/", **CHINESE).content.decode()
    assert 'lang="zh-Hans"' in text
    assert f'value="Group ({group.number})"' in text
    assert client.post(f"/customers/{branch.pk}/part-of/", {}, **CHINESE).status_code == 422


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"customer": "Nobody"}, "No customer is called Nobody."),
        ({"customer": ""}, "It is so already. Choose another one, or cancel."),
        ({"customer": "Branch"}, "That customer is this one, or part of it already. Choose another one."),
        ({"customer": "Leaf"}, "That customer is this one, or part of it already. Choose another one."),
        ({"customer": "Gone"}, "What this record would hang on is archived."),
        ({"customer": "Group", "why": ""}, "Write why."),
        ({"customer": "Group", "version": ""}, "This page is too old to save from."),
    ],
)
def test_refusals(cast, sign_in, group, branch, values, sentence):
    middle, leaf, gone = (make.customer(cast.owner, name=name) for name in ("Middle", "Leaf", "Gone"))
    join(cast, middle, branch)
    join(cast, leaf, middle)
    archive_record(record=gone, seen_version=1, **acting(cast.manager, clock))
    response = send(sign_in(cast.manager), branch, **values)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert Customer.history.filter(id=branch.pk).count() == 1


def test_an_archived_customer_stays_where_it_is_and_the_refusal_is_kept(cast, sign_in, group, branch):
    archive_record(record=branch, seen_version=1, **acting(cast.manager, clock))
    branch.refresh_from_db()
    assert send(sign_in(cast.manager), branch, customer="Group").status_code == 422
    assert Event.objects.filter(kind="refused").latest("pk").what["codes"] == ["archived"]


def test_a_stale_page_shows_both_values(cast, sign_in, group, branch):
    other, client = make.customer(cast.owner, name="Other"), sign_in(cast.manager)
    send(client, branch, customer="Group")
    response = send(client, branch, customer="Other")
    assert response.status_code == 409
    assert "Group" in response.content.decode()
    branch.refresh_from_db()
    assert branch.parent == group != other


def test_sales_may_look_but_not_assign(cast, sign_in, group, branch):
    for person in (cast.owner, cast.auditor):
        assert send(sign_in(person), branch, customer="Group").status_code == 403
        assert "/part-of/" not in sign_in(person).get(f"/customers/{branch.pk}/edit/").content.decode()
    assert send(sign_in(cast.outsider), branch, customer="Group").status_code == 404


def hide(cast):
    make.set_rule(CompanyRules.objects.get(), sales_see_all=False)
    return make.customer(cast.stranger, name="Hidden west")


def test_names_stand_only_where_they_may_be_known(cast, sign_in, group, branch):
    hidden = hide(cast)
    join(cast, branch, hidden)
    join(cast, hidden, group)
    client = sign_in(cast.owner)
    for address in ("", "edit/", "history/"):
        assert "Hidden west" not in client.get(f"/customers/{branch.pk}/{address}").content.decode()
    assert "a record you may not see" in client.get(f"/customers/{branch.pk}/edit/").content.decode()
    assert "Hidden west" not in client.get(f"/customers/{group.pk}/").content.decode()
    assert "Hidden west" not in client.get(f"/customers/?part_of={group.number}").content.decode()
    assert "Branch" not in client.get(f"/customers/?part_of={hidden.number}").content.decode()
    assert "Hidden west" in sign_in(cast.manager).get(f"/customers/{group.pk}/").content.decode()


def test_it_gives_nobody_a_right(cast, group, branch):
    make.grant(group, cast.outsider, cast.manager, covers=True)
    join(cast, branch, group)
    for right in (VIEW, CHANGE, REDATE):
        assert not cast.outsider.has_perm(f"records.{right.format('customer')}", branch)


def test_parts_stand_on_the_page_eight_of_them_and_all_in_the_list(cast, sign_in, group, django_assert_max_num_queries):
    client = sign_in(cast.owner)
    assert "Parts" not in client.get(f"/customers/{group.pk}/").content.decode()
    for number in range(10):
        join(cast, make.customer(cast.owner, name=f"Part {number}"), group)
    with django_assert_max_num_queries(13):
        text = client.get(f"/customers/{group.pk}/").content.decode()
    assert [f"Part {number}" in text for number in range(10)] == [True] * 8 + [False] * 2
    assert f'href="/customers/?part_of={group.number}">All parts</a>' in text
    for asked in (group.number, "group", f"Group ({group.number})"):
        listed = client.get("/customers/", {"part_of": asked}, **CHINESE).content.decode()
        assert all(f"Part {number}" in listed for number in range(10))
        assert f'id="filter-part_of" list="parts" value="{asked}"' in listed
    assert "Part 1" not in client.get("/customers/", {"part_of": "Nobody"}).content.decode()
    assert 'name="part_of"' not in client.get("/contracts/").content.decode()
    assert "Group" in client.get("/customers/suggest/", {"part_of": "gro"}).content.decode()


def test_only_the_services_write_it(cast, group, branch):
    branch.parent = group
    with pytest.raises(NotThroughTheDoor):
        branch.save(update_fields=["parent"])


IDS = "id=external_id," + TREE


def test_an_import_obeys_the_same_rules_and_is_taken_back(cast, group):
    store("id,src_name,src_parent\n1,A,\n2,B,A\n", "customer", IDS, cast.administrator)
    a, b = Customer.objects.get(name="A"), Customer.objects.get(name="B")
    with pytest.raises(ImportRefused) as no:
        store("id,src_name,src_parent\n1,A,B\n", "customer", IDS, cast.administrator, said={"existing": "update"})
    assert lines(no) == [(2, "circle")]
    loaded = store("id,src_name,src_parent\n2,B,Group\n", "customer", IDS, cast.manager, said={"existing": "update"})
    b.refresh_from_db()
    assert b.parent == group
    undone = undo_batch(batch=loaded.batch, by=cast.manager, clock=clock, note="Wrong")
    b.refresh_from_db()
    assert (b.parent, [row.outcome for row in undone.rows]) == (a, ["done"])


def test_an_undo_makes_no_circle(cast, group):
    store("id,src_name,src_parent\n1,A,\n2,B,A\n", "customer", IDS, cast.administrator)
    loaded = store("id,src_name,src_parent\n2,B,Group\n", "customer", IDS, cast.manager, said={"existing": "update"})
    join(cast, Customer.objects.get(name="A"), Customer.objects.get(name="B"))
    undone = undo_batch(batch=loaded.batch, by=cast.manager, clock=clock, note="Wrong")
    assert [row.codes for row in undone.rows] == [("part_circle",)]
    assert Customer.objects.get(name="B").parent == group
