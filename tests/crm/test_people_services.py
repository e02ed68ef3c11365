"""Writing people, roles and teams: every act is told by its events, every refusal is kept, some things never happen."""

from __future__ import annotations

import threading

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection

from audit.models import Event
from crm.models import Role, Team, User
from crm.people import services
from records.models import CompanyRules, TypeRule
from records.refusals import Refused
from tests import cast as make
from tests.cast import clock

HOW = {"channel": "web", "clock": clock}
NEW = {
    "username": "lin",
    "display_name": "林悦 Lin Yue",
    "email": "lin@yunqiao.example",
    "roles": ["sales"],
    "password": "a long enough one",
    "note": "Starts on Monday.",
}


def kinds() -> list[str]:
    return list(Event.objects.order_by("id").values_list("kind", flat=True))


def add(by, team=None, **extra):
    return services.add_person(by=by, team=team, **(NEW | HOW | extra))


def change(person, by, **extra):
    person = User.objects.get(pk=person.pk)
    values = {
        "display_name": person.display_name,
        "email": person.email,
        "roles": services.people.role_keys(person),
        "team": person.team,
        "note": "As agreed.",
    }
    return services.change_person(person=person, by=by, **(values | HOW | extra))


def test_adding_a_person_is_told_by_one_event_for_each_fact(cast):
    person = add(cast.administrator, team=cast.east)
    assert kinds() == ["person_added", "role_given", "team_changed"]
    assert set(person.groups.all()) == {Role.objects.get(key="sales").group, cast.east.group}
    assert person.check_password("a long enough one")
    added, role, team = Event.objects.order_by("id")
    assert added.what["display_name"] == [None, "林悦 Lin Yue"]
    assert added.what["note"] == "Starts on Monday."
    assert (added.actor_name, added.record_type, added.record_id) == ("Administrator", "crm.user", person.pk)
    assert (role.what["role"], role.what["roles"]) == ("sales", [[], ["sales"]])
    assert team.what["team"] == [None, "East"]
    assert "password" not in str([event.what for event in Event.objects.all()])


def test_without_a_password_none_can_be_used(cast):
    assert not add(cast.administrator, password=None).has_usable_password()


@pytest.mark.parametrize("name", ["owner", "manager", "senior", "auditor", "outsider", "gone"])
def test_others_are_refused_and_it_is_kept(cast, name):
    by = getattr(cast, name)
    for act in (
        lambda: add(by),
        lambda: change(cast.owner, by, display_name="New"),
        lambda: services.deactivate_person(person=cast.owner, note="x", by=by, **HOW),
        lambda: services.activate_person(person=cast.gone, note="x", by=by, **HOW),
        lambda: services.rename_role(
            role=Role.objects.get(key="sales"), name_en="A", name_zh="B", note="x", by=by, **HOW
        ),
        lambda: services.add_team(name="New", manager=None, note="x", by=by, **HOW),
        lambda: services.change_team(team=cast.east, name="New", manager=None, note="x", by=by, **HOW),
    ):
        with pytest.raises(Refused) as no:
            act()
        assert no.value.codes == ("inactive" if name == "gone" else "people_right",)
    assert kinds() == ["refused"] * 7
    assert not User.objects.filter(username="lin").exists()
    assert not Team.objects.filter(name="New").exists()


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ({"note": " "}, "why"),
        ({"username": "Owner"}, "username_taken"),
        ({"username": "lin@home"}, "username"),
        ({"email": "OWNER@redate.example"}, "email_taken"),
        ({"roles": ["boss"]}, "role_unknown"),
    ],
)
def test_what_cannot_be_added_is_refused_with_its_code(cast, extra, code):
    before = User.objects.count()
    with pytest.raises(Refused) as no:
        add(cast.administrator, **extra)
    assert no.value.codes == (code,)
    assert no.value.messages()[0] != code
    assert (User.objects.count(), kinds()) == (before, ["refused"])


@pytest.mark.parametrize("extra", [{"email": "no address"}, {"email": ""}, {"username": "two words"}, {"username": ""}])
def test_values_that_the_model_refuses_are_no_people(cast, extra):
    with pytest.raises(ValidationError):
        add(cast.administrator, **extra)
    assert kinds() == []


def test_a_change_tells_before_and_after_and_nothing_where_nothing_differs(cast):
    assert change(cast.owner, cast.administrator, display_name="Lin", email="lin@yunqiao.example")
    assert kinds() == ["person_changed"]
    assert Event.objects.get().what == {
        "display_name": ["Owner", "Lin"],
        "email": ["owner@redate.example", "lin@yunqiao.example"],
        "note": "As agreed.",
    }
    assert not change(cast.owner, cast.administrator)
    assert kinds() == ["person_changed"]


