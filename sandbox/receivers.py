"""Receivers of webhooks: each stands for an account, keeps what arrived, and misbehaves as its faults say."""

from __future__ import annotations

from collections import Counter, deque
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError, WebhookVerificationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sandbox.faults import Fault


class Mode(StrEnum):
    """What a receiver does with a `webhook-id` that it has seen, and whether it tells what it has."""

    DEDUPE = "dedupe"
    READBACK = "readback"
    PLAIN = "plain"


def _usable(secret: str) -> str:
    try:
        Webhook(secret)
    except (ValueError, EmptyWebhookSecretError) as error:
        raise ValueError("A signing secret is whsec_ and base64.") from error
    return secret


class Settings(BaseModel):
    """How a receiver presents itself and behaves; with a `secret`, what is not signed with it is refused."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(max_length=100)] = ""
    network: Annotated[str, Field(max_length=40)] = ""
    mode: Mode = Mode.DEDUPE
    secret: Annotated[str, AfterValidator(_usable)] | None = Field(default=None, repr=False)


class Message(BaseModel):
    """What a reader of the account would see: one publication."""

    model_config = ConfigDict(frozen=True)

    id: str
    at: str
    content: dict[str, Any]
    signed: bool = False


class Receiver:
    """One account: its settings, what was published, what was repeated or refused, and the faults to come."""

    def __init__(self, name: str, settings: Settings) -> None:
        self.name = name
        self.settings = settings
        self.messages: list[Message] = []
        self.times: Counter[str] = Counter()
        self.repeats = 0
        self.refused = 0
        self.faults: deque[Fault] = deque()

    def verifies(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Tell whether a message may be believed: signed with the secret, and not older than five minutes."""
        if self.settings.secret is None:
            return True
        try:
            Webhook(self.settings.secret).verify(body, dict(headers), json_parse=False)
        except (WebhookVerificationError, ValueError):
            self.refused += 1
            return False
        return True

    def accept(self, key: str, content: dict[str, Any], now: datetime) -> Message | None:
        """Publish a message; None when this receiver honours the id and has seen it."""
        if self.settings.mode is Mode.DEDUPE and key in self.times:
            self.repeats += 1
            return None
        message = Message(id=key, at=now.isoformat(), content=content, signed=self.settings.secret is not None)
        self.keep(message)
        return message

    def keep(self, message: Message) -> None:
        """Take a message as it is."""
        self.messages.append(message)
        self.times[message.id] += 1

    def next_fault(self) -> Fault | None:
        """Return the fault of this request, and count it."""
        if not self.faults:
            return None
        fault = self.faults[0]
        if fault.times is None:
            return fault
        self.faults.popleft()
        if fault.times > 1:
            self.faults.appendleft(fault.model_copy(update={"times": fault.times - 1}))
        return fault
