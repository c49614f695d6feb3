"""Mappings: versions that never change, one of them active, and an end that leaves nothing open."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from engine.errors import NotFoundError
from engine.model.delivery import ENDS, State
from engine.store import mappings, tables
from engine.store.joins import Reading
from engine.store.ledger import ledger
from engine.store.mappings import ACTIVE, DRAFT, Draft, Removed

if TYPE_CHECKING:
    from engine.store.unit import Store
    from tests.engine.store.conftest import Rows

NEWS = Draft("news", "News", "mapping: news", "hash one", "news.yaml")
PAGE = Reading("page", "feed", "feed:https://acme.example/feed", "{}", timedelta(minutes=5))


async def test_a_document_becomes_a_version_of_a_draft(store: Store, workspace: str, now: datetime) -> None:
    saved = await store.write(mappings.save_version, workspace, NEWS, now)

    assert (saved.number, saved.changed) == (1, True)
    assert await store.read(mappings.document, saved.version_id) == "mapping: news"
    mapping = await store.read(mappings.by_name, workspace, "news")
    assert (mapping.id, mapping.state, mapping.version_id) == (saved.mapping_id, DRAFT, None)


async def test_the_same_document_is_no_new_version(store: Store, workspace: str, now: datetime) -> None:
    first = await store.write(mappings.save_version, workspace, NEWS, now)
    again = await store.write(mappings.save_version, workspace, replace(NEWS, document="mapping:  news"), now)

    assert again == replace(first, changed=False)
    assert await store.read(mappings.document, first.version_id) == "mapping: news"


async def test_versions_are_numbered_and_an_older_document_becomes_the_newest(
    store: Store, workspace: str, now: datetime
) -> None:
    drafts = [replace(NEWS, hash=hash_) for hash_ in ("one", "two", "one")]
    saved = [await store.write(mappings.save_version, workspace, draft, now) for draft in drafts]

    found = await store.read(mappings.versions, workspace, saved[0].mapping_id)
    assert [(version.number, version.hash) for version in found] == [(3, "one"), (2, "two"), (1, "one")]
    assert found[0].origin == "news.yaml"


async def test_versions_that_are_saved_at_once_are_numbered_one_after_the_other(
    store: Store, workspace: str, now: datetime
) -> None:
    drafts = [replace(NEWS, hash=str(number)) for number in range(8)]

    saved = await asyncio.gather(*(store.write(mappings.save_version, workspace, draft, now) for draft in drafts))

    assert sorted(each.number for each in saved) == list(range(1, 9))
    assert len({each.mapping_id for each in saved}) == 1


async def test_activating_makes_a_version_the_mappings_own(
    store: Store, workspace: str, now: datetime, rows: Rows
) -> None:
    first = await store.write(mappings.save_version, workspace, NEWS, now)
    second = await store.write(mappings.save_version, workspace, replace(NEWS, hash="two"), now)
    for saved in (second, first):
        await store.write(mappings.activate, workspace, saved.version_id, "News!", [PAGE], now)

    mapping = await store.read(mappings.by_name, workspace, "news")
    assert (mapping.state, mapping.version_id, mapping.title) == (ACTIVE, first.version_id, "News!")
    assert await rows.read(tables.source_joins, "node", "every_s") == [("page", 300)]


async def test_a_version_of_another_workspace_cannot_be_activated(store: Store, workspace: str, now: datetime) -> None:
    saved = await store.write(mappings.save_version, workspace, NEWS, now)

    with pytest.raises(NotFoundError, match="in this workspace"):
        await store.write(mappings.activate, "other", saved.version_id, "", [PAGE], now)


async def test_what_is_not_there_is_said(store: Store, workspace: str) -> None:
    with pytest.raises(NotFoundError, match="There is no version v"):
        await store.read(mappings.document, "v")
    with pytest.raises(NotFoundError, match="There is no mapping news in this workspace"):
        await store.read(mappings.by_name, workspace, "news")


async def test_mappings_are_listed_by_name_in_their_workspace(store: Store, workspace: str, now: datetime) -> None:
    for name, owner in (("zebra", workspace), ("acme", workspace), ("theirs", "other")):
        await store.write(mappings.save_version, owner, replace(NEWS, name=name), now)

    assert [mapping.name for mapping in await store.read(mappings.listed, workspace)] == ["acme", "zebra"]


async def _news(store: Store, rows: Rows, now: datetime) -> str:
    """Make the mapping of the rows a real one, which reads a page."""
    saved = await store.write(mappings.save_version, rows.workspace, NEWS, now)
    await store.write(mappings.activate, rows.workspace, saved.version_id, "", [PAGE], now)
    rows.mapping_ids["news"] = saved.mapping_id
    return saved.mapping_id


async def test_a_removed_mapping_leaves_nothing_open_and_the_ledger_agrees(
    store: Store, workspace: str, rows: Rows, now: datetime
) -> None:
    mapping, account = await _news(store, rows, now), await rows.account("lea")
    ids = {state: await rows.delivery(account, state) for state in State}
    other = await rows.delivery(account, mapping="other")
    half = await rows.route(state="routing", branches=6, dropped=1, held=2, planned=3, cursor=1)
    await rows.delivery(account, route_id=half)
    for number in range(2):
        hold = {"route_id": half, "post_id": "p", "mapping_id": mapping, "version_id": "v", "node": "slots"}
        await rows.add(tables.holds, id=f"h{number}", document="{}", state="held", since=now, **hold)

    assert await store.write(mappings.remove, workspace, mapping, now) == Removed(cancelled=4, dropped=2)

    states = {delivery: state for delivery, (state, _) in (await rows.states()).items()}
    assert states[other] == State.PLANNED
    for state in (*ENDS, State.SENDING, State.DOUBTFUL, State.CHECK_NEEDED):
        assert states[ids[state]] == state
    for state in (State.WAITING, State.PLANNED, State.BLOCKED):
        assert states[ids[state]] == State.CANCELLED
    found = await store.read(ledger, workspace, route_id=half)
    assert (found.branches, found.dropped, found.held, found.planned, found.agrees) == (4, 3, 0, 1, True)
    assert await rows.read(tables.routes, "state") == [("cancelled",), *[("routed",)] * 11]


async def test_a_removed_mapping_is_not_found_and_its_source_rests(
    store: Store, workspace: str, rows: Rows, now: datetime
) -> None:
    mapping = await _news(store, rows, now)
    await store.write(mappings.remove, workspace, mapping, now)

    assert await store.read(mappings.listed, workspace) == []
    with pytest.raises(NotFoundError):
        await store.read(mappings.by_name, workspace, "news")
    assert await rows.read(tables.sources, "next_poll_at") == [(None,)]
    assert await rows.read(tables.source_joins, "node") == []


async def test_a_mapping_that_comes_back_goes_on_where_it_ended(
    store: Store, workspace: str, rows: Rows, now: datetime
) -> None:
    mapping = await _news(store, rows, now)
    await store.write(mappings.remove, workspace, mapping, now)
    saved = await store.write(mappings.save_version, workspace, NEWS, now)

    assert (saved.mapping_id, saved.number, saved.changed) == (mapping, 1, False)
    assert (await store.read(mappings.by_name, workspace, "news")).state == DRAFT
    await store.write(mappings.activate, workspace, saved.version_id, "", [PAGE], now)
    assert await rows.read(tables.sources, "next_poll_at") == [(now,)]
