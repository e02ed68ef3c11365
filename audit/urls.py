"""Pages of the trail."""

from __future__ import annotations

from django.urls import path

from .views import saved, trail

app_name = "audit"

# the trail
urlpatterns = [
    path("trail/", trail.trail, name="trail"),
    path("trail/filters/", saved.trail_filter_save, name="trail_filter_save"),
    path("trail/filters/<int:pk>/share/", saved.trail_filter_share, name="trail_filter_share"),
    path("trail/filters/<int:pk>/delete/", saved.trail_filter_delete, name="trail_filter_delete"),
    path("trail/<str:kind>/<int:pk>/", trail.trail_row, name="trail_row"),
    path("trail/<str:kind>/<int:pk>/as-it-was/", trail.trail_as_it_was, name="trail_as_it_was"),
]
