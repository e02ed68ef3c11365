"""A look at every table, read-only, for administrators: Django's admin behind our own sign-in, in our own pages."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable
from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth.models import Group, Permission
from django.core.paginator import Paginator
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from audit.kept import tracked_models
from records.models import RECORDS
from records.models.access import person

from .people.gate import refusal

NEEDED = frozenset({"manage_rules", "manage_people", "see_all_records", "view_trail"})
SECRET = frozenset({"crm.user.password", "audit.seal.mac"})  # and the content of every file and hash: binary columns
APPS = ("records", "crm", "audit")
SIZE, MOST, COLUMNS, LONG = 50, 1000, 8, 60  # rows of a page, rows one can page through, columns and letters of a list
TRAIL = ("history_id", "history_date", "history_type", "id", "history_user_id", "channel", "reason", "batch")
RECORD = ("id", "number", "name", "summary", "owner_id", "entered_at", "original_entered_at", "recorded_at", "version")
KNOWN_BY = ("number", "username", "codename", "code")  # found by these, exactly, besides the id


def may_look(user: Any) -> bool:
    """Whether the person holds all that the tables hold: an administrator. A superuser's mark counts for nothing."""
    return user.is_active and person(user).permissions >= NEEDED


class FirstRows(Paginator):
    """Counts no further than MOST, and so pages no further."""

    @cached_property
    def count(self) -> int:
        """How many rows can be paged through."""
        return self.object_list.order_by()[:MOST].values("pk").count()  # type: ignore[union-attr]


