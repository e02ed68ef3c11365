"""Findings on their page: how they are told, whom they are about, and "looked at, fine because …"."""

from __future__ import annotations

from .telling import Teller, tell, tellers

__all__ = ["Teller", "tell", "tellers"]
