"""The form of a grant on all records of a list."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from records.access import Checker
from records.models.access import GRANTABLE
from records.services.granting import may_grant

from .access import GrantForm

TERMS = ("to", "right", "covers", "until", "days_back", "no_limit", "longest_move", "standing")


class ManyForm(GrantForm):
    """As for one record; and what becomes of grants that stand. `token` names the act, `seen` what was looked at."""

    standing = forms.ChoiceField(
        label=gettext_lazy("Where this right is granted already"),
        choices=[("leave", gettext_lazy("Leave it")), ("extend", gettext_lazy("Extend it"))],
        initial="leave",
        widget=forms.RadioSelect,
    )
    token = forms.CharField(widget=forms.HiddenInput, max_length=64)
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)

    def __init__(self, data: Any, *, records: Sequence[Any], checker: Checker, **kwargs: Any) -> None:
        """`records` are those of the list; the first that may be granted on stands for all."""
        right = next((r for r in records if any(may_grant(r, checker, kind) for kind in GRANTABLE)), records[0])
        super().__init__(data, record=right, checker=checker, auto_id="many_%s", **kwargs)
        self.fields["token"].initial = uuid.uuid4().hex
        self.records = records

    @property
    def fingerprint(self) -> str:
        """What tells this list under these terms from any other."""
        ids = [str(pk) for pk in sorted(record.pk for record in self.records)]
        terms = [f"{name}={self[name].value()}" for name in TERMS if name in self.fields]
        return hashlib.sha256("\n".join([*ids, *terms]).encode()).hexdigest()
