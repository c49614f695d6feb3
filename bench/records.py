"""What a workspace has gathered beside posts and deliveries: changes, events, calls, mails, work, holds.

They grow with its deliveries, and so must not make a list dear either. Beside the workspace stand others, of which one
is quiet: what reads a whole table to find that it has nothing is dearest there.
"""

from __future__ import annotations

import asyncpg

from api import credentials
from bench.crowd import USER, WORKSPACE, Crowd

QUIET = "quiet"
SESSION = "a-session-of-the-bench"
COOKIE = f"{credentials.COOKIE}={SESSION}"
"""Lets the crowd's only user in everywhere, as its key does not."""

_OTHERS = 50
_ROWS = """
SET session_replication_role = replica;
UPDATE users SET admin = true;
UPDATE api_keys SET scopes = '{scopes}';
UPDATE memberships SET person_id = an_id('1', 2);
INSERT INTO sessions (workspace_id, hash, user_id, how, created_at, seen_at, expires_at) VALUES ('',
    '{session}', '{user}', 'code', now(), now(), now() + interval '1 day');
INSERT INTO workspaces (id, name, data_key, created_at) SELECT an_id('f', n), CASE n WHEN 1 THEN '{quiet}' ELSE
    'other-' || n END, '', a_time(n) FROM generate_series(1, {others}) n;
INSERT INTO memberships (workspace_id, user_id, role, created_at) SELECT an_id('f', n), '{user}', 'owner',
    a_time(n) FROM generate_series(1, {others}) n;
INSERT INTO users (workspace_id, id, name, email, created_at) SELECT '', an_id('e', n), 'User ' || n, 'u' || n
    || '@acme.example', a_time(n) FROM generate_series(1, 300) n;
INSERT INTO memberships (workspace_id, user_id, role, created_at) SELECT '{w}', an_id('e', n), 'editor',
    a_time(n) FROM generate_series(1, 300) n;
INSERT INTO api_keys (workspace_id, id, user_id, name, prefix, hash, scopes, created_at) SELECT '{w}',
    an_id('e', n), an_id('e', n), 'k' || n, 'chappe_x', 'h' || n, '', a_time(n) FROM generate_series(1, 300) n;
INSERT INTO audit (workspace_id, id, at, by, face, what, object_kind, object_name, before, given, request_id)
    SELECT CASE WHEN n % 50 = 3 THEN '' ELSE '{w}' END, an_id('d', n), a_time(n), CASE WHEN n % 1000 = 1 THEN
    'Lea' ELSE 'Ada' END, 'api', CASE WHEN n % 1000 = 2 THEN 'add_webhook' ELSE 'approve_delivery' END, CASE
    WHEN n % 1000 = 2 THEN 'webhooks' ELSE 'deliveries' END, 'name-' || n % 1000, '{{}}', '{{}}', '' FROM
    generate_series(1, {deliveries}) n;
INSERT INTO events (workspace_id, tx, kind, at, mapping_id, node, account_id, post_id, delivery_id) SELECT
    '{w}', n / 20, CASE WHEN n % 1000 = 1 THEN 'delivery.blocked' ELSE 'delivery.sent' END, a_time(n),
    an_id('4', 1 + n % {m}), 'people', an_id('3', 1 + n % {a}), an_id('7', 1 + n / 10), an_id('a', n) FROM
    generate_series(1, {deliveries}) n;
INSERT INTO operations (workspace_id, id, kind, state, by, owner, lease_until, started_at, ended_at) SELECT
    '{w}', an_id('d', n), CASE WHEN n % 100 = 1 THEN 'plan' ELSE 'apply' END, 'done', 'Ada', '', a_time(n),
    a_time(n), a_time(n) FROM generate_series(1, {posts}) n;
INSERT INTO webhooks (workspace_id, id, name, url, kinds, sealed, state, cursor, created_at, updated_at) SELECT
    '{w}', an_id('d', n), 'hook-' || n, 'https://hooks.acme.example', '[]', '', 'live', '', a_time(n), a_time(n)
    FROM generate_series(1, 3) n;
INSERT INTO webhook_calls (workspace_id, id, webhook_id, event_id, kind, body, state, created_at, ended_at)
    SELECT '{w}', an_id('c', n), an_id('d', 1 + n % 3), an_id('e', n), 'delivery.sent', '{{}}', CASE WHEN n %
    500 = 1 THEN 'failed' ELSE 'delivered' END, a_time(n), a_time(n) FROM generate_series(1, {deliveries}) n;
INSERT INTO mails (workspace_id, id, kind, key, person_id, address, state, due_at, until, created_at) SELECT
    CASE WHEN n % 1000 = 1 THEN '' ELSE '{w}' END, an_id('d', n), 'asking', 'm' || n, an_id('1', 1 + n % {m}),
    'p@acme.example', CASE WHEN n % 1000 = 2 THEN 'refused' ELSE 'sent' END, a_time(n), a_time(n), a_time(n)
    FROM generate_series(1, {posts}) n;
INSERT INTO holds (workspace_id, id, route_id, post_id, mapping_id, version_id, node, document, state, since,
    ended_at, verdict) SELECT '{w}', an_id('d', n), an_id('8', n), an_id('7', n), an_id('4', 1 + n % {m}),
    an_id('5', 1 + n % {m}), 'wait', '{{}}', CASE WHEN n % 1000 = 1 THEN 'held' ELSE 'released' END, a_time(n),
    a_time(n), '' FROM generate_series(1, {posts}) n;
INSERT INTO consent_heads (workspace_id, account_id, person_id, given, terms, seq, updated_at) SELECT '{w}',
    an_id('3', n), an_id('1', n), true, '{{}}', 1, a_time(n) FROM generate_series(1, {m}) n;
INSERT INTO post_revisions (workspace_id, id, post_id, revision, document, content_hash, at) SELECT '{w}',
    an_id('d', n), an_id('7', n), 1, '{{}}', '', a_time(n) FROM generate_series(1, {posts}) n;
"""


async def add(url: str, mappings: int, deliveries: int, scopes: str) -> None:
    """Add them to a crowd that `crowd.fill` made, and let its key do everything that these scopes name."""
    crowd = Crowd(mappings, deliveries)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_ROWS.format(
            w=WORKSPACE, user=USER, m=mappings, a=crowd.accounts, posts=crowd.posts, deliveries=deliveries,
            others=_OTHERS, scopes=scopes, session=credentials.hash_of(SESSION), quiet=QUIET,
        ))  # fmt: skip
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
