"""Renew: keep the right to use an account alive, though its refresh token may work only once.

1. One renewer for an account: who needs the grant in this process waits for the same task; the row is taken for
   `LEASE` and counts the asking, so that another process neither asks nor forgets.
2. The platform is asked, once, over a connection of its own.
3. The new tokens go into a file the moment they come, then into the database, and only then are used (ADR 0012).

Killed after 2, before the file: the lease ends, the old refresh token is tried once more at once, which servers with a
grace for lost answers accept; one that refuses it ends the grant, and the account is lost with a sentence. Killed after
the file: the next start puts it into the database. Renewing is lazy: at the first use after most of the access
token's life, and by the tick only what nobody used for long.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import structlog

from engine.contract.oauth import ACCESS, REFRESH, OAuthContext, OAuthKind, Tokens
from engine.errors import (
    AccountLostError,
    ChappeError,
    ConflictError,
    DoubtfulError,
    MappingError,
    RateLimitedError,
    TransientError,
)
from engine.run.apps import opened_app
from engine.run.network import BoundHttp
from engine.run.sealing import grant_place
from engine.store import grants, lanes
from engine.store.grants import Grant
from engine.store.unit import StoreError

if TYPE_CHECKING:
    import random

    from engine.contract.account import Account
    from engine.run.core import Core
    from engine.store.lanes import Lane

log = structlog.get_logger()

LEASE: Final = timedelta(seconds=45)
ASK_S: Final = 15.0
PATIENCE_S: Final = 20.0
"""How long a user waits for another process that renews, looking again every `LOOK_S`."""
LOOK_S: Final = 0.5
IDLE: Final = timedelta(days=30)
"""A grant that nobody uses is renewed this often: X gives refresh tokens an end of their own, half a year away."""
SPENT: Final = (0.75, 0.85)
"""After this share of its life an access token is renewed, drawn anew each time."""
FRESH: Final = timedelta(minutes=5)
"""An access token that is refused so soon after it was given is not renewed: the next would be refused as well."""
AT_ONCE: Final = timedelta(seconds=5)
AGAIN: Final = timedelta(seconds=60)
APP_WRONG: Final = timedelta(minutes=5)
RECONNECT: Final = "Its owner connects it again with `chappe accounts reconnect {name}`; what is planned for it waits."


async def usable(core: Core, lane: Lane) -> Grant | None:
    """Return an account's grant as it may be used now, renewed first where it is time; None where it has none."""
    if lane.sealed is None or lane.version is None:
        return None
    now = core.clock.now()
    there = Grant(lane.sealed, lane.version, lane.expires_at, now, renew_at=lane.renew_at)
    if lane.renew_at is None or now < lane.renew_at:
        if lane.renew_at is None and _is_over(there, now):
            raise AccountLostError(_ended(lane))
        return there
    try:
        return await _shared(core, lane)
    except (RateLimitedError, MappingError):
        if lane.expires_at is None or _is_over(there, now):
            raise
        return there


async def renew(core: Core, account_id: str) -> None:
    """Look at a grant that the tick found: renew it, or end it where that cannot be."""
    lane = await core.store.read(lanes.look, account_id)
    if lane is None or lane.sealed is None:
        return
    try:
        if lane.renew_at is not None:
            await _shared(core, lane)
        elif lane.expires_at is not None and lane.expires_at <= core.clock.now():
            await _refused(core, lane, await _current(core, lane), _ended(lane))
    except AccountLostError as error:
        log.warning("An account is lost.", account=lane.name, platform=lane.platform, why=str(error))
    except (RateLimitedError, MappingError) as error:
        log.warning("A grant could not be renewed and is tried again.", account=lane.name, why=str(error))


async def judged(core: Core, lane: Lane, account: Account, error: ChappeError) -> ChappeError:
    """Say what a refusal of an account means: a grant that can be renewed is, before it is used again.

    A refusal proves that nothing was published. The same error comes back where renewing does not help.
    """
    if not isinstance(error, AccountLostError) or not account.grant:
        return error
    now, where = core.clock.now(), (lane.workspace_id, lane.account_id)
    spoiled = await core.store.write(grants.spoil, *where, account.grant, before=now - FRESH, now=now)
    there = None if spoiled else await core.store.read(grants.get, *where)
    if spoiled or (there is not None and there.version > account.grant):
        return TransientError("The platform refused the access token: it is renewed, and this is tried again.")
    return error


