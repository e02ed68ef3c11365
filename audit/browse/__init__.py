"""Browsing the trail: every history table and the events together, newest first, filtered, row by row.

`page` is one page of it, `rows_for` all rows of a filter, `detail` one whole row.
"""
