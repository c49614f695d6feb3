"""A hub as the WebSub recommendation describes it: it takes wishes, asks back who meant them, and distributes."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from engine.testing.loopback import Answer

if TYPE_CHECKING:
    import httpx

    from engine.testing.loopback import Received

CHALLENGE = "7a3f0c"


@dataclass
class Hub:
    """`respond` answers the wishes of subscribers, who are then called by `client`."""

    client: httpx.AsyncClient
    status: int = 202
    wishes: list[dict[str, str]] = field(default_factory=list)
    subscribers: dict[str, dict[str, str]] = field(default_factory=dict)

    def respond(self, request: Received) -> Answer:
        """Take a wish (section 5.1): form-encoded, with a callback, a mode and a topic."""
        wish = dict(parse_qsl(request.body.decode(), strict_parsing=True))
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        assert wish["hub.mode"] in {"subscribe", "unsubscribe"}
        assert wish["hub.callback"]
        assert wish["hub.topic"]
        assert len(wish.get("hub.secret", "").encode()) < 200
        self.wishes.append(wish)
        return Answer(self.status)

    async def verify(self, wish: dict[str, str], *, lease: int = 86_400) -> int:
        """Ask the subscriber whether a wish is theirs (section 5.3), and do it if they say so; returns the status."""
        query = {"hub.mode": wish["hub.mode"], "hub.topic": wish["hub.topic"], "hub.challenge": CHALLENGE}
        if wish["hub.mode"] == "subscribe":
            query["hub.lease_seconds"] = str(lease)
        answer = await self.client.get(wish["hub.callback"], params=query)
        if answer.is_success and answer.text == CHALLENGE:
            if wish["hub.mode"] == "subscribe":
                self.subscribers[wish["hub.callback"]] = wish
            else:
                del self.subscribers[wish["hub.callback"]]
        return answer.status_code

    async def deny(self, wish: dict[str, str]) -> int:
        """Tell the subscriber that a wish is refused (section 5.2)."""
        query = {"hub.mode": "denied", "hub.topic": wish["hub.topic"], "hub.reason": "Not here."}
        return (await self.client.get(wish["hub.callback"], params=query)).status_code

    async def distribute(self, body: bytes, *, method: str = "sha256", secret: str | None = None) -> list[int]:
        """Post what is new to every subscriber, signed with each one's secret (section 7), or with another."""
        statuses = []
        for callback, wish in self.subscribers.items():
            key = (wish["hub.secret"] if secret is None else secret).encode()
            signature = f"{method}={hmac.new(key, body, method).hexdigest()}"
            headers = {"x-hub-signature": signature, "link": f'<{wish["hub.topic"]}>; rel="self"'}
            statuses.append((await self.client.post(callback, content=body, headers=headers)).status_code)
        return statuses
