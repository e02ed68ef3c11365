"""Filters of the trail under a name: one's own, shared ones, forgotten ones."""

from __future__ import annotations

import pytest

from audit.models import SavedFilter
from tests.audit.test_trail_list import TRAIL

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
SAVE = "/trail/filters/"


def test_saved_and_found_again(cast, sign_in):
    client = sign_in(cast.auditor)
    sent = {"query": "field=time&days=5&q=&nonsense=1", "name": "  Large   moves "}
    response = client.post(SAVE, sent)
    assert response.status_code == 302
    assert response["Location"] == "/trail/?field=time&days=5"
    kept = SavedFilter.objects.get()
    assert (kept.name, kept.query, kept.shared, kept.user, kept.page) == (
        "Large moves",
        "field=time&days=5",
        False,
        cast.auditor,
        "trail",
    )
    html = client.get(TRAIL).content.decode()
    assert 'href="/trail/?field=time&amp;days=5"' in html
    assert "Large moves" in html


def test_the_same_name_again_replaces_it(cast, sign_in):
    client = sign_in(cast.auditor)
    client.post(SAVE, {"query": "days=5", "name": "Large"})
    client.post(SAVE, {"query": "days=9", "name": "Large", "shared": "1"})
    kept = SavedFilter.objects.get()
    assert (kept.query, kept.shared) == ("days=9", True)


def test_others_see_shared_ones_alone_and_cannot_touch_them(cast, sign_in):
    SavedFilter.objects.create(user=cast.auditor, page="trail", name="Mine alone", query="days=5")
    shared = SavedFilter.objects.create(user=cast.auditor, page="trail", name="For all", query="days=6", shared=True)
    client = sign_in(cast.administrator)
    html = client.get(TRAIL).content.decode()
    assert "For all" in html
    assert "Mine alone" not in html
    assert client.post(f"{SAVE}{shared.pk}/delete/").status_code == 404
    assert client.post(f"{SAVE}{shared.pk}/share/").status_code == 404
    assert SavedFilter.objects.count() == 2


def test_sharing_and_forgetting(cast, sign_in):
    kept = SavedFilter.objects.create(user=cast.auditor, page="trail", name="Large", query="days=5")
    client = sign_in(cast.auditor)
    assert client.post(f"{SAVE}{kept.pk}/share/", {"shared": "1"}).status_code == 302
    assert SavedFilter.objects.get().shared is True
    client.post(f"{SAVE}{kept.pk}/share/")
    assert SavedFilter.objects.get().shared is False
    assert client.post(f"{SAVE}{kept.pk}/delete/").status_code == 302
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"query": "days=5", "name": " "}, "Give it a name"),
        ({"query": "days=5", "name": "x" * 81}, "Give it a name"),
        ({"query": "", "name": "Nothing"}, "Filter something first"),
        ({"query": "days=many", "name": "Broken"}, "Filter something first"),
    ],
)
def test_what_cannot_be_saved_comes_back(cast, sign_in, sent, sentence):
    response = sign_in(cast.auditor).post(SAVE, sent)
    assert response.status_code == 422
    html = response.content.decode()
    assert sentence in html
    if "days" in sent["query"]:
        assert f'value="{sent["query"].removeprefix("days=")}"' in html
    assert not SavedFilter.objects.exists()
