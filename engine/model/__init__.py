"""Frozen facts and pure rules: a post, a slot, a delivery's life, a consent. No I/O."""
