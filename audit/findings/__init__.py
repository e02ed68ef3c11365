"""Findings on their page: how they are told, whom they are about, and "looked at, fine because …"."""

from __future__ import annotations

from .telling import Asker, Teller, tell, tellers

__all__ = ["Asker", "Teller", "tell", "tellers"]
