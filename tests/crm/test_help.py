"""The help page: everything that a newcomer has to find stands there, in either language."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

SUBJECTS = {
    "sales": ("Correct an entry time", "You may not? Ask", "Take it back"),
    "managers": ("Change many at once", "Take a batch back", "Bring old records in", "Answer a request"),
    "rules": ("Change a rule", "Close a month", "Make a backup"),
    "integrity": ("Find a change", "Review changes", "Is the trail whole?"),
}


def parts(page: str) -> dict[str, list[str]]:
    """Section → its headings."""
    found = re.findall(r'<section id="(\w+)"(.*?)</section>', page, re.DOTALL)
    return {name: re.findall(r"<h3>(.*?)</h3>", body) for name, body in found}


@pytest.mark.parametrize("who", ["owner", "administrator", "auditor"])
def test_each_part_names_what_its_people_do(cast, sign_in, who):
    page = sign_in(getattr(cast, who)).get(reverse("help")).content.decode()
    found = parts(page)
    for name, headings in SUBJECTS.items():
        assert set(headings) <= set(found[name]), name
    links = set(re.findall(r'<a class="chip" href="#(\w+)"', page))
    assert links == set(re.findall(r'<section id="(\w+)"', page))