async def recover(core: Core) -> None:
    """Put into the database what an earlier process had been given and could not keep there."""
    for account_id, document in core.keepsakes.listed():
        lane = await core.store.read(lanes.look, account_id)
        if lane is not None:
            try:
                await core.store.write(grants.put, lane.workspace_id, account_id, _read(document))
            except ConflictError:
                log.info("A grant that was kept aside is in the database, or a newer one is.", account=lane.name)
        core.keepsakes.drop(account_id)


async def settle(core: Core) -> None:
    """Wait for every renewal that is under way: a platform that has answered must be heard."""
    if core.renewing:
        await asyncio.wait(core.renewing.values())


def granted(
    kind: OAuthKind, tokens: Tokens, sealed: str, *, version: int, now: datetime, chance: random.Random
) -> Grant:
    """Return what is kept of tokens that just came, with when they are renewed and looked at. Pure."""
    grant = Grant(sealed, version, tokens.expires_at, now, scopes=" ".join(tokens.scopes), look_at=tokens.expires_at)
    if not (kind.renewable and tokens.refresh):
        return grant
    life = IDLE if tokens.expires_at is None else tokens.expires_at - now
    return replace(grant, renew_at=now + life * chance.uniform(*SPENT), look_at=now + IDLE)


async def _shared(core: Core, lane: Lane) -> Grant:
    """Renew once for all who wait; nobody who goes away ends it."""
    task = core.renewing.get(lane.account_id)
    if task is None:
        task = asyncio.create_task(_renewed(core, lane), name=f"renew {lane.account_id}")
        core.renewing[lane.account_id] = task
        task.add_done_callback(lambda done: _done(core, lane.account_id, done))
    return await asyncio.shield(task)


def _done(core: Core, account_id: str, task: asyncio.Task[Grant]) -> None:
    del core.renewing[account_id]
    if not task.cancelled():
        task.exception()  # whoever waited has it


async def _renewed(core: Core, lane: Lane) -> Grant:
    now = core.clock.now()
    grant = await core.store.write(grants.take, lane.workspace_id, lane.account_id, now, now + LEASE)
    if grant is None:
        return await _renewed_by_another(core, lane)
    try:
        kind, tokens = await _asked(core, lane, grant)
    except StoreError:
        raise
    except TimeoutError:
        silence = DoubtfulError(f"The platform did not answer within {ASK_S:.0f} s.")
        return await _failed(core, lane, grant, silence)
    except ChappeError as error:
        return await _failed(core, lane, grant, error)
    sealed = _sealed(core, lane, grant, tokens)
    new = granted(kind, tokens, sealed, version=grant.version, now=now, chance=core.random)
    return await _kept(core, lane, new)


async def _asked(core: Core, lane: Lane, grant: Grant) -> tuple[OAuthKind, Tokens]:
    """Ask the platform, once."""
    declared = core.registry.accounts.get(lane.platform)
    if declared is None or not issubclass(declared, OAuthKind):
        message = f"There is no account kind {lane.platform} that is connected in the browser: is it installed?"
        raise MappingError(message)
    kind = declared()
    app = await opened_app(core.store, core.vault, kind, workspace_id=lane.workspace_id, data_key=lane.data_key)
    http = BoundHttp(core.http, kind, fresh=True, timeout=ASK_S)
    async with asyncio.timeout(ASK_S):
        secrets = _opened(core, lane, grant)
        tokens = Tokens(secrets.get(ACCESS, ""), secrets.get(REFRESH, ""), scopes=tuple(grant.scopes.split()))
        return kind, await kind.renew(tokens, OAuthContext(http, app, core.clock.now()))


async def _kept(core: Core, lane: Lane, new: Grant) -> Grant:
    """Step 3. A database that is away is asked until it has the grant: no other copy would do for long."""
    try:
        core.keepsakes.put(lane.account_id, _written(new))
    except OSError as error:
        log.warning("A new grant could not be kept aside; the database gets it now.", why=error.strerror)
    while True:
        try:
            version = await core.store.write(grants.put, lane.workspace_id, lane.account_id, new)
        except StoreError as error:
            log.warning("The database cannot keep a new grant; it is tried again.", account=lane.name, why=str(error))
            await core.clock.sleep(1.0)
        except ConflictError:
            core.keepsakes.drop(lane.account_id)
            return await _current(core, lane)
        else:
            core.keepsakes.drop(lane.account_id)
            return replace(new, version=version)


