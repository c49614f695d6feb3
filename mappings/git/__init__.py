"""Mappings kept in git: reading a commit nobody need trust, and applying it as one change."""
