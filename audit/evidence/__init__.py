"""The evidence pack of one record: its rows, their proofs, the chain, and a script that checks all of it offline."""

from .packing import Pack, export, pack, register

__all__ = ["Pack", "export", "pack", "register"]
