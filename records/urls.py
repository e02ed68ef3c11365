"""The pages of the records on one screen."""

from __future__ import annotations

app_name = "records"

# lists
urlpatterns: list = []

# new records, the customer's page, contacts, owner and importance, archive

# edit pages, the entry time, history

# access
