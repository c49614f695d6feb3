"""A workspace as it is after years: mappings, accounts, posts and deliveries, written by one statement a table.

Ids are made of a time and a number, as ours are, so that what a row refers to can be told by counting. What cannot go
on, such as the trigger that writes an event for each delivery, rests meanwhile.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

import asyncpg

from api import credentials
from engine.ids import earliest
from engine.store.migrate import upgrade

if TYPE_CHECKING:
    from collections.abc import Iterable

KEY = "chappe_bench_0123456789abcdefghijklmnopqrstuvwxyz"
SCOPES = "accounts approvals deliveries mappings operations people posts sources"
BEGAN = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
FAN_OUT = 10
"""Deliveries of each post."""

VERSIONS = 300
"""How many the first mapping has; the others have one."""

WORKSPACE, USER = "0" * 31 + "1", "0" * 31 + "2"

_HEAD = """
SET session_replication_role = replica;
CREATE FUNCTION an_id(letter text, number bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT lpad(to_hex(1767600000000 + number * 60), 12, '0') || letter || lpad(to_hex(number), 19, '0') $$;
CREATE FUNCTION a_time(number bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS
    $$ SELECT to_timestamp(1767600000 + number * 0.06) $$;
INSERT INTO workspaces (id, name, data_key, created_at) VALUES ('{workspace}', 'acme', '', a_time(0));
INSERT INTO users (workspace_id, id, name, email, created_at)
    VALUES ('', '{user}', 'Ada', 'ada@acme.example', a_time(0));
INSERT INTO memberships (workspace_id, user_id, role, created_at)
    VALUES ('{workspace}', '{user}', 'owner', a_time(0));
INSERT INTO api_keys (workspace_id, id, user_id, name, prefix, hash, scopes, created_at)
    VALUES ('{workspace}', '{user}', '{user}', 'bench', 'chappe_bench', '{hash}', '{scopes}', a_time(0));
"""
_ROWS = {
    "people": "SELECT '{w}', an_id('1', n), 'Person ' || n, 'p' || n || '@acme.example', a_time(n) FROM {mappings}",
    "groups": "SELECT '{w}', an_id('2', n), 'Group ' || n FROM generate_series(1, 10) n",
    "group_members": "SELECT '{w}', an_id('2', 1 + n % 10), an_id('1', n) FROM {mappings}",
    "accounts": (
        "SELECT '{w}', an_id('3', n), 'account-' || n, 'webhook', CASE WHEN n % 2 = 0 THEN an_id('1', n) END,"
        " '{{\"url\": \"https://hooks.acme.example/' || n || '\"}}', false, a_time(n) FROM {accounts}"
    ),
    "lanes": "SELECT '{w}', an_id('3', n), 'webhook' FROM {accounts}",
    "mappings": (
        "SELECT '{w}', an_id('4', n), 'news-' || n, 'News ' || n, 'active',"
        " an_id('5', CASE WHEN n = 1 THEN {newest} ELSE n END), a_time(n), a_time(n) FROM {mappings}"
    ),
    "mapping_versions": (
        "SELECT '{w}', an_id('5', n), an_id('4', CASE WHEN n > {m} THEN 1 ELSE n END),"
        " CASE WHEN n > {m} THEN n - {m} + 1 ELSE 1 END, E'{document}', md5(n::text), 'news.yaml', 'Ada', a_time(n)"
        " FROM generate_series(1, {newest}) n"
    ),
    "sources": ("SELECT '{w}', an_id('6', n), 'page', 'feed', 'feed-' || n, '{{}}', 3600, a_time(n) FROM {mappings}"),
    "source_joins": "SELECT '{w}', an_id('4', n), 'page', an_id('6', n), 3600, '{{}}', a_time(n), true FROM {mappings}",
    "posts": (
        "SELECT '{w}', an_id('7', n), an_id('6', 1 + n % {m}), 'post-' || n, md5(n::text), '',"
        ' \'https://acme.example/\' || n, \'{{"key": "post-\' || n || \'", "text": "We are hiring in Lyon, and '
        "you may come: who builds bridges? https://acme.example/' || n || '\"}}',"
        " CASE WHEN n % 100 = 0 THEN 'seen' WHEN n % 1000 = 1 THEN 'held' ELSE 'routed' END, a_time(n * 10),"
        " a_time(n * 10) FROM {posts}"
    ),
    "routes": (
        "SELECT '{w}', an_id('8', n), an_id('7', n), an_id('4', 1 + n % {m}), an_id('5', 1 + n % {m}), 'page',"
        " 'routed', a_time(n * 10) FROM {posts}"
    ),
    "contents": (
        "SELECT '{w}', an_id('9', n), md5(n::text), '', '{{\"text\": \"We are hiring in Lyon.\","
        ' "post_key": "post-\' || n || \'"}}\', a_time(n * 10) FROM {posts}'
    ),
    "deliveries": (
        "SELECT '{w}', an_id('a', n), an_id('4', 1 + p % {m}), an_id('5', 1 + p % {m}), an_id('8', p), an_id('7', p),"
        " 'people', an_id('3', 1 + (p * 7 + n % 10 * 101) % {a}), an_id('9', p),"
        " CASE WHEN n % 100 = 7 THEN (ARRAY['planned', 'waiting', 'blocked', 'check_needed', 'rejected', 'expired',"
        " 'cancelled', 'planned'])[1 + n / 100 % 8] ELSE 'sent' END, CASE n % 100 WHEN 7 THEN '' ELSE '' END,"
        " a_time(n), a_time(n), 86400, 1, CASE WHEN n % 100 = 7 THEN NULL ELSE 'r' || n END,"
        " CASE WHEN n % 100 = 7 THEN NULL ELSE 'https://social.example/' || n END,"
        " CASE WHEN n % 100 = 7 THEN NULL ELSE a_time(n) END, a_time(n), a_time(n)"
        " FROM (SELECT n, 1 + (n - 1) / 10 AS p FROM {deliveries}) AS numbered"
    ),
    "attempts": (
        "SELECT '{w}', an_id('b', n), an_id('a', n), '', 1, '', 'k' || n, a_time(n), '', 1, a_time(n), a_time(n),"
        " 'sent' FROM {deliveries} WHERE n % 10 = 1"
    ),
    "traces": (
        "SELECT '{w}', an_id('c', n), an_id('7', n), an_id('4', 1 + n % {m}), 'page', 'arrived', 'It arrived.',"
        " a_time(n * 10) FROM {posts}"
    ),
}
_COLUMNS = {
    "people": "id, name, email, created_at",
    "groups": "id, name",
    "group_members": "group_id, person_id",
    "accounts": "id, name, platform, person_id, settings, implicit, created_at",
    "lanes": "account_id, platform",
    "mappings": "id, name, title, state, version_id, created_at, updated_at",
    "mapping_versions": "id, mapping_id, number, document, hash, origin, made_by, created_at",
    "sources": "id, name, kind, identity, settings, every_s, created_at",
    "source_joins": "mapping_id, node, source_id, every_s, first_run, joined_at, active",
    "posts": "id, source_id, key, content_hash, fingerprint, permalink, document, state, seen_at, changed_at",
    "routes": "id, post_id, mapping_id, version_id, node, state, created_at",
    "contents": "id, hash, fingerprint, document, created_at",
    "deliveries": (
        "id, mapping_id, version_id, route_id, post_id, sink, account_id, content_id, state, reason, due_at,"
        " released_at, max_age_s, tries, remote_id, url, sent_at, created_at, updated_at"
    ),
    "attempts": (
        "id, delivery_id, account_id, number, content_id, key, frozen_at, request_hash, fence, started_at, ended_at,"
        " outcome"
    ),
    "traces": "id, post_id, mapping_id, node, what, sentence, at",
}
_INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'deliveries' AND indexname LIKE 'ix_%'"


class Crowd(NamedTuple):
    """How many there are."""

    mappings: int
    deliveries: int

    @property
    def accounts(self) -> int:
        """Return how many accounts there are: enough that each post has as many as it has deliveries."""
        return max(self.mappings, 1_000)

    @property
    def posts(self) -> int:
        """Return how many posts the deliveries are of."""
        return max(1, self.deliveries // FAN_OUT)


def made_at(number: int) -> datetime:
    """Return when a row was made."""
    return datetime.fromtimestamp(1_767_600_000, UTC) + timedelta(milliseconds=number * 60)


def row_id(letter: str, number: int) -> str:
    """Return the id of a row: the letter is that of its table."""
    return f"{earliest(made_at(number))[:12]}{letter}{number:019x}"


async def fill(url: str, mappings: int, deliveries: int) -> None:
    """Make the tables in an empty database of PostgreSQL, and the rows."""
    await upgrade(url)
    connection = await asyncpg.connect(url)
    try:
        for statement in _statements(Crowd(mappings, deliveries)):
            await connection.execute(statement)
        indexes = await connection.fetch(_INDEXES)  # made at once they cost a third of what they cost row by row
        for name, _ in indexes:
            await connection.execute(f'DROP INDEX "{name}"')
        await connection.execute(_insertion("deliveries", Crowd(mappings, deliveries)))
        for _, definition in indexes:
            await connection.execute(definition)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def _statements(crowd: Crowd) -> Iterable[str]:
    key = credentials.hash_of(KEY)
    scopes = " ".join(f"{name}:read" for name in SCOPES.split())
    yield _HEAD.format(workspace=WORKSPACE, user=USER, hash=key, scopes=scopes)
    yield from (_insertion(name, crowd) for name in _ROWS if name != "deliveries")


def _insertion(name: str, crowd: Crowd) -> str:
    document = 'mapping: news\\nsources:\\n  page: {{kind: feed, url: "https://acme.example/feed"}}\\n'
    document += "operators:\\n  jobs:\\n    kind: keep\\n    from: page\\n    text: {{contains: [hiring]}}\\n"
    document += "sinks:\\n  people: {{kind: webhook, from: jobs, audience: ambassadors}}\\n"
    rows = _ROWS[name].format(
        w=WORKSPACE, m=crowd.mappings, a=crowd.accounts, newest=crowd.mappings + VERSIONS - 1,
        document=document.format(), accounts=f"generate_series(1, {crowd.accounts}) n",
        mappings=f"generate_series(1, {crowd.mappings}) n", posts=f"generate_series(1, {crowd.posts}) n",
        deliveries=f"generate_series(1, {crowd.deliveries}) n",
    )  # fmt: skip
    return f"INSERT INTO {name} (workspace_id, {_COLUMNS[name]}) {rows}"
