"""What tables are made of: times, ids, keys and references within one workspace."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    TypeDecorator,
    text,
)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """An aware time: `timestamptz` on PostgreSQL, ISO 8601 in UTC with microseconds on SQLite, which sorts as text."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Choose the column type of the database."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(32))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Write an aware time; a naive one is a mistake of ours."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = f"A time without a zone reached the database: {value!r}."
            raise ValueError(message)
        return stamp(value) if dialect.name == "sqlite" else value

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """Read times as they come where they come in UTC: asyncpg gives them so."""
        return None if dialect.name == "postgresql" else super().result_processor(dialect, coltype)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Read an aware time in UTC."""
        del dialect
        if value is None:
            return None
        return (datetime.fromisoformat(value) if isinstance(value, str) else value).astimezone(UTC)


def stamp(value: datetime) -> str:
    """Write an aware time as SQLite keeps it and as both databases read it from JSON."""
    return value.astimezone(UTC).isoformat(timespec="microseconds")


metadata = MetaData(naming_convention=NAMING)


def identity(name: str = "id", *, nullable: bool = False) -> Column[str]:
    """Hold an id of 32 hexadecimal characters."""
    return Column(name, String(32), nullable=nullable)


def table(name: str, *parts: Any) -> Table:
    """Declare a table whose rows belong to a workspace."""
    return Table(name, metadata, identity("workspace_id"), *parts)


def to(target: str, column: str) -> ForeignKeyConstraint:
    """Refer to a row of the same workspace."""
    return ForeignKeyConstraint(
        ["workspace_id", column], [f"{target}.workspace_id", f"{target}.id"], ondelete="CASCADE"
    )


def key() -> tuple[Any, ...]:
    """Make the id the leading column of the key: rows are looked up by it alone."""
    return (identity(), PrimaryKeyConstraint("id", "workspace_id"))


def partial(name: str, *columns: str, where: str) -> Index:
    """Index only the rows that a condition names."""
    return Index(name, *columns, postgresql_where=text(where), sqlite_where=text(where))
