"""Webhooks: who is told what happens, and what came of it."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request, Response, status

from api import states
from api.actions import webhooks as actions
from api.actions.webhooks import Place
from api.deps import Caller, Face, May, Role, TheFace
from api.etags import TAGGED, IfMatch, Seen, tagged, viewed
from api.holding import held
from api.paging import Listed, ThePage
from api.shapes.common import Id, Name
from api.shapes.webhooks import NewWebhook, Webhook, WebhookCall, WebhookChange, WebhookWithSecret
from engine.store import webhooks

if TYPE_CHECKING:
    from api.actions.webhooks import Made

router: Final = APIRouter(prefix="/workspaces/{workspace}", tags=["webhooks"])

LOG: Final = "webhook_calls"

Reader = Annotated[Caller, May("webhooks:read", Role.EDITOR)]
Owner = Annotated[Caller, May("webhooks:write", Role.OWNER)]
Read = Annotated[Seen, IfMatch()]


@router.get("/webhooks", summary="List webhooks")
async def list_webhooks(face: TheFace, caller: Reader) -> Listed[Webhook]:
    """List the addresses that are called with what happens; there are few, so they come in one page."""
    rows = await face.store.read(webhooks.listed, caller.workspace.id)
    return Listed(items=[_shape(row) for row in rows], next=None)


@router.post("/webhooks", summary="Add a webhook", status_code=status.HTTP_201_CREATED)
async def add_webhook(face: TheFace, caller: Owner, given: NewWebhook) -> WebhookWithSecret:
    """Add an address, which is called with what happens from now on. The answer alone shows its signing secret."""
    return _with_secret(await actions.add(_place(face, caller), given.name, str(given.url), given.kinds))


@router.get("/webhooks/{name}", summary="Show a webhook", response_model=Webhook, responses=TAGGED)
async def get_webhook(face: TheFace, caller: Reader, name: Name, request: Request) -> Response:
    """Show an address, and why it is disabled where it is."""
    row = await face.store.read(webhooks.by_name, caller.workspace.id, name)
    shown = _shape(row)
    return tagged(request, shown, viewed(states.of_webhook(row), shown))


@router.patch("/webhooks/{name}", summary="Change a webhook")
async def change_webhook(face: TheFace, caller: Owner, name: Name, given: WebhookChange, seen: Read) -> Webhook:
    """Change the address or the kinds, disable it, or enable it again: then what happened meanwhile is not told."""
    live = None if given.state is None else given.state == "live"
    url = str(given.url) if given.url else None
    place = _held(face, caller, name, seen)
    return _shape(await actions.change(place, name, url=url, kinds=given.kinds, live=live))


@router.delete("/webhooks/{name}", summary="Remove a webhook", status_code=status.HTTP_204_NO_CONTENT)
async def remove_webhook(face: TheFace, caller: Owner, name: Name, seen: Read) -> None:
    """Remove an address with its log."""
    await actions.remove(_held(face, caller, name, seen), name)


@router.post("/webhooks/{name}/rotate", summary="Change the signing secret")
async def rotate_webhook(face: TheFace, caller: Owner, name: Name, seen: Read) -> WebhookWithSecret:
    """Make a new signing secret; for 24 hours every message carries the signatures of both."""
    return _with_secret(await actions.rotate(_held(face, caller, name, seen), name))


@router.post("/webhooks/{name}/test", summary="Test a webhook")
async def test_webhook(face: TheFace, caller: Owner, name: Name) -> WebhookCall:
    """Send a message `webhook.test` now, once, and tell what was answered."""
    return _call(await actions.test(_place(face, caller), name, face.http, random.Random()))  # noqa: S311  # jitter


@router.get("/webhooks/{name}/calls", summary="Show a webhook's log")
async def list_webhook_calls(
    face: TheFace,
    caller: Reader,
    page: ThePage,
    name: Name,
    state: Annotated[Literal["waiting", "delivered", "failed"] | None, Query(description="Only such.")] = None,
) -> Listed[WebhookCall]:
    """List its messages, newest first; ended ones are kept for 30 days."""
    row = await face.store.read(webhooks.by_name, caller.workspace.id, name)
    found = await face.store.read(webhooks.calls, row, state=state, before=page.last_id(LOG), limit=page.most)
    return page.body(LOG, found, _call, lambda call: call.id)


@router.post("/webhooks/{name}/calls/{call_id}/redeliver", summary="Send a message again")
async def redeliver_webhook_call(face: TheFace, caller: Owner, name: Name, call_id: Id) -> WebhookCall:
    """Send a message of the log again soon, with the same `webhook-id`, and with all its tries before it."""
    return _call(await actions.redeliver(_place(face, caller), name, call_id))


def _place(face: Face, caller: Caller) -> Place:
    return Place(face.store, face.clock, face.vault, caller.workspace)


def _held(face: Face, caller: Caller, name: str, seen: Seen) -> Place:
    """Return the place where a webhook is changed only as the caller has seen it."""
    store = held(face.store, states.thing(caller.workspace.id, "webhooks", name), seen)
    return replace(_place(face, caller), store=store)


def _fields(row: webhooks.Webhook) -> dict[str, Any]:
    names = ("id", "name", "url", "state", "note", "failing_since", "created_at")
    fields = {name: getattr(row, name) for name in names}
    return fields | {"kinds": json.loads(row.kinds), "rotating_until": row.former_until}


def _shape(row: webhooks.Webhook) -> Webhook:
    return Webhook.model_validate(_fields(row))


def _with_secret(made: Made) -> WebhookWithSecret:
    return WebhookWithSecret.model_validate(_fields(made.webhook) | {"secret": made.secret})


def _call(row: webhooks.Call) -> WebhookCall:
    return WebhookCall.model_validate({name: getattr(row, name) for name in WebhookCall.model_fields})
