"""Figures: `pytest -m bench tests/bench -s`. Not part of make test."""
