"""Tags of every template (a builtin library): icons, times, people, money, form fields.

Times are written in the zone that PersonMiddleware activated: the person's, or else the company's.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django import template
from django.forms import BoundField
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from audit import styles, times
from audit.words import in_a_row
from crm import faces, icons
from crm.backups.offering import offer

from . import _fields

register = template.Library()

SYMBOLS = {"CNY": "¥", "EUR": "€", "USD": "$", "SGD": "S$", "GBP": "£", "JPY": "JP¥", "HKD": "HK$"}

register.simple_tag(icons.svg, name="icon")


# ---- times ----


@register.simple_tag(name="moment")
def moment(at: dt.datetime | None) -> SafeString | str:
    """`<time datetime="2026-03-16T09:12+08:00">2026-03-16 09:12</time>`, in the company's format; nothing for None."""
    if at is None:
        return ""
    return format_html('<time datetime="{}">{}</time>', times.iso(at, timezone.get_current_timezone()), clock(at))


@register.filter
def clock(at: dt.datetime | None) -> str:
    """The same as text: `2026-03-16 09:12`."""
    return times.format_time(at, timezone.get_current_timezone(), styles.style()) if at else ""


@register.filter
def day(value: dt.date | dt.datetime | None) -> SafeString | str:
    """`<time datetime="2026-03-16">2026-03-16</time>`, of a date or of the day a moment falls on."""
    if not value:
        return ""
    shown = _date(value)
    return format_html(
        '<time datetime="{}">{}</time>', shown.isoformat(), shown.strftime(times.FORMATS[styles.style()].split(" ")[0])
    )


@register.filter
def weekday(value: dt.date | dt.datetime | None) -> str:
    """The name of the day of the week: Monday."""
    return str(WEEKDAYS[_date(value).weekday()]) if value else ""


def _date(value: dt.date | dt.datetime) -> dt.date:
    return times.day_of(value, timezone.get_current_timezone()) if isinstance(value, dt.datetime) else value


@register.filter
def shift(before: dt.datetime, after: dt.datetime) -> str:
    """How far a time moved: `2 days earlier`."""
    return times.shift(before, after)


@register.filter
def span(length: dt.timedelta) -> str:
    """How long, without direction: `1 day 6 h`, `20 min`."""
    return times.distance(length)


@register.simple_tag
def delta(before: dt.datetime, after: dt.datetime) -> SafeString | str:
    """The same with its chevrons; nothing where the time did not move."""
    if before == after:
        return ""
    chevrons = icons.svg("earlier", "" if after < before else "flip")
    return format_html('<span class="delta">{}{}</span>', chevrons, times.shift(before, after))


@register.simple_tag
def change(before: Any, after: Any) -> SafeString:
    """Before → after, for two moments (the amber mark) or for two texts of another field."""
    is_time = isinstance(before, dt.datetime) or isinstance(after, dt.datetime)
    old, new = (moment(value) if isinstance(value, dt.datetime) else spoken(value) for value in (before, after))
    return format_html(
        '<span class="shift{}"><del class="from">{}</del>{}<ins class="to">{}</ins></span>',
        " is-time" if is_time else "",
        old,
        icons.svg("arrow"),
        new,
    )


@register.simple_tag(takes_context=True)
def redated(context: template.Context, record: Any) -> SafeString:
    """The record's entry time; where it was changed, the amber mark with the original in a tooltip.

    `record.last_shift` ({"reason": …, "actor": …}) adds why and who, where the view gives it.
    """
    now, first = moment(record.entered_at), record.original_entered_at
    if record.entered_at == first:
        return now
    last = getattr(record, "last_shift", None) or {}
    why = " · ".join(str(last[key]) for key in ("reason", "actor") if last.get(key))
    return format_html(
        '<span class="redated" tabindex="0" aria-describedby="{id}">{now}'
        '<span class="tip is-time" role="tooltip" id="{id}">'
        '<span class="from">{originally}</span><br>{shifted}{why}</span></span>',
        id=_tip_id(context, record),
        now=now,
        originally=format_html(_("Originally {time}"), time=format_html("<b>{}</b>", moment(first))),
        shifted=_("now {shift}").format(shift=times.shift(first, record.entered_at)),
        why=format_html('<br><span class="dim">{}</span>', why) if why else "",
    )


