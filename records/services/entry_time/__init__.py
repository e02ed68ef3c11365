"""THE DOOR: the one place where a standing entry time changes, of one record (one.py) or of many at once (many.py)."""

from .move import Move, Result, codes_of
from .one import change, change_entry_time, foresee, weigh

__all__ = ["Move", "Result", "change", "change_entry_time", "codes_of", "foresee", "weigh"]
