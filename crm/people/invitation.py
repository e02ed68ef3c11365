"""The mail with which a new person sets their password."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.utils import user_pk_to_url_str

from crm.models import User

logger = logging.getLogger(__name__)


def invite(person: User) -> bool:
    """Mail a link that sets a password, as a reset does; False where no mail server takes it."""
    adapter, tokens = get_adapter(), app_settings.PASSWORD_RESET_TOKEN_GENERATOR()
    link = adapter.get_reset_password_from_key_url(f"{user_pk_to_url_str(person)}-{tokens.make_token(person)}")
    try:
        adapter.send_mail("account/email/invitation", person.email, {"person": person, "link": link})
    except (SMTPException, OSError):
        logger.exception("the invitation of person %s could not be sent", person.pk)
        return False
    return True
