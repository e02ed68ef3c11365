"""Teams: adding, renaming, another lead."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import Event
from crm.models import Team
from tests import cast as make


def test_a_team_is_added_and_shown_with_lead_and_size(cast, sign_in):
    client = sign_in(cast.administrator)
    values = {"name": "Europe", "manager": cast.manager.pk, "note": "New market."}
    assert client.post(reverse("team_new"), values).status_code == 302
    team = Team.objects.get(name="Europe")
    assert (team.manager, team.group.name) == (cast.manager, "team:Europe")
    assert Event.objects.get().what["manager"] == [None, "Manager"]
    page = client.get(reverse("teams"))
    assert {each.name: each.size for each in page.context["teams"]} == {"East": 4, "Europe": 0, "West": 1}


def test_a_team_is_changed(cast, sign_in):
    client = sign_in(cast.administrator)
    address = reverse("team", args=[cast.east.pk])
    seen = client.get(address).context["form"]["seen"].value()
    values = {"name": "East coast", "manager": cast.senior.pk, "note": "Wider.", "seen": seen}
    assert client.post(address, values | {"group": "1"}).status_code == 302
    team = Team.objects.get(pk=cast.east.pk)
    assert (team.name, team.manager, team.group_id) == ("East coast", cast.senior, cast.east.group_id)
    assert client.post(address, values).status_code == 422  # the page is out of date


@pytest.mark.parametrize("values", [{"name": ""}, {"name": "west"}, {"manager": "4711"}, {"note": ""}])
def test_wrong_values_are_refused(cast, sign_in, values):
    good = {"name": "East", "manager": "", "note": "x"}
    answer = sign_in(cast.administrator).post(reverse("team", args=[cast.east.pk]), good | values)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == list(values)


def test_a_lead_who_left_is_shown_and_may_stay_until_replaced(cast, sign_in):
    Team.objects.filter(pk=cast.east.pk).update(manager=cast.gone)
    client = sign_in(cast.administrator)
    assert "Inactive" in client.get(reverse("teams")).text
    values = {"name": "Eastern", "manager": cast.gone.pk, "note": "x"}
    assert client.post(reverse("team", args=[cast.east.pk]), values).status_code == 302
    values = {"name": "West", "manager": cast.gone.pk, "note": "x"}
    assert client.post(reverse("team", args=[cast.west.pk]), values).status_code == 422


def test_the_list_costs_the_same_for_many(cast, sign_in):
    client = sign_in(cast.administrator)

    def cost():
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("teams"))
        return len(queries)

    few = cost()
    for number in range(20):
        make.team(f"Team {number}")
    assert cost() == few
