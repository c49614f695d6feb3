"""Hub: be told when a feed changes instead of asking only (WebSub, a W3C recommendation of 23 January 2018).

A feed names its hub. The hub is asked to call us, asks back whether the wish is ours, and from then on posts to us what
is new, signed with the secret that it was given. What it posts is not read: it wakes a poll, so a call that is forged,
lost or late changes nothing. The source is polled at its own pace all the while, whatever becomes of its hub.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import structlog

from engine.errors import ChappeError
from engine.run.sealing import hub_place
from engine.store import hubs, sources, workspaces
from engine.store.hubs import ASKING, DENIED_FOR, LEAVING, LIVE, Subscription
from engine.wake import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.contract.source import Hub
    from engine.run.core import Core
    from engine.store.sources import SourceRow

log = structlog.get_logger()

PATH: Final = "/hooks/websub"
"""Where hubs call, followed by the id of the subscription, which nobody else knows."""

LEASE: Final = timedelta(days=10)
"""How long we ask to be told; the hub says how long it really is."""

SHORTEST: Final = timedelta(minutes=10)
LONGEST: Final = timedelta(days=365)
RENEWED_AFTER: Final = 0.75
"""Which part of a lease has passed when the hub is asked to go on."""

SIGNS: Final = ("sha256", "sha384", "sha512", "sha1")
"""Methods of a signature that are known (section 7 of the recommendation); old hubs sign with the last one."""

NOTE_MOST: Final = 300
TIMEOUT_S: Final = 10.0
MOST_BYTES: Final = 100_000
_ACCEPTED: Final = range(200, 300)


async def name(core: Core, row: SourceRow, hub: Hub | None) -> None:
    """Take up what a source says of its hub: begin, change or end its subscription.

    Nothing where nobody could reach us; what fails is tried again when the source says it again.
    """
    if hub is None or not core.settings.public_url:
        return
    try:
        known = await core.store.read(hubs.of_source, row.id)
        wanted = await _wanted(core, row, hub, known)
        if wanted is not None:
            await core.store.write(hubs.put, wanted)
            await core.wake.wake(Kind.HUB, [wanted.id])
    except ChappeError as error:
        log.warning("A source's hub could not be taken up; the source is polled as before.", error=str(error))


async def _wanted(core: Core, row: SourceRow, hub: Hub, known: Subscription | None) -> Subscription | None:
    """Return what the subscription is to become; None where it is as it should be."""
    now = core.clock.now()
    if not hub.url:
        return None if known is None or known.state == LEAVING else replace(known, state=LEAVING, tries=0, next_at=now)
    if known is None:
        data_key = (await core.store.read(workspaces.get, row.workspace_id)).data_key
        sealed = core.vault.seal(data_key, secrets.token_urlsafe(32), hub_place(row.workspace_id, row.id))
        return Subscription(
            secrets.token_hex(16), row.workspace_id, row.id, hub.url, hub.topic, sealed, ASKING, now, next_at=now
        )
    if (known.url, known.topic) == hub and known.state != LEAVING:
        return None
    anew = replace(known, state=ASKING, note="", tries=0, next_at=now, lease_until=None)
    return replace(anew, url=hub.url, topic=hub.topic)


async def subscribe(core: Core, subscription_id: str) -> None:
    """Ask a hub to begin, to go on, or to end, if it is time; that it has asked back is waited for elsewhere."""
    row = await core.store.write(hubs.take, subscription_id, core.clock.now())
    if row is None or not core.settings.public_url:
        return
    wish = {
        "hub.callback": f"{core.settings.public_url}{PATH}/{row.id}",
        "hub.mode": "unsubscribe" if row.state == LEAVING else "subscribe",
        "hub.topic": row.topic,
    }
    if row.state != LEAVING:
        wish |= {"hub.lease_seconds": str(int(LEASE.total_seconds())), "hub.secret": await _secret(core, row)}
    headers = {"content-type": "application/x-www-form-urlencoded"}
    try:
        answer = await core.http.fetch(
            "POST", row.url, headers=headers, content=urlencode(wish).encode(), timeout=TIMEOUT_S, max_bytes=MOST_BYTES
        )
        note = "" if answer.status in _ACCEPTED else f"The hub answered {answer.status}."
    except ChappeError as error:
        note = str(error)[:NOTE_MOST]
    if note:
        await core.store.write(hubs.change, row, {"note": note})


async def confirm(core: Core, subscription_id: str, query: Mapping[str, str]) -> str | None:
    """Return the challenge of a hub that asks whether a wish is ours; None where it is not.

    A hub also says here that it refuses, which is answered by an empty word.
    """
    row = await core.store.read(hubs.get, subscription_id)
    mode, challenge = query.get("hub.mode", ""), query.get("hub.challenge", "")
    if row is None or query.get("hub.topic") != row.topic:
        return None
    if mode == "denied" and row.state != LEAVING:
        reason = query.get("hub.reason", "")[:NOTE_MOST].strip().rstrip(".") or "it does not say why"
        note = f"The hub refuses: {reason}."
        refused = {"state": ASKING, "note": note, "next_at": core.clock.now() + DENIED_FOR, "lease_until": None}
        await core.store.write(hubs.change, row, refused)
        return ""
    if mode == "unsubscribe" and row.state == LEAVING and challenge:
        await core.store.write(hubs.forget, row)
        return challenge
    if mode != "subscribe" or row.state == LEAVING or not challenge:
        return None
    return challenge if await core.store.write(hubs.change, row, _leased(core, query)) else None


def _leased(core: Core, query: Mapping[str, str]) -> dict[str, Any]:
    given, now = query.get("hub.lease_seconds", ""), core.clock.now()
    known = given.isascii() and given.isdigit() and len(given) < 12  # noqa: PLR2004  # as a number of seconds may be
    lease = min(max(timedelta(seconds=int(given)) if known else LEASE, SHORTEST), LONGEST)
    renewed = now + lease * RENEWED_AFTER
    return {"state": LIVE, "note": "", "tries": 0, "next_at": renewed, "lease_until": now + lease}


async def pushed(core: Core, subscription_id: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Poll the source of a subscription; False where there is none, or the call is not signed with its secret."""
    try:
        row = await core.store.read(hubs.get, subscription_id)
        if row is None or not is_signed(headers.get("x-hub-signature", ""), body, await _secret(core, row)):
            return False
        await poll(core, row.source_id)
    except ChappeError:  # no key, no database: to whoever calls it is all the same
        return False
    return True


async def poll(core: Core, source_id: str) -> None:
    """Let a source be polled now, if anybody reads it."""
    if await core.store.write(sources.poll_now, source_id, core.clock.now()):
        await core.wake.wake(Kind.POLL, [source_id])


def is_signed(given: str, body: bytes, secret: str) -> bool:
    """Tell whether `X-Hub-Signature`, as `method=signature`, shows that the sender knows the secret. Pure."""
    method, _, signature = given.partition("=")
    if method not in SIGNS:
        return False
    expected = hmac.new(secret.encode(), body, getattr(hashlib, method)).hexdigest()
    return hmac.compare_digest(signature.encode("utf-8", "replace"), expected.encode())


async def _secret(core: Core, row: Subscription) -> str:
    data_key = (await core.store.read(workspaces.get, row.workspace_id)).data_key
    return core.vault.open(data_key, row.sealed, hub_place(row.workspace_id, row.source_id)).reveal()
