"""The whole site on one screen."""

from __future__ import annotations

from django.urls import include, path

from . import admin_site, health, help, home, language, search
from .backups import views as backups

urlpatterns = [
    path("", include("records.urls")),
    path("", include("audit.urls")),
    path("accounts/", include("crm.accounts_urls")),
    path("language/", language.switch, name="language"),
    path("help/", help.help_page, name="help"),
    path("livez", health.livez, name="livez"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/", admin_site.site.urls),
    # people
    path("", include("crm.people.urls")),
    # backups
    path("backup/", backups.backup, name="backup"),
    path("backup/now/", backups.backup_now, name="backup_now"),
    # home, search
    path("", home.home, name="home"),
    path("search/", search.search, name="search"),
]
handler400 = "crm.errors.bad_request"
handler403 = "crm.errors.permission_denied"
handler404 = "crm.errors.page_not_found"
handler500 = "crm.errors.server_error"
