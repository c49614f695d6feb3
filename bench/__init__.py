"""Measurements of Chappe, each against a yardstick of the same run."""
