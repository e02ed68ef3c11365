"""Seeing but not doing: a refusal that the 403 page explains, with who may."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied


class NotAllowed(PermissionDenied):
    """Says why in `sentence`; `helpers` are those who may, `rule` the rule that refuses, `back` a page to return to."""

    def __init__(self, sentence: str, *, helpers: Iterable[Any] = (), rule: str = "", back: str = "") -> None:
        super().__init__(sentence)
        self.helpers, self.rule, self.back = [str(helper) for helper in helpers], rule, back
