"""What goes wrong, as a sentence that says what to do."""

from __future__ import annotations


class BackupError(Exception):
    """The sentence is the message."""


class CannotBackUp(BackupError):
    """No backup was made."""


class CannotRestore(BackupError):
    """The file is not one to restore, or the database cannot be replaced now. Nothing was touched."""
