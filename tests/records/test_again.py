"""The password again: one's own passes, a wrong one is refused and kept, too many in a row wait."""

from __future__ import annotations

import datetime as dt

import pytest

from audit.models import Event
from records.refusals import Refused
from records.services.again import TRIES, WITHIN, password_again
from tests import cast as make

pytestmark = pytest.mark.django_db


def _again(person, password, at=make.NOW):
    password_again(by=person, password=password, channel="web", clock=lambda: at)


def test_ones_own_password_passes(cast):
    _again(cast.administrator, make.PASSWORD)
    assert not Event.objects.filter(kind="refused").exists()


def test_a_wrong_one_is_refused_and_kept_without_its_text(cast):
    with pytest.raises(Refused, match="password"):
        _again(cast.administrator, "what I forgot")
    kept = Event.objects.get(kind="refused")
    assert (kept.actor_id, kept.what) == (
        cast.administrator.pk,
        {"action": "password_again", "codes": ["password"]},
    )


def test_after_five_wrong_ones_even_the_right_one_waits_and_no_longer(cast):
    for _time in range(TRIES):
        with pytest.raises(Refused):
            _again(cast.administrator, "wrong")
    with pytest.raises(Refused) as no:
        _again(cast.administrator, make.PASSWORD)
    assert no.value.codes == ("password_often",)
    assert "5 minutes" in no.value.messages()[0]
    _again(cast.manager, make.PASSWORD)
    _again(cast.administrator, make.PASSWORD, make.NOW + WITHIN + dt.timedelta(seconds=1))


def test_an_inactive_person_passes_with_no_password(cast):
    with pytest.raises(Refused, match="inactive"):
        _again(cast.gone, make.PASSWORD)
