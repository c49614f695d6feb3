"""The tables of the distributed queue: PgQueuer's own, by the names that are written here.

PgQueuer (1.6.0, its source read on 2026-11-23) takes the names of its tables from the environment as well, also from
variables as common as `CHANNEL`; here they are always the same. What is queued may be lost at any time, since the due
tick finds it again, so the tables are not logged: after a crash of PostgreSQL they are empty.
"""

from __future__ import annotations

from typing import Final

from pgqueuer.adapters.persistence.qb import DBSettings, Durability, QueryBuilderEnvironment
from pgqueuer.domain.types import Channel

NAMES: Final = DBSettings(
    prefix="",
    db_schema=None,
    channel=Channel("ch_pgqueuer"),
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
    durability=Durability.volatile,
    widen_id=True,
)

TABLES: Final = frozenset({NAMES.queue_table, NAMES.queue_table_log, NAMES.statistics_table, NAMES.schedules_table})


def install() -> str:
    """Return the statements that make the tables, as the installed PgQueuer declares them, for vacuum often enough."""
    environment = QueryBuilderEnvironment(NAMES)
    return f"{environment.build_install_query()}\n{environment.build_optimize_autovacuum_query()}"


def uninstall() -> str:
    """Return the statements that take them away."""
    return QueryBuilderEnvironment(NAMES).build_uninstall_query()
