"""Units of a person's work that touch more than one table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import update

from engine.ids import new_id
from engine.store import accounts, apps, budgets, grants, mending, pauses, posts, secrets, traces
from engine.store.grants import Grant
from engine.store.pauses import Scope
from engine.store.sources import HELD, LIVE
from engine.store.tables import sources
from engine.store.traces import Trace

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

    from engine.store.accounts import AccountRow
    from engine.store.apps import AppRow
    from engine.store.sources import SourceRow


def add_account(connection: Connection, account: AccountRow, sealed: str | None) -> None:
    """Keep a new account with its sealed grant; raises ConflictError where its name is taken."""
    accounts.add(connection, account)
    if sealed is not None:
        grants.put(connection, account.workspace_id, account.id, Grant(sealed, 0, None, account.created_at))


def put_secret(connection: Connection, workspace_id: str, name: str, sealed: str, now: datetime) -> int:
    """Keep a sealed secret, and plan again what a mapping had blocked; returns how many deliveries go on."""
    secrets.put(connection, workspace_id, name, sealed, now)
    return mending.plan_again(connection, workspace_id, f"Planned again: the secret {name} was set.", now)


def release_source(connection: Connection, source: SourceRow, sentence: str, now: datetime, *, skip: bool) -> list[str]:
    """End the flood guard's hold of a source: its posts are routed next, or with `skip` never. Returns their ids."""
    state = posts.SEEN if skip else posts.NEW
    released = posts.settle_held(connection, source.id, state, sentence if skip else "")
    traces.write(
        connection,
        (Trace(new_id(), source.workspace_id, post_id, "released", sentence, now) for post_id in released),
    )
    mine = (sources.c.workspace_id == source.workspace_id, sources.c.id == source.id, sources.c.state == HELD)
    connection.execute(update(sources).where(*mine).values(state=LIVE, note=""))
    return released


def resume(
    connection: Connection, workspace_id: str, scope: Scope, key: str = "", *, now: datetime
) -> tuple[bool, bool]:
    """Let something go on; of a platform, also what it asked us to wait for. Tells whether it was paused, and held."""
    was_paused = pauses.resume(connection, workspace_id, scope, key, now=now)
    was_held = scope == Scope.PLATFORM and budgets.let_go(connection, workspace_id, key, now)
    return was_paused, was_held


def put_app(connection: Connection, app: AppRow, asks: str = "") -> tuple[int, bool]:
    """Keep an app, and plan again what a mapping had blocked; tells how many deliveries go on.

    It tells too whether the platform had us wait, which ends: that may have been the app's fault. Where the platform
    wants a yes to each post, `asks` is the sentence, and what is planned without one waits for it.
    """
    apps.put(connection, app)
    if asks:
        mending.ask_again(connection, app.workspace_id, app.platform, asks, app.updated_at)
    sentence = f"Planned again: the app of {app.platform} was set."
    moved = mending.plan_again(connection, app.workspace_id, sentence, app.updated_at)
    return moved, budgets.let_go(connection, app.workspace_id, app.platform, app.updated_at)


def connect_account(connection: Connection, account: AccountRow, grant: Grant) -> None:
    """Keep an account that was just connected, with its grant; raises ConflictError where its name is taken."""
    accounts.add(connection, account)
    grants.put(connection, account.workspace_id, account.id, replace(grant, version=0))


def reconnect_account(connection: Connection, account: AccountRow, grant: Grant, now: datetime) -> int:
    """Give an account another grant, whatever it had, and use it again; returns how many deliveries go on."""
    mine = (account.workspace_id, account.id)
    accounts.lock_lane(connection, *mine)
    accounts.set_identity(connection, *mine, remote_id=account.remote_id, settings=account.settings)
    before = grants.get(connection, *mine)
    grants.put(connection, *mine, replace(grant, version=before.version if before else 0))
    return accounts.set_state(connection, *mine, accounts.LIVE, now=now)
