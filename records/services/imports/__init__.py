"""Storing what a file says: all of it with its history in one transaction, or nothing.

`load` brings in records (and contacts of customers), `load_contacts` a file of contacts alone, `load_changes` an old
system's history of changes. Each gives a Loaded with an Outcome per line.
"""

from .contacts import load_contacts
from .loading import load
from .old_changes import load_changes
from .outcome import ImportRefused, Loaded, Outcome

__all__ = ["ImportRefused", "Loaded", "Outcome", "load", "load_changes", "load_contacts"]