def _tip_id(context: template.Context, record: Any) -> str:
    """Unique on the page, and the same again when htmx fetches a part of it."""
    tip = f"tip-{record._meta.model_name}-{record.pk}"
    seen = context["request"].__dict__.setdefault("_tips", {})
    seen[tip] = seen.get(tip, 0) + 1
    return tip if seen[tip] == 1 else f"{tip}-{seen[tip]}"


# ---- the way around ----


@register.simple_tag(takes_context=True)
def nav_link(context: template.Context, url_name: str, icon: str, label: str, section: str) -> SafeString | str:
    """An entry of the navigation, marked while a page of its section is shown; nothing for a page that is not there."""
    try:
        address = reverse(url_name)
    except NoReverseMatch:
        return ""
    current = mark_safe(' aria-current="page"') if context["section"] == section else ""
    return format_html('<a class="nav-link" href="{}"{}>{}{}</a>', address, current, icons.svg(icon), label)


# ---- people, words, money ----


@register.simple_tag
def avatar(name: Any, css: str = "") -> SafeString:
    """The round face of a person, team or role."""
    name = str(name)
    classes = " ".join(filter(None, ("avatar", faces.colour(name), css)))
    return format_html('<span class="{}" aria-hidden="true">{}</span>', classes, faces.initials(name))


@register.simple_tag
def person(who: Any) -> SafeString | str:
    """Face and name; nothing for nobody."""
    return format_html('<span class="person">{}{}</span>', avatar(who), spoken(who)) if who else ""


@register.filter
def lang_of(text: Any) -> SafeString | str:
    """` lang="zh-Hans"`, to be put into a tag around Chinese text on a page in another language."""
    return mark_safe(' lang="zh-Hans"') if faces.is_foreign_chinese(str(text or "")) else ""


@register.filter
def spoken(text: Any) -> SafeString | str:
    """The text, in a span that names its language where that differs from the page's."""
    text = "" if text is None else text
    if not faces.is_foreign_chinese(str(text)):
        return conditional_escape(text)
    return format_html('<span lang="zh-Hans">{}</span>', text)


@register.filter
def listed(things: Any) -> str:
    """Names one after the other, with the comma of the page's language: Sales, Auditor or 销售、审计员."""
    return in_a_row(things)


@register.simple_tag
def money(amount: Decimal | None, currency: str = "") -> SafeString | str:
    """`¥ 480,000`; decimals only when they are not .00. ¥ is the yuan, JP¥ the yen."""
    if amount is None:
        return ""
    figures = f"{abs(amount):,.2f}".removesuffix(".00")
    sign = "−" if amount < 0 else ""
    return format_html('<span class="num">{}{} {}</span>', sign, SYMBOLS.get(currency, currency), figures)


@register.filter
def figure(number: int) -> str:
    """A number of things: 12,396."""
    return f"{number:,}"


# ---- backups ----


@register.inclusion_tag("crm/_backup_offer.html", takes_context=True)
def backup_offer(context: template.Context, rows: int) -> dict[str, Any]:
    """`{% backup_offer 1200 %}`, outside of forms: before so many rows are changed, a backup is offered."""
    request = context["request"]
    return {"offer": offer(request.user, rows, times.now()), "csrf_token": context.get("csrf_token")}


# ---- forms ----


@register.inclusion_tag("partials/field.html")
def field(bound: BoundField, css: str = "", **options: Any) -> dict[str, Any]:
    """A form field with label, control, hint and errors: `{% field form.name "full" hint=_("…") rows=2 %}`.

    `label` and `hint` replace the form's own; any other option is an attribute of the control (`autocomplete="off"`).
    """
    return _fields.parts(bound, css, **options)
