"""The tag library of every template, and the shell around every page."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone, translation

FIRST = dt.datetime(2026, 3, 17, 1, 12, tzinfo=dt.UTC)
NOW = dt.datetime(2026, 3, 16, 1, 12, tzinfo=dt.UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def render(text: str, **context) -> str:
    with timezone.override(SHANGHAI):
        return Template(text).render(Context(context | {"request": RequestFactory().get("/")}))


def record(entered_at=NOW, **more):
    meta = SimpleNamespace(model_name="customer")
    return SimpleNamespace(_meta=meta, pk=7, entered_at=entered_at, original_entered_at=FIRST, **more)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{% moment at %}", '<time datetime="2026-03-16T09:12+08:00">2026-03-16 09:12</time>'),
        ("{{ at|clock }}", "2026-03-16 09:12"),
        ("{{ at|day }}", '<time datetime="2026-03-16">2026-03-16</time>'),
        ("{{ date|day }}", '<time datetime="2026-03-18">2026-03-18</time>'),
        ("{{ at|weekday }} {{ date|weekday }}", "Monday Wednesday"),
        ("{{ first|shift:at }}", "1 day earlier"),
        ("{% moment none %}{{ none|clock }}{{ none|day }}{{ none|weekday }}{% delta at at %}{% person none %}", ""),
        ("{% avatar '林悦' %}", '<span class="avatar b" aria-hidden="true">林</span>'),
        ("{{ '林悦'|spoken }} {{ bold|spoken }}", '<span lang="zh-Hans">林悦</span> Lin &lt;b&gt;'),
        ("<b{{ '云帆'|lang_of }}>", '<b lang="zh-Hans">'),
        ("<b{{ 'テスト社'|lang_of }}>", "<b>"),
    ],
)
def test_a_tag_writes(text, shown):
    assert render(text, at=NOW, first=FIRST, date=dt.date(2026, 3, 18), bold="Lin <b>", none=None) == shown


def test_the_day_of_a_moment_is_that_of_the_readers_calendar():
    late = dt.datetime(2026, 3, 16, 18, 0, tzinfo=dt.UTC)
    assert render("{{ at|day }} {{ at|weekday }}", at=late).endswith("2026-03-17</time> Tuesday")


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("480000.00", "CNY", "¥ 480,000"),
        ("62400.5", "EUR", "€ 62,400.50"),
        ("-1", "THB", "−THB 1"),
        ("0", "JPY", "JP¥ 0"),
    ],
)
def test_money(amount, currency, shown):
    text = render("{% money amount currency %}", amount=Decimal(amount), currency=currency)
    assert text == f'<span class="num">{shown}</span>'


def test_chinese_is_not_marked_on_a_chinese_page():
    with translation.override("zh-hans"):
        assert render("{{ '林悦'|spoken }}{{ '林悦'|lang_of }}") == "林悦"


def test_initials_of_latin_names():
    html = render("{% avatar 'Marcus Weber' %}{% avatar 'admin' %}{% avatar ' ' %}")
    assert [part.split("<")[0] for part in html.split(">")[1::2]] == ["MW", "AD", "?"]


def test_a_changed_entry_time_carries_its_original_why_and_who():
    html = render("{% redated record %}", record=record(last_shift={"reason": "Typing error", "actor": "<林悦>"}))
    assert 'aria-describedby="tip-customer-7"' in html
    assert "Originally <b><time" in html
    assert "now 1 day earlier" in html
    assert "Typing error · &lt;林悦&gt;" in html


def test_two_tooltips_of_a_record_have_two_ids():
    html = render("{% redated record %}{% redated record %}", record=record())
    assert 'id="tip-customer-7"' in html
    assert 'id="tip-customer-7-2"' in html


def test_an_unchanged_entry_time_is_plain():
    assert "redated" not in render("{% redated record %}", record=record(entered_at=FIRST))


def test_before_and_after_are_amber_for_times_only():
    assert 'class="shift is-time"' in render("{% change first at %}", first=FIRST, at=NOW)
    assert render("{% change 'Draft' '<b>' %}").startswith('<span class="shift"><del class="from">Draft</del>')


def test_an_unknown_icon_is_an_error():
    with pytest.raises(KeyError):
        render("{% icon 'unicorn' %}")


class Form(forms.Form):
    name = forms.CharField(help_text="As on the licence.", initial="Kestrel")
    done = forms.BooleanField(required=False)
    kind = forms.ChoiceField(choices=[("a", "Call"), ("b", "Visit")], widget=forms.RadioSelect)


def test_a_field_ties_label_hint_and_error_to_its_control():
    html = render("{% field form.name 'full' autocomplete='off' %}", form=Form({"name": ""}))
    assert '<div class="field full">' in html
    assert '<label for="id_name">' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_name_error"' in html
    assert 'data-was="Kestrel"' in html
    assert 'class="input"' in html
    assert 'autocomplete="off"' in html


def test_a_field_without_its_hint_points_at_none():
    assert "helptext" not in render("{% field form.name hint='' %}", form=Form())


def test_radios_are_a_group_with_a_name():
    html = render("{% field form.kind %}", form=Form())
    assert 'class="seg" role="radiogroup" aria-labelledby="id_kind_label"' in html
    assert html.count('type="radio"') == 2


def test_a_box_stands_in_its_label():
    assert '<label class="check"><input type="checkbox"' in render("{% field form.done %}", form=Form())


def test_the_shell_shows_the_person_and_marks_the_section(cast, sign_in):
    html = sign_in(cast.owner).get("/help/").content.decode()
    assert "<small>East</small>" in html
    assert 'href="/help/" aria-current="page"' in html
    assert "Administration" not in html


def test_the_shell_costs_three_queries(cast, sign_in, django_assert_num_queries):
    """Session; person with team, unread notices and the company's zone; what the person holds."""
    client = sign_in(cast.owner)
    with django_assert_num_queries(3):
        client.get("/help/")
