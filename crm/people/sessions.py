"""Ending the sessions of a person."""

from __future__ import annotations

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session

from crm.models import User


def end_sessions(person: User) -> int:
    """Delete every session the person is signed in with; gives their number. Whose a session is stands inside it."""
    mine = [
        session.pk for session in Session.objects.iterator() if session.get_decoded().get(SESSION_KEY) == str(person.pk)
    ]
    Session.objects.filter(pk__in=mine).delete()
    return len(mine)
