"""What Alembic runs for every migration: it is handed an open connection, and leaves the commit to who opened it."""

from __future__ import annotations

from alembic import context

from engine.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
