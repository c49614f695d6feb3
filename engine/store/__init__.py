"""Rows: what is true. The only room that knows SQLAlchemy; everything above calls its functions through a `Store`."""
