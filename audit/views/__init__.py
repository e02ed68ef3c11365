"""Pages of the trail: browsing it, one row, what it proves."""
