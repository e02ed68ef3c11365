"""Pages about people."""

from __future__ import annotations

from django.urls import path

from crm import setup

from . import profile, roles, teams, views

urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/new/", views.person_new, name="person_new"),
    path("people/<int:pk>/", views.person, name="person"),
    path("people/<int:pk>/deactivate/", views.person_deactivate, name="person_deactivate"),
    path("people/<int:pk>/activate/", views.person_activate, name="person_activate"),
    path("people/teams/", teams.teams, name="teams"),
    path("people/teams/new/", teams.team_new, name="team_new"),
    path("people/teams/<int:pk>/", teams.team, name="team"),
    path("roles/", roles.roles, name="roles"),
    path("roles/<slug:key>/", roles.role, name="role"),
    path("profile/", profile.profile, name="profile"),
    path("setup/", setup.setup, name="setup"),
    path("setup/done/", setup.setup_done, name="setup_done"),
]
