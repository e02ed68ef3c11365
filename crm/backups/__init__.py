"""Backups: one file that holds the whole database and says of itself what it holds; and the way back.

`back_up` makes one while others write, `restore` puts one in the place of the database and keeps what stood there.
"""

from .errors import BackupError, CannotBackUp, CannotRestore
from .listing import Backup, backups
from .making import back_up
from .restoring import restore

__all__ = ["Backup", "BackupError", "CannotBackUp", "CannotRestore", "back_up", "backups", "restore"]
