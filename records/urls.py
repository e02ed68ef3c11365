"""The pages of the records on one screen."""

from __future__ import annotations

from django.urls import path

from .views import contracts, customers, follow_ups, opportunities

app_name = "records"

# lists
urlpatterns: list = []

# new records, the customer's page, contacts, owner and importance, archive

# edit pages, the entry time, history
urlpatterns += [
    path("customers/<int:pk>/edit/", customers.customer_update, name="customer_update"),
    path("customers/<int:pk>/entry-time/", customers.customer_entry_time, name="customer_entry_time"),
    path("customers/<int:pk>/undo/<int:history_id>/", customers.customer_undo, name="customer_undo"),
    path("customers/<int:pk>/history/", customers.customer_history, name="customer_history"),
    path("opportunities/<int:pk>/", opportunities.opportunity_update, name="opportunity_update"),
    path("opportunities/<int:pk>/entry-time/", opportunities.opportunity_entry_time, name="opportunity_entry_time"),
    path("opportunities/<int:pk>/undo/<int:history_id>/", opportunities.opportunity_undo, name="opportunity_undo"),
    path("opportunities/<int:pk>/history/", opportunities.opportunity_history, name="opportunity_history"),
    path("follow-ups/<int:pk>/", follow_ups.follow_up_update, name="follow_up_update"),
    path("follow-ups/<int:pk>/entry-time/", follow_ups.follow_up_entry_time, name="follow_up_entry_time"),
    path("follow-ups/<int:pk>/undo/<int:history_id>/", follow_ups.follow_up_undo, name="follow_up_undo"),
    path("follow-ups/<int:pk>/history/", follow_ups.follow_up_history, name="follow_up_history"),
    path("contracts/<int:pk>/", contracts.contract_update, name="contract_update"),
    path("contracts/<int:pk>/entry-time/", contracts.contract_entry_time, name="contract_entry_time"),
    path("contracts/<int:pk>/undo/<int:history_id>/", contracts.contract_undo, name="contract_undo"),
    path("contracts/<int:pk>/history/", contracts.contract_history, name="contract_history"),
]

# access
