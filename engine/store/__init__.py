"""Rows: what is true. The only room that knows SQLAlchemy; everything above calls its functions through a `Store`.

`Connection` is what a unit of work is handed, for those above who put several of our functions into one unit.
"""

from __future__ import annotations

from sqlalchemy import Connection

__all__ = ["Connection"]
