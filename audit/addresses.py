"""The address a request came from, behind as many proxies as the settings say."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def remote_addr(request: HttpRequest) -> str | None:
    """The client's address as text, or None where it is unreadable.

    With `PROXIES` proxies before us, the address counted that many from the right of X-Forwarded-For; without, the
    header is ignored, since anybody may write it.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if settings.PROXIES:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        if len(hops) >= settings.PROXIES:
            address = hops[-settings.PROXIES]
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None