def test_roles_are_given_and_taken_each_with_its_event_and_its_rights(cast):
    assert change(cast.owner, cast.administrator, roles=["sales_manager"])
    assert kinds() == ["role_taken", "role_given"]
    assert {tuple(map(tuple, event.what["roles"])) for event in Event.objects.all()} == {
        (("sales",), ("sales_manager",))
    }
    fresh = User.objects.get(pk=cast.owner.pk)
    assert fresh.has_perm("records.change_customer_entry_time")
    assert not fresh.user_permissions.exists()


def test_a_person_holds_the_group_of_one_team_only(cast):
    assert change(cast.owner, cast.administrator, team=cast.west)
    assert kinds() == ["team_changed"]
    owner = User.objects.get(pk=cast.owner.pk)
    assert owner.team == cast.west
    assert list(owner.groups.filter(team__isnull=False)) == [cast.west.group]
    assert change(cast.owner, cast.administrator, team=None)
    assert not owner.groups.filter(team__isnull=False).exists()


def test_an_email_is_one_persons_whatever_its_case(cast):
    with pytest.raises(Refused) as no:
        change(cast.owner, cast.administrator, email="Colleague@Redate.example")
    assert no.value.codes == ("email_taken",)
    assert change(cast.owner, cast.administrator, email="OWNER@redate.example")


def test_a_page_that_is_out_of_date_overwrites_nothing(cast):
    seen = services.state_of(cast.owner)
    change(cast.owner, cast.administrator, roles=["auditor"])
    with pytest.raises(Refused) as no:
        change(cast.owner, cast.root, roles=["sales"], seen=seen)
    assert no.value.codes == ("stale_person",)
    assert services.people.role_keys(cast.owner) == ["auditor"]


def test_deactivated_and_activated_again(cast):
    assert services.deactivate_person(person=cast.owner, note="Left.", by=cast.administrator, **HOW)
    assert not User.objects.get(pk=cast.owner.pk).is_active
    assert not services.deactivate_person(person=cast.owner, note="Left.", by=cast.administrator, **HOW)
    assert services.activate_person(person=cast.owner, note="Came back.", by=cast.administrator, **HOW)
    assert kinds() == ["person_deactivated", "person_activated"]
    assert Event.objects.first().what == {"is_active": [True, False], "note": "Left."}


def test_nobody_deactivates_themselves(cast):
    with pytest.raises(Refused) as no:
        services.deactivate_person(person=cast.administrator, note="x", by=cast.administrator, **HOW)
    assert no.value.codes == ("self_deactivate",)


def test_the_last_active_administrator_stays(cast):
    services.deactivate_person(person=cast.root, note="x", by=cast.administrator, **HOW)
    with pytest.raises(Refused) as no:
        change(cast.administrator, cast.administrator, roles=["sales"])
    assert no.value.codes == ("last_administrator",)
    with pytest.raises(Refused) as no:
        services.deactivate_person(person=cast.administrator, note="x", by=None, channel="command", clock=clock)
    assert no.value.codes == ("last_administrator",)
    assert services.people.role_keys(cast.administrator) == ["administrator"]


def test_an_administrator_may_step_back_while_there_is_another(cast):
    assert change(cast.administrator, cast.administrator, roles=["sales"])
    with pytest.raises(Refused):
        change(cast.root, cast.root, roles=[])


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_remove_each_other_leave_one():
    people = [make.person(name, "administrator") for name in ("first", "second")]

    def lose(mine, yours):
        services.deactivate_person(person=yours, note="x", by=mine, **HOW)

    answers = at_once(lambda: lose(*people), lambda: lose(*reversed(people)))
    assert sorted(answers) == ["done", "inactive"]
    assert User.objects.filter(is_active=True, groups__role__key="administrator").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_step_back_at_once_leave_one():
    people = [make.person(name, "administrator") for name in ("first", "second")]
    answers = at_once(*(lambda person=person: change(person, person, roles=["sales"]) for person in people))
    assert sorted(answers) == ["done", "last_administrator"]
    assert User.objects.filter(groups__role__key="administrator").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_set_ups_at_once_make_one_administrator():
    def run(name):
        services.set_up(**(SETUP | {"username": name, "email": f"{name}@yunqiao.example"}))

    answers = at_once(lambda: run("first"), lambda: run("second"))
    assert sorted(answers) == ["done", "set_up_done"]
    assert User.objects.count() == 1


def at_once(*acts) -> list[str]:
    """Run the acts together; what each came to: "done" or the code of its refusal."""
    start, answers = threading.Barrier(len(acts)), []

    def run(act):
        start.wait()
        try:
            act()
            answers.append("done")
        except Refused as no:
            answers.append(no.codes[0])
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


# ---- roles and teams ----


