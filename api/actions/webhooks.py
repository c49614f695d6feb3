"""Webhooks as their owners handle them: add, change, rotate, test, look at the log, send again."""

from __future__ import annotations

import base64
import json
import secrets as randomness
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from api.actions.calling import made, post, secrets_of, settled
from api.errors import UsageError
from engine.ids import new_id
from engine.model.event import KINDS
from engine.run.sealing import webhook_place
from engine.store import events, webhooks
from engine.store.webhooks import DELIVERED, DISABLED, FAILED, LIVE, Call, Webhook
from mappings.findings import did_you_mean, there_are

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from engine.clock import Clock
    from engine.http_client import HttpClient
    from engine.store.unit import Store
    from engine.store.workspaces import Workspace
    from engine.vault import Vault

USUAL: Final = (
    "delivery.sent", "delivery.rejected", "delivery.check_needed", "approval.wanted", "account.lost", "mapping.applied",
)  # fmt: skip
"""What a webhook is called with, where nobody says otherwise."""

ROTATING: Final = timedelta(hours=24)
"""How long the former secret still signs, beside the new one."""

TEST: Final = "webhook.test"


@dataclass(frozen=True, slots=True)
class Place:
    """Where webhooks are handled."""

    store: Store
    clock: Clock
    vault: Vault
    workspace: Workspace


@dataclass(frozen=True, slots=True)
class Made:
    """A webhook and its new secret, which nobody is shown again."""

    webhook: Webhook
    secret: str


async def add(place: Place, name: str, url: str, kinds: Sequence[str] = USUAL) -> Made:
    """Add a webhook, called with what happens from now on. Raises ConflictError where the name is taken."""
    now, identity, secret = place.clock.now(), new_id(), _secret()
    row = Webhook(
        id=identity, workspace_id=place.workspace.id, name=name, url=_address(url), kinds=_kinds(kinds),
        sealed=_sealed(place, identity, secret), cursor=await place.store.read(events.head), created_at=now,
        updated_at=now,
    )  # fmt: skip
    await place.store.write(webhooks.add, row)
    return Made(row, secret)


async def change(
    place: Place, name: str, *, url: str | None = None, kinds: Sequence[str] | None = None, live: bool | None = None
) -> Webhook:
    """Change what is given. Enabled again, it is told of what happens from then on, and of what waited."""
    row = await place.store.read(webhooks.by_name, place.workspace.id, name)
    values: dict[str, Any] = {}
    if url is not None:
        values["url"] = _address(url)
    if kinds is not None:
        values["kinds"] = _kinds(kinds)
    if live is False and row.state == LIVE:
        values |= {"state": DISABLED, "note": webhooks.BY_A_PERSON}
    if live and row.state == DISABLED:
        values |= {"state": LIVE, "note": "", "failing_since": None, "cursor": await place.store.read(events.head)}
    await place.store.write(webhooks.change, row, values, place.clock.now())
    return await place.store.read(webhooks.by_name, place.workspace.id, name)


async def rotate(place: Place, name: str) -> Made:
    """Give a webhook a new secret; for a day its messages carry the former one's signature too."""
    row, now, secret = await place.store.read(webhooks.by_name, place.workspace.id, name), place.clock.now(), _secret()
    values = {"sealed": _sealed(place, row.id, secret), "former": row.sealed, "former_until": now + ROTATING}
    await place.store.write(webhooks.change, row, values, now)
    return Made(await place.store.read(webhooks.by_name, place.workspace.id, name), secret)


async def test(place: Place, name: str, http: HttpClient, random: Random) -> Call:
    """Send a message `webhook.test` at once, once, and return what came of it; it stands in the log."""
    row, now = await place.store.read(webhooks.by_name, place.workspace.id, name), place.clock.now()
    said = {"webhook": name, "workspace": place.workspace.name}
    body = {"type": TEST, "timestamp": now.isoformat().replace("+00:00", "Z"), "data": said}
    sent = made(row, TEST, body, now)
    signing = secrets_of(place.vault, place.workspace.data_key, row, now)
    answer = await post(http, row, sent, signing, now)
    ended = settled(sent, answer, place.clock.now(), random)
    ended = replace(ended, state=DELIVERED if answer.taken else FAILED, next_at=None, ended_at=place.clock.now())
    await place.store.write(webhooks.keep, [ended])
    return ended


async def redeliver(place: Place, name: str, call_id: str) -> Call:
    """Send a message of the log again, with the same `webhook-id`."""
    row = await place.store.read(webhooks.by_name, place.workspace.id, name)
    return await place.store.write(webhooks.redeliver, row, call_id, place.clock.now())


async def remove(place: Place, name: str) -> None:
    """Remove a webhook with its log."""
    row = await place.store.read(webhooks.by_name, place.workspace.id, name)
    await place.store.write(webhooks.remove, row)


def _secret() -> str:
    return f"whsec_{base64.b64encode(randomness.token_bytes(32)).decode()}"


def _sealed(place: Place, webhook_id: str, secret: str) -> str:
    return place.vault.seal(place.workspace.data_key, secret, webhook_place(place.workspace.id, webhook_id))


def _address(url: str) -> str:
    try:
        parts = urlsplit(url)
        known = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username
    except ValueError:
        known = False
    if not known:
        message = f"{url[:200]} is no address that can be called: it must begin with https://, without a user."
        raise UsageError(message, pointer="/url")
    return url


def _kinds(kinds: Sequence[str]) -> str:
    for kind in kinds:
        if kind not in KINDS:
            raise UsageError(
                f"There is no kind of event called {kind}.{did_you_mean(kind, KINDS) or there_are(tuple(KINDS))}",
                pointer="/kinds",
            )
    if not kinds:
        raise UsageError("Name at least one kind of event.", pointer="/kinds")
    return json.dumps(list(dict.fromkeys(kinds)))
