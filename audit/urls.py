"""Pages of the trail."""

from __future__ import annotations

from django.urls import path

from .views import evidence, exports, integrity, saved, trail

app_name = "audit"

# the trail
urlpatterns = [
    path("trail/", trail.trail, name="trail"),
    path("trail/filters/", saved.trail_filter_save, name="trail_filter_save"),
    path("trail/filters/<int:pk>/share/", saved.trail_filter_share, name="trail_filter_share"),
    path("trail/filters/<int:pk>/delete/", saved.trail_filter_delete, name="trail_filter_delete"),
    path("trail/export/", exports.trail_export, name="trail_export"),
    path("trail/export/progress/", exports.trail_export_progress, name="trail_export_progress"),
    path("trail/<str:kind>/<int:pk>/", trail.trail_row, name="trail_row"),
    path("trail/<str:kind>/<int:pk>/as-it-was/", trail.trail_as_it_was, name="trail_as_it_was"),
    # evidence
    path("evidence/<str:kind>/<int:pk>/", evidence.evidence_pack, name="evidence_pack"),
    # integrity
    path("integrity/", integrity.integrity, name="integrity"),
    path("integrity/verify/", integrity.integrity_verify, name="integrity_verify"),
    path("integrity/findings/<int:pk>/", integrity.integrity_finding, name="integrity_finding"),
]