def test_a_role_is_renamed_and_keeps_its_key_and_rights(cast):
    role = Role.objects.get(key="sales")
    rights = set(role.group.permissions.all())
    how = {
        "role": role,
        "name_en": "Account manager",
        "name_zh": "客户经理",
        "note": "Our word.",
        "by": cast.administrator,
    }
    assert services.rename_role(**how, **HOW)
    assert Event.objects.get().what["name_en"] == ["Sales", "Account manager"]
    role.refresh_from_db()
    assert (role.key, role.name_zh, set(role.group.permissions.all())) == ("sales", "客户经理", rights)
    assert not services.rename_role(**how, **HOW)
    with pytest.raises(Refused) as no:
        services.rename_role(**(how | {"role": Role.objects.get(key="auditor"), "name_zh": "审计"}), **HOW)
    assert no.value.codes == ("role_name_taken",)


def test_a_team_is_added_and_changed_with_its_group(cast):
    how = {"note": "New market.", "by": cast.administrator, **HOW}
    team = services.add_team(name="Europe", manager=cast.manager, **how)
    assert team.group.name == "team:Europe"
    assert services.change_team(team=team, name="EMEA", manager=cast.senior, **how)
    assert kinds() == ["team_added", "team_changed"]
    assert Event.objects.last().what["manager"] == ["Manager", "Senior"]
    team.refresh_from_db()
    assert (team.name, team.group.name, team.manager) == ("EMEA", "team:EMEA", cast.senior)
    assert not services.change_team(team=team, name="EMEA", manager=cast.senior, **how)
    for wrong, code in (({"name": "east"}, "team_taken"), ({"manager": cast.gone}, "lead")):
        with pytest.raises(Refused) as no:
            services.change_team(**({"team": team, "name": "EMEA", "manager": None} | wrong), **how)
        assert no.value.codes == (code,)


# ---- oneself ----


def test_what_people_say_of_themselves(cast):
    values = {"display_name": "Lin", "zone": "Europe/Berlin", "theme": "dark"}
    assert services.set_own_profile(by=cast.owner, values=values, **HOW)
    assert Event.objects.get().what == {
        "display_name": ["Owner", "Lin"],
        "zone": ["", "Europe/Berlin"],
        "theme": ["", "dark"],
    }
    assert not services.set_own_profile(by=cast.owner, values=values, **HOW)
    with pytest.raises(Refused):
        services.set_own_profile(by=cast.owner, values={"email": "COLLEAGUE@redate.example"}, **HOW)
    for wrong in ({"is_superuser": True}, {"zone": "Mars/Olympus"}):
        with pytest.raises(ValueError):
            services.set_own_profile(by=cast.owner, values=wrong, **HOW)


# ---- the first administrator ----

SETUP = {
    "username": "boss",
    "display_name": "Boss",
    "email": "boss@yunqiao.example",
    "password": "a long enough one",
    "language": "zh-hans",
    "company": "云桥商贸",
    "zone": "Asia/Shanghai",
    "owners_may": ["customer", "followup"],
    "by": None,
    **HOW,
}


def test_set_up_makes_administrator_company_and_owner_rules_in_one_go(db):
    assert services.needs_setup()
    person = services.set_up(**SETUP)
    assert not services.needs_setup()
    assert services.people.role_keys(person) == ["administrator"]
    company = CompanyRules.objects.get()
    assert (company.name, company.zone) == ("云桥商贸", "Asia/Shanghai")
    assert set(TypeRule.objects.filter(owners_may=True).values_list("record_type", flat=True)) == {
        "customer",
        "followup",
    }
    row = CompanyRules.history.first()
    assert (row.history_user_id, row.history_change_reason, row.channel) == (person.pk, "Set-up", "web")
    with pytest.raises(Refused) as no:
        services.set_up(**(SETUP | {"username": "other", "email": "other@yunqiao.example"}))
    assert no.value.codes == ("set_up_done",)


def test_set_up_is_all_or_nothing(db, monkeypatch):
    monkeypatch.setattr("crm.people.services.first.write", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        services.set_up(**SETUP)
    assert (User.objects.count(), Event.objects.count(), services.needs_setup()) == (0, 0, True)


def test_createsuperuser_makes_an_administrator_with_events(db, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a long enough one")
    call_command("createsuperuser", "--noinput", username="boss", email="boss@yunqiao.example", verbosity=0)
    person = User.objects.get()
    assert person.has_perm("crm.manage_people")
    assert person.check_password("a long enough one")
    assert (person.is_superuser, person.is_staff) == (False, False)
    assert list(Event.objects.values_list("kind", "channel", "actor_id")) == [
        ("person_added", "command", None),
        ("role_given", "command", None),
    ]
    with pytest.raises(CommandError, match="e-mail"):
        call_command("createsuperuser", "--noinput", username="boss2", email="BOSS@yunqiao.example", verbosity=0)
