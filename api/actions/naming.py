"""What a person typed, found: by name, or by the end of an id; a name that is not there brings the nearest one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import ConflictError, NotFoundError
from engine.ids import short
from engine.store import accounts, mappings, people, posts, sources, telling
from mappings.findings import did_you_mean, listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from engine.store.accounts import AccountRow
    from engine.store.mappings import MappingRow
    from engine.store.people import Person
    from engine.store.posts import PostRow
    from engine.store.sources import SourceRow
    from engine.store.unit import Store


def missing(
    what: str, asked: str, known: Iterable[str], otherwise: str, where: str = " in this workspace"
) -> NotFoundError:
    """Return the error for a name that is not there: with the nearest, or with all, or with how to make one."""
    names = sorted(known)
    advice = did_you_mean(asked, names)
    if not advice:
        advice = f" There {'is' if len(names) == 1 else 'are'} {listed(names)}." if names else f" {otherwise}"
    return NotFoundError(f"There is no {what} {asked}{where}.{advice}")


async def account(store: Store, workspace_id: str, name: str) -> AccountRow:
    """Return an account by its name."""
    found = await store.read(accounts.by_names, workspace_id, [name])
    if name not in found:
        names = [row.name for row in await store.read(accounts.listed, workspace_id)]
        raise missing("account", name, names, "`chappe accounts connect` or `chappe accounts add` makes one.")
    return found[name]


async def person(store: Store, workspace_id: str, name: str) -> Person:
    """Return a person by name."""
    rows = {row.name: row for row in await store.read(people.listed, workspace_id)}
    if name not in rows:
        raise missing("person", name, rows, "`chappe people add` adds one.")
    return rows[name]


async def person_of(store: Store, workspace_id: str, person_id: str) -> Person:
    """Return a person by id."""
    found = await store.read(people.by_id, workspace_id, person_id)
    if found is not None:
        return found
    raise NotFoundError(f"There is nobody with the id {person_id} in this workspace.")


async def source_of(store: Store, workspace_id: str, source_id: str) -> SourceRow:
    """Return a source by id."""
    found = await store.read(sources.by_id, workspace_id, source_id)
    if found is not None:
        return found
    raise NotFoundError(f"There is no source with the id {source_id} in this workspace.")


async def post_of(store: Store, workspace_id: str, post_id: str) -> PostRow:
    """Return a post by its whole id."""
    rows = await store.read(posts.those, workspace_id, [post_id])
    if not rows:
        raise NotFoundError(f"There is no post with the id {post_id} in this workspace.")
    return rows[0]


async def group(store: Store, workspace_id: str, name: str) -> str:
    """Return the name of a group that is there."""
    names = [row.name for row in await store.read(people.listed_groups, workspace_id)]
    if name not in names:
        raise missing("group", name, names, "`chappe people group add` makes one.")
    return name


async def mapping(store: Store, workspace_id: str, name: str) -> MappingRow:
    """Return a mapping by its name."""
    try:
        return await store.read(mappings.by_name, workspace_id, name)
    except NotFoundError:
        names = [row.name for row in await store.read(mappings.listed, workspace_id)]
        raise missing("mapping", name, names, "`chappe apply FILE` makes one.") from None


async def source(store: Store, workspace_id: str, asked: str) -> SourceRow:
    """Return a source by its name, or by the end of its id where several mappings read one of that name.

    One that is read comes before those that nobody reads any more.
    """
    rows = await store.read(sources.listed, workspace_id)
    found = [row for row in rows if row.name == asked or row.id.endswith(asked.lower())]
    if not found:
        raise missing("source", asked, {row.name for row in rows}, "`chappe apply FILE` makes them.")
    found = [row for row in found if row.is_read] or found
    if len(found) > 1:
        ids = " or ".join(short(row.id) for row in found)
        message = f"{len(found)} sources are called {asked}: name the one you mean by its id, {ids}."
        raise ConflictError(f"{message} `chappe sources list` shows which is which.")
    return found[0]


async def post(store: Store, workspace_id: str, asked: str) -> PostRow:
    """Return a post by the end of its id, or by its address."""
    if "://" in asked:
        found = await store.read(telling.at_address, workspace_id, asked)
    else:
        found = await store.read(posts.ending_in, workspace_id, asked)
    if not found:
        raise NotFoundError(f"There is no post {asked} in this workspace: `chappe explain` lists the newest.")
    if len(found) > 1 and "://" not in asked:
        raise ConflictError(f"More than one post ends with {asked}: type more of its id.")
    return found[0]
