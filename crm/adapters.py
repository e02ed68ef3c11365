"""What allauth asks us: nobody signs up, and signing in and out leaves events."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.messages import get_messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from audit import times
from audit.events import record_event
from crm.people import services

from .models import User

_WRONG = _("User name or password is wrong. Check both, or reset your password.")


class AccountAdapter(DefaultAccountAdapter):
    """allauth's answers in our words."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": _WRONG,
        "email_password_mismatch": _WRONG,
        "too_many_login_attempts": _("Too many wrong passwords. Wait five minutes, then try again."),
        "enter_current_password": _("This is not your current password."),
        "incorrect_password": _("This is not your current password."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """An administrator adds people."""
        return False

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Keep that the person signed in."""
        self._record("signed_in", user, request)
        return super().post_login(request, user, **kwargs)

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """The password was right, but the person may not sign in any more."""
        self._record("sign_in_failed", user, request, why="inactive")
        return super().respond_user_inactive(request, user)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Keep whose sign-in failed; never what was typed, which may be a password in the wrong field."""
        typed = credentials.get("email") or credentials.get("username") or ""
        person = User.objects.filter(Q(username__iexact=typed) | Q(email__iexact=typed)).first()
        self._record("sign_in_failed", person, request, why="wrong password" if person else "unknown name")

    def logout(self, request: HttpRequest) -> None:
        """Keep that the person signed out. What they were about to be told is not for whoever comes next."""
        self._record("signed_out", request.user, request)
        super().logout(request)
        list(get_messages(request))

    def set_password(self, user: User, password: str) -> None:
        """Save nothing else of the person, and keep that it happened."""
        services.set_own_password(person=user, password=password, remote_addr=self.request.remote_addr)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to the page that the change was started from."""
        return reverse("profile")

    def _record(self, kind: str, person: User | None, request: HttpRequest, **what: str) -> None:
        record_event(kind=kind, by=person, at=times.now(), remote_addr=request.remote_addr, what=what)
