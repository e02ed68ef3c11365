"""The least that PostgreSQL has to allow the application: it adds to the trail and reads it, and changes none of it."""

from .comparing import compare, roles_of
from .statements import give, own, statements

__all__ = ["compare", "give", "own", "roles_of", "statements"]
