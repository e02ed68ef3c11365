"""The tables of the trail that no history of a record fills."""

from .event import Event
from .findings import Finding, Verification
from .jobs import Job
from .reviews import Review, ReviewItem
from .saved import SavedFilter
from .seals import Seal, SealLeaf

__all__ = ["Event", "Finding", "Job", "Review", "ReviewItem", "SavedFilter", "Seal", "SealLeaf", "Verification"]
