"""Putting mappings to work: what a change would do, and doing it."""
