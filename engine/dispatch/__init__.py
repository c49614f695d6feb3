"""Which process runs which work. The only room that knows PgQueuer."""
