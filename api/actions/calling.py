"""Call the addresses of others with what happened, as Standard Webhooks 1.0.0 asks (see connectors/webhook/limits.py).

An event becomes a message for every webhook that wants its kind, once; a message is sent until it is taken, over three
days; its `webhook-id` stays the same, so that whoever gets it twice can tell.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from api.listeners import document
from connectors.webhook.wire import headers_of
from engine.errors import ChappeError
from engine.ids import new_id
from engine.run.sealing import webhook_place
from engine.store import events, webhooks, workspaces
from engine.store.webhooks import DELIVERED, DISABLED, FAILED, WAITING, Call, Webhook
from engine.wake import Again

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from random import Random

    from engine.http_client import HttpClient
    from engine.run.core import Core
    from engine.store.events import Event
    from engine.vault import Vault

RETRIES: Final = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""How long after each failure a message is tried again (the specification's example, 75 hours in all)."""

JITTER: Final = 0.1
GIVE_UP: Final = sum(RETRIES, timedelta()) * (1 + JITTER)
"""How long an address may take nothing until it is no longer called: every try of the first message came before."""

TIMEOUT_S: Final = 15.0
LEASE: Final = timedelta(seconds=60)
PAGE: Final = 200
AT_ONCE: Final = 8
GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one try: the status, or why there is none; `wait` is how long the receiver asks to be left alone."""

    status: int | None
    note: str = ""
    wait: timedelta = timedelta(0)

    @property
    def taken(self) -> bool:
        """Whether the message was accepted."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004  # HTTP's own words for success


async def call(core: Core, webhook_id: str) -> Again | None:
    """Take up what happened since, and send what is due."""
    now = core.clock.now()
    until = now + LEASE
    hook = await core.store.write(webhooks.take, webhook_id, now, until)
    if hook is None:
        return None
    try:
        page = await core.store.read(events.after, hook.cursor, PAGE)
        if page:
            messages = [message(hook, event, now) for event in page if hook.wants(event)]
            await core.store.write(webhooks.take_up, hook, messages, page[-1].id)
        due = await core.store.read(webhooks.due_calls, hook.id, now, AT_ONCE)
        if due:
            await _send(core, hook, due)
    finally:
        await core.store.write(webhooks.give_back, hook.id, until)
    return Again() if len(page) == PAGE or len(due) == AT_ONCE else None


def message(hook: Webhook, event: Event, now: datetime) -> Call:
    """Return the message that tells an event."""
    said = document(event)
    body = {"type": event.kind, "timestamp": said["at"], "data": said}
    return made(hook, event.kind, body, now, event_id=event.id)


def made(hook: Webhook, kind: str, body: dict[str, Any], now: datetime, *, event_id: str = events.START) -> Call:
    """Return a message that waits to be sent."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Call(new_id(), hook.workspace_id, hook.id, event_id, kind, text, WAITING, now, now)


async def _send(core: Core, hook: Webhook, due: Sequence[Call]) -> None:
    data_key = (await core.store.read(workspaces.get, hook.workspace_id)).data_key
    secrets = secrets_of(core.vault, data_key, hook, core.clock.now())
    answers = await asyncio.gather(*(post(core.http, hook, each, secrets, core.clock.now()) for each in due))
    now = core.clock.now()
    tried = [settled(each, answer, now, core.random) for each, answer in zip(due, answers, strict=True)]
    await core.store.write(webhooks.settle, hook, tried, now)
    why = why_disabled(hook, answers, now)
    if why:
        await core.store.write(webhooks.change, hook, {"state": DISABLED, "note": why}, now)


def secrets_of(vault: Vault, data_key: str, hook: Webhook, now: datetime) -> list[str]:
    """Return the secrets that sign: the present one, and while it is being changed the one before."""
    sealed = [hook.sealed]
    if hook.former and hook.former_until and now < hook.former_until:
        sealed.append(hook.former)
    place = webhook_place(hook.workspace_id, hook.id)
    return [vault.open(data_key, each, place).reveal() for each in sealed]


async def post(http: HttpClient, hook: Webhook, sent: Call, secrets: Sequence[str], now: datetime) -> Answered:
    """Try once; a redirect is followed by nobody."""
    body = sent.body.encode()
    headers = headers_of(body, key=sent.id, now=now, secrets=secrets)
    try:
        answer = await http.publish("POST", hook.url, headers=headers, content=body, timeout=TIMEOUT_S)
    except ChappeError as error:
        return Answered(None, str(error))
    seconds = answer.headers.get("retry-after", "")
    wait = timedelta(seconds=min(int(seconds), 86_400)) if seconds.isascii() and seconds.isdigit() else timedelta(0)
    return Answered(answer.status, "" if answer.status < 300 else f"The receiver answered {answer.status}.", wait)  # noqa: PLR2004


def settled(tried: Call, answer: Answered, now: datetime, random: Random) -> Call:
    """Return what becomes of a message. Pure but for the jitter."""
    again = replace(tried, tries=tried.tries + 1, status=answer.status, note=answer.note)
    if answer.taken:
        return replace(again, state=DELIVERED, next_at=None, ended_at=now)
    if tried.tries >= len(RETRIES) or answer.status == GONE:
        return replace(again, state=FAILED, next_at=None, ended_at=now)
    delay = max(RETRIES[tried.tries] * (1 + JITTER * random.random()), answer.wait)
    return replace(again, next_at=now + delay)


def why_disabled(hook: Webhook, answers: Sequence[Answered], now: datetime) -> str:
    """Return why an address is called no more, in a sentence; empty where it goes on being called. Pure."""
    if any(answer.status == GONE for answer in answers):
        return "The receiver answered 410 Gone: it asks never to be called again."
    if any(answer.taken for answer in answers) or hook.failing_since is None:
        return ""
    if now - hook.failing_since < GIVE_UP:
        return ""
    return f"It has taken nothing since {hook.failing_since:%d %b %Y %H:%M} UTC: {answers[-1].note}"
