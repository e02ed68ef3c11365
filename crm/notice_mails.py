"""Mails that tell of notices: in the reader's language and zone, text and plain HTML without anything from outside."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit import times
from audit.zones import jump_over, moments_of
from records.models import CompanyRules, Notice
from records.notices import Told, present

DIGEST_AT = dt.time(18)


def zone_for(person: Any, company: CompanyRules) -> dt.tzinfo:
    """The zone the person reads times in."""
    return times.zone(person.zone) if person.zone else company.shown_zone


def told_until(person: Any, zone: dt.tzinfo, now: dt.datetime) -> dt.datetime:
    """Notices up to this moment are due: all of them, or for a daily digest those until the last 18:00 in `zone`."""
    return now if person.mail == "each" else last_digest(zone, now)


def last_digest(zone: dt.tzinfo, now: dt.datetime) -> dt.datetime:
    """The last moment at which clocks in `zone` showed 18:00; on a day that skipped it, the end of the jump."""
    today = now.astimezone(zone).date()
    found = (_digest_of(today - dt.timedelta(days=days), zone) for days in (0, 1, 2))
    return next(moment for moment in found if moment <= now)


def _digest_of(day: dt.date, zone: dt.tzinfo) -> dt.datetime:
    wall = dt.datetime.combine(day, DIGEST_AT)
    moments = moments_of(wall, zone)
    return moments[0] if moments else jump_over(wall, zone)


def compose(person: Any, zone: dt.tzinfo, notices: list[Notice], now: dt.datetime) -> EmailMultiAlternatives | None:
    """The mail; None where the person may not see any more what it would tell of."""
    language = person.language if person.language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    with translation.override(language), timezone.override(zone):
        told = [one for one in present(notices, person, now) if one.seen]
        if not told:
            return None
        context = {
            "told": told,
            "person": person,
            "site": settings.SITE_URL.rstrip("/"),
            "zone": times.zone_label(zone, now),
        }
        mail = EmailMultiAlternatives(
            subject=settings.EMAIL_SUBJECT_PREFIX + " ".join(_subject(told).split()),
            body=render_to_string("mails/notices.txt", context),
            to=[person.email],
            headers={"Message-ID": message_id(notices[0]), "Auto-Submitted": "auto-generated"},
        )
        mail.attach_alternative(render_to_string("mails/notices.html", context | {"lang": language}), "text/html")
        return mail


def _subject(told: list[Told]) -> str:
    if len(told) == 1:
        return _("%(what)s: %(title)s") % {"what": told[0].sentence, "title": told[0].title}
    return ngettext("%(number)s notice", "%(number)s notices", len(told)) % {"number": len(told)}


def message_id(first: Notice) -> str:
    """The same however often this mail is sent, so that whoever got it once can drop it the second time."""
    return f"<redate-{first.mail}-{first.user_id}-{first.at:%Y%m%d%H%M%S}@{urlsplit(settings.SITE_URL).hostname}>"
