"""Nodes of a mapping that got other names: what belongs to them follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, select, update

from engine.store.holds import HELD
from engine.store.tables import holds, routes, source_joins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection


def move(connection: Connection, workspace_id: str, mapping_id: str, version_id: str, moves: Mapping[str, str]) -> None:
    """Give what nodes read, routed, hold and let go to the nodes that they are called now, by old name.

    Posts that wait go on by the new version, which alone knows the new name. A name that something belongs to already
    is left alone: a move that was made is not made again.
    """
    for old, new in moves.items():
        for table in (source_joins, routes, holds):
            of_mapping = and_(table.c.workspace_id == workspace_id, table.c.mapping_id == mapping_id)
            if connection.scalar(select(table.c.node).where(of_mapping, table.c.node == new).limit(1)) is not None:
                continue
            if table is holds:
                waiting = update(holds).where(of_mapping, holds.c.node == old, holds.c.state == HELD)
                connection.execute(waiting.values(version_id=version_id))
            connection.execute(update(table).where(of_mapping, table.c.node == old).values(node=new))
