"""Which system an export comes from, told by its headings, and what its columns become. Data, and one question."""

from .recognising import Recognised, recognise

__all__ = ["Recognised", "recognise"]
