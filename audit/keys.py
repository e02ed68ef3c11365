"""The keys of seals: from the environment, never in the database, known in it by a short name alone."""

from __future__ import annotations

import hmac
from hashlib import sha256

from django.conf import settings
from django.utils.translation import gettext as _

SHORTEST = 32  # characters


class NoKey(RuntimeError):
    """There is no key to seal with."""

    def __str__(self) -> str:
        return _(
            "SEAL_KEY is missing, too short or the sample one. Set it to 50 random characters and keep them elsewhere."
        )


def usable(key: str) -> bool:
    """Whether seals may be made with the key; settings keep the sample one for development."""
    return len(key) >= SHORTEST


def name_of(key: str) -> str:
    """The short name under which seals know their key; it tells nothing of the key."""
    return sha256(b"redate seal key " + key.encode()).hexdigest()[:12]


def current() -> str:
    """The key to seal with. Raises NoKey."""
    if not usable(settings.SEAL_KEY):
        raise NoKey
    return settings.SEAL_KEY


def called(name: str) -> str | None:
    """The key of that name, the current one or an older; None where it is not here."""
    keys = [key for key in (settings.SEAL_KEY, *settings.SEAL_KEYS_OLD) if key]
    return next((key for key in keys if name_of(key) == name), None)


def mac_of(key: str, head: str) -> str:
    """What only somebody with the key can make of a head."""
    return hmac.new(key.encode(), bytes.fromhex(head), sha256).hexdigest()


def fits(head: str, mac: str, name: str) -> bool | None:
    """Whether the mac was made of the head with the key of that name; None where that key is not here."""
    key = called(name)
    return None if key is None else hmac.compare_digest(mac_of(key, head), mac)