async def _failed(core: Core, lane: Lane, grant: Grant, error: ChappeError) -> Grant:
    """Write what became of the asking, and say it; returns a grant only where another one came meanwhile."""
    if isinstance(error, AccountLostError):
        lost = " The answer to an earlier renewal never came." if grant.unanswered > 1 else ""
        return await _refused(core, lane, grant, f"{error}{lost} {RECONNECT.format(name=lane.name)}")
    now, heard = core.clock.now(), not isinstance(error, DoubtfulError)
    until = now + AGAIN * core.random.uniform(0.5, 1.5)
    if isinstance(error, RateLimitedError):
        until = max(error.until or now, now + (error.wait or timedelta()), until)
    elif isinstance(error, MappingError):
        until = now + APP_WRONG
    elif not heard and grant.unanswered == 1:
        until = now + AT_ONCE
    await core.store.write(grants.put_off, lane.workspace_id, lane.account_id, grant, until, answered=heard)
    if isinstance(error, MappingError):
        raise error
    message = f"{lane.name} cannot be used until its access is renewed, which did not work yet: {error}"
    raise RateLimitedError(message, until=until) from error


async def _refused(core: Core, lane: Lane, grant: Grant, note: str) -> Grant:
    now = core.clock.now()
    if await core.store.write(grants.refuse, lane.workspace_id, lane.account_id, grant, note, now):
        raise AccountLostError(note)
    return await _current(core, lane)


async def _renewed_by_another(core: Core, lane: Lane) -> Grant:
    """Wait for another process, or take what it has left."""
    patience = core.clock.monotonic() + PATIENCE_S
    while True:
        grant = await _current(core, lane)
        now = core.clock.now()
        if grant.renew_at is None and _is_over(grant, now):
            raise AccountLostError(_ended(lane))
        if grant.renew_at is None or grant.renew_at > now:
            return _tried(lane, grant, now)
        if core.clock.monotonic() >= patience:
            message = f"Another process renews the access of {lane.name} and has not ended."
            raise RateLimitedError(message, until=now + AT_ONCE)
        await core.clock.sleep(LOOK_S)


def _tried(lane: Lane, grant: Grant, now: datetime) -> Grant:
    if _is_over(grant, now):
        raise RateLimitedError(f"The access of {lane.name} could not be renewed yet.", until=grant.renew_at)
    return grant


async def _current(core: Core, lane: Lane) -> Grant:
    grant = await core.store.read(grants.get, lane.workspace_id, lane.account_id)
    if grant is None:
        raise AccountLostError(_ended(lane))
    return grant


def _is_over(grant: Grant, now: datetime) -> bool:
    return grant.expires_at is not None and grant.expires_at <= now


def _ended(lane: Lane) -> str:
    when = f" on {lane.expires_at:%d %B %Y}" if lane.expires_at else ""
    return f"The right to use {lane.name} ended{when}. {RECONNECT.format(name=lane.name)}"


def _opened(core: Core, lane: Lane, grant: Grant) -> dict[str, str]:
    place = grant_place(lane.workspace_id, lane.account_id)
    secrets: dict[str, str] = json.loads(core.vault.open(lane.data_key, grant.sealed, place).reveal())
    return secrets


def _sealed(core: Core, lane: Lane, grant: Grant, tokens: Tokens) -> str:
    secrets = _opened(core, lane, grant) | tokens.secrets()
    return core.vault.seal(lane.data_key, json.dumps(secrets), grant_place(lane.workspace_id, lane.account_id))


def _written(grant: Grant) -> str:
    return json.dumps({key: v.isoformat() if isinstance(v, datetime) else v for key, v in asdict(grant).items()})


def _read(document: str) -> Grant:
    said = json.loads(document)
    times = ("expires_at", "updated_at", "renew_at", "look_at")
    return Grant(**said | {name: datetime.fromisoformat(said[name]) for name in times if said[name]})