class Tables(AdminSite):
    """Lists of rows and single rows; nothing can be written, not even asked for."""

    index_template = "crm/tables.html"

    def has_permission(self, request: HttpRequest) -> bool:
        """Administrators, by their role."""
        return may_look(request.user)

    def admin_view(self, view: Callable[..., HttpResponse], cacheable: bool = False) -> Callable[..., HttpResponse]:
        """Around every page: 403 with names for others, 405 for all but looking."""

        @functools.wraps(view)
        def look(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not self.has_permission(request):
                raise refusal(_("All tables are for administrators."))
            if request.method not in ("GET", "HEAD"):
                return HttpResponseNotAllowed(["GET", "HEAD"])
            return view(request, *args, **kwargs)

        return never_cache(look)

    def get_urls(self) -> list[Any]:
        """The list of tables and the pages of each; signing in and the rest of Django's admin are not there."""
        found: list[Any] = [path("", self.admin_view(self.index), name="index")]
        for table in self._registry.values():
            found += table.get_urls()
        return found

    @property
    def urls(self) -> tuple[list[Any], str, str]:
        """For the map of the site."""
        return self.get_urls(), "admin", self.name

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """None: our own pages have the navigation of the site."""
        return []

    def index(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The tables by name, of each app."""
        tables = [(app, sorted(self._tables_of(app))) for app in (*APPS, "auth")]
        return super().index(request, (extra_context or {}) | {"apps": tables})

    def _tables_of(self, app: str) -> Iterable[tuple[str, str]]:
        for model in self._registry:
            if model._meta.app_label == app:
                yield model._meta.db_table, _address(model, "changelist")


class Table(ModelAdmin):
    """One table: its newest rows by id, named columns without any join, and each row whole but for what is secret."""

    actions = None
    view_on_site = False
    ordering = ("-pk",)
    sortable_by = ()
    list_per_page, list_max_show_all = SIZE, SIZE
    show_full_result_count = False
    paginator = FirstRows
    change_list_template, change_form_template = "crm/table.html", "crm/table_row.html"

    @cached_property
    def shown(self) -> list[str]:
        """The columns that may be shown, foreign keys as plain ids."""
        return [f.attname for f in self.opts.concrete_fields if not self._is_secret(f)]

    def _is_secret(self, field: models.Field) -> bool:
        return isinstance(field, models.BinaryField) or f"{self.opts.label_lower}.{field.name}" in SECRET

    @cached_property
    def columns(self) -> list[str]:
        """Those of the list."""
        if self.opts.pk.name == "history_id":
            return list(TRAIL)
        if self.model in RECORDS.values():
            return [name for name in RECORD if name in self.shown]
        long = {f.attname for f in self.opts.concrete_fields if isinstance(f, models.TextField | models.JSONField)}
        return [name for name in self.shown if name not in long][:COLUMNS] or self.shown[:1]

    # ---- nothing but looking ----

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may look at the tables."""
        return may_look(request.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """The same."""
        return may_look(request.user)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    has_change_permission = has_delete_permission = has_add_permission

    def get_urls(self) -> list[Any]:
        """The list, a row, and the way to its history."""
        name, wrap = f"{self.opts.app_label}_{self.opts.model_name}", self.admin_site.admin_view
        start = f"{self.opts.app_label}/{self.opts.model_name}/"
        found = [
            path(start, wrap(self.changelist_view), name=f"{name}_changelist"),
            path(f"{start}<path:object_id>/change/", wrap(self.change_view), name=f"{name}_change"),
        ]
        if self._history is not None:
            found.append(path(f"{start}<path:object_id>/history/", wrap(self.history_view), name=f"{name}_history"))
        return found

    @cached_property
    def _history(self) -> Any:
        """The table of its history, if there is one."""
        return dict(tracked_models()).get(self.model)

    # ---- reading ----

    def get_queryset(self, request: HttpRequest) -> models.QuerySet:
        """Only columns that may be shown leave the database; records by the rights of who looks."""
        records = self.model in RECORDS.values()
        rows = self.model.objects.visible_to(request.user) if records else self.model._base_manager.all()
        return rows.only(*(name.removesuffix("_id") if self._is_key(name) else name for name in self.shown))

    def _is_key(self, attname: str) -> bool:
        return self.opts.get_field(attname).name != attname

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """Rows may be chosen by id alone: any other column of the address could be guessed at, a hash among them."""
        return lookup == "id"

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By id, or by what a row is known by."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = models.Q(pk__in=[])
        if term.isascii() and term.isdigit() and len(term) < 10 and not isinstance(self.opts.pk, models.CharField):
            found |= models.Q(pk=int(term))
        for name in KNOWN_BY:
            if name in self.shown:
                found |= models.Q(**{name: term})
        return queryset.filter(found), False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """404 for a row that is not there."""
        found = super().get_object(request, object_id)
        if found is None:
            raise Http404
        return found

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Those that may be shown."""
        return self.shown

    get_readonly_fields = get_fields

    def get_list_display(self, request: HttpRequest) -> list[str]:
        """The columns of the list."""
        return self.columns

    # ---- the pages ----

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The newest rows."""
        response = super().changelist_view(request, {"table": self.opts.db_table, "columns": self.columns})
        found = getattr(response, "context_data", None)
        if found and "cl" in found:
            found |= {"rows": [self._line(row) for row in found["cl"].result_list], "most": MOST}
            found |= self._places(found["cl"])
        return response

    def _line(self, row: Any) -> tuple[str, list[str]]:
        cells = [shortened(written(getattr(row, name))) for name in self.columns]
        return _address(self.model, "change", row.pk), cells

    def _places(self, cl: Any) -> dict[str, str]:
        """Addresses of the pages around."""
        number, last = cl.page_num, cl.paginator.num_pages
        return {
            "newer": cl.get_query_string({"p": number - 1}) if number > 1 else "",
            "older": cl.get_query_string({"p": number + 1}) if number < last else "",
        }

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """A row, column by column."""
        row = context["original"]
        context |= {
            "table": self.opts.db_table,
            "list_url": _address(self.model, "changelist"),
            "values": [(name, written(getattr(row, name))) for name in self.shown],
            "hidden": [f.column for f in self.opts.concrete_fields if self._is_secret(f)],
            "history_url": _address(self.model, "history", row.pk) if self._history is not None else "",
        }
        return super().render_change_form(request, context, *args, **kwargs)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Its rows in the trail: Django's own history of a row knows nothing here, and would write."""
        row = self.get_object(request, object_id)
        return redirect(f"{_address(self._history, 'changelist')}?id={row.pk}")


def written(value: Any) -> str:
    """A value as text; "" for nothing."""
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value.isoformat(sep=" ") if hasattr(value, "hour") else str(value)


def shortened(text: str) -> str:
    """As a list shows it."""
    return text if len(text) <= LONG else f"{text[:LONG]}…"


def _address(model: Any, page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def _site() -> Tables:
    found = Tables(name="admin")
    for app in APPS:
        for model in apps.get_app_config(app).get_models():
            found.register(model, Table)
    found.register([Group, Permission], Table)
    return found


site = _site()
