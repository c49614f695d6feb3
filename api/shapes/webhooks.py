"""Webhooks as the API takes and shows them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, HttpUrl

from api.actions.webhooks import USUAL
from api.shapes.common import Id, Moment, Name
from engine.model.event import KINDS

EventKind = Annotated[str, Field(json_schema_extra={"enum": list(KINDS)}, examples=["delivery.sent"])]


class NewWebhook(BaseModel):
    """An address to be called with what happens."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(description="What it is called here.", examples=["crm"])
    url: HttpUrl = Field(description="Receives one POST for each event.", examples=["https://hooks.example.org/chappe"])
    kinds: list[EventKind] = Field(
        default_factory=lambda: list(USUAL), min_length=1, max_length=100, description="Which events it is called with."
    )


class WebhookChange(BaseModel):
    """What is to be different; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    url: HttpUrl | None = Field(default=None, description="The new address.", examples=["https://hooks.example.org/2"])
    kinds: list[EventKind] | None = Field(default=None, min_length=1, max_length=100)
    state: Literal["live", "disabled"] | None = Field(default=None, description="`live` enables it again.")


class Webhook(BaseModel):
    """An address that is called with what happens."""

    model_config = ConfigDict(extra="forbid")

    id: Id
    name: Name
    url: str = Field(description="What is called.", examples=["https://hooks.example.org/chappe"])
    kinds: list[EventKind]
    state: Literal["live", "disabled"]
    note: str = Field(description="Why it is disabled.", examples=[""])
    failing_since: Moment | None = Field(description="Since when it has taken nothing; after 3 days it is disabled.")
    rotating_until: Moment | None = Field(description="Until when the former secret signs too.")
    created_at: Moment


class WebhookWithSecret(Webhook):
    """A webhook and its new signing secret, which is never shown again."""

    secret: str = Field(description="Checks the signatures.", examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class WebhookCall(BaseModel):
    """One message of a webhook."""

    model_config = ConfigDict(extra="forbid")

    id: Id = Field(description="Its `webhook-id`, the same at every try.")
    kind: str = Field(description="What it tells.", examples=["delivery.sent"])
    event_id: Id
    state: Literal["waiting", "delivered", "failed"]
    tries: int
    status: int | None = Field(description="What was answered last; null without an answer.")
    note: str = Field(description="Why the last try failed.", examples=["The receiver answered 503."])
    next_at: Moment | None = Field(description="When it is tried again.")
    created_at: Moment
    ended_at: Moment | None
    body: str = Field(description="What is sent.")
