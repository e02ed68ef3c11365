"""Signing in. Who may do what is another backend's answer: records.access.Backend."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import Subquery

from records.models import CompanyRules
from records.notices import unread_of

from .models import User


class SignInOnly(AuthenticationBackend):
    """Signs in by user name or e-mail, and says nothing about rights. Inactive people are refused by ModelBackend."""

    def get_user(self, user_id: Any) -> User | None:
        """The person of a session with their team; None once inactive.

        With what every page shows besides: `unread` notices, the company's zone and its format of times.
        """
        company = CompanyRules.objects.filter(pk=1)
        people = User.objects.select_related("team").annotate(
            unread=unread_of(user_id),
            company_zone=Subquery(company.values("zone")),
            company_format=Subquery(company.values("time_format")),
        )
        person = people.filter(pk=user_id).first()
        return person if person and self.user_can_authenticate(person) else None

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """Never an answer."""
        return False

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        """Never an answer."""
        return False

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Never an answer."""
        return set()

    get_user_permissions = get_group_permissions = get_all_permissions

    def with_perm(self, *args: Any, **kwargs: Any) -> Any:
        """Who holds a permission cannot be told from auth's tables alone."""
        raise NotImplementedError("Ask records.access instead.")
