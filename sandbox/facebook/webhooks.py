"""Webhooks of a page: what an app has subscribed to, and telling it of changes with a signature."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
from collections import deque
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from sandbox.facebook.errors import GraphError
from sandbox.outbound import UnreachableError, ask

if TYPE_CHECKING:
    from sandbox.network import Network, Publication
    from sandbox.oauth import Client

_WAITS: Final = (0.0, 5.0, 60.0)
_WELL: Final = 200
_ITEMS: Final = {"status": "status", "photo": "photo", "album": "status", "link": "share", "share": "share",
                 "video": "video", "event": "event", "offer": "offer"}  # fmt: skip


class Webhooks:
    """Tells apps of what happens on pages, in order for each; `sent` has the latest attempts."""

    def __init__(self, network: Network) -> None:
        self.sent: deque[dict[str, Any]] = deque(maxlen=50)
        self._network = network
        self._turns: dict[str, asyncio.Lock] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        network.listeners.append(self._heard)

    async def subscribe(self, app: Client, callback: str, verify: str, fields: str) -> dict[str, bool]:
        """Subscribe an app to pages, once its address has answered the challenge."""
        challenge = str(secrets.randbelow(10**10))
        query = urlencode({"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": verify})
        try:
            answer = await ask("GET", f"{callback}{'&' if '?' in callback else '?'}{query}")
        except UnreachableError:
            raise GraphError("2200", "(#2200) Callback verification failed: no answer from the URL") from None
        if answer.status != _WELL or answer.body.decode(errors="replace").strip() != challenge:
            raise GraphError("2200", f"(#2200) Callback verification failed: HTTP Status Code = {answer.status}")
        known = self._network.facts.get("subscriptions", {})
        chosen = {"object": "page", "callback_url": callback, "fields": fields.split(","), "active": True}
        self._network.put("subscriptions", {**known, app.id: chosen})
        return {"success": True}

    def install(self, page: str, app: Client, fields: str) -> dict[str, bool]:
        """Let an app hear of a page."""
        known = self._network.facts.get("installed", {})
        installed = {**known.get(page, {}), app.id: [one.strip() for one in fields.split(",") if one.strip()]}
        self._network.put("installed", {**known, page: installed})
        return {"success": True}

    def uninstall(self, page: str, app: Client) -> dict[str, bool]:
        """Let an app hear of a page no more."""
        known = self._network.facts.get("installed", {})
        left = {one: fields for one, fields in known.get(page, {}).items() if one != app.id}
        self._network.put("installed", {**known, page: left})
        return {"success": True}

    def installed(self, page: str) -> dict[str, Any]:
        """Return the apps that hear of a page."""
        apps = self._network.facts.get("installed", {}).get(page, {})
        clients = self._network.authority.clients
        return {
            "data": [
                {"id": one, "name": clients[one].name, "subscribed_fields": fields}
                for one, fields in apps.items()
                if one in clients
            ]
        }

    def _heard(self, verb: str, post: Publication) -> None:
        if post.hidden:
            return
        body = json.dumps(_event(self._network, verb, post)).encode()
        for app, fields in self._network.facts.get("installed", {}).get(post.account, {}).items():
            subscribed = self._network.facts.get("subscriptions", {}).get(app)
            if subscribed and "feed" in fields and "feed" in subscribed["fields"]:
                task = asyncio.get_running_loop().create_task(self._tell(app, subscribed["callback_url"], body))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _tell(self, app: str, url: str, body: bytes) -> None:
        secret = (self._network.authority.clients[app].secret or "").encode()
        headers = {
            "content-type": "application/json",
            "x-hub-signature-256": f"sha256={hmac.new(secret, body, hashlib.sha256).hexdigest()}",
            "user-agent": "facebookexternalua",
        }
        async with self._turns.setdefault(app, asyncio.Lock()):
            for wait in _WAITS:
                if wait:
                    await self._network.clock.sleep(wait)
                try:
                    status = (await ask("POST", url, headers, body)).status
                except UnreachableError:
                    status = 0
                self.sent.append({"url": url, "status": status, "body": body.decode()})
                if status == _WELL:
                    return


def _event(network: Network, verb: str, post: Publication) -> dict[str, Any]:
    page = network.accounts[post.account]
    value = {
        "from": {"id": page.id, "name": page.name},
        "post_id": post.id,
        "created_time": int(post.at.timestamp()),
        "item": _ITEMS[post.kind],
        "published": 1,
        "verb": verb,
    }
    if post.text and verb != "remove":
        value["message"] = post.text
    if post.card and post.card.url:
        value["link"] = post.card.url
    changes = [{"field": "feed", "value": value}]
    return {
        "object": "page",
        "entry": [{"id": page.id, "time": int(network.clock.now().timestamp()), "changes": changes}],
    }
