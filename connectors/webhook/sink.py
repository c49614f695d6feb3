"""The webhook sink."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal, Self
from urllib.parse import quote

from pydantic import Field, HttpUrl, StringConstraints, model_validator

from connectors.webhook.limits import LIMITS
from connectors.webhook.wire import body_of, headers_of
from engine.contract.node import NodeConfig
from engine.contract.secret import SecretRef, secret_name
from engine.contract.sink import Receipt, Sink
from engine.errors import AccountLostError, ChappeError, DoubtfulError, TransientError
from engine.model.delivery import Doubt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.contract.account import Account
    from engine.contract.context import Attempt, SendContext
    from engine.model.post import Content

_LOST: Final = {
    401: "The receiver answered 401: it does not accept our signature. Compare the signing secrets, then reconnect it.",
    403: "The receiver answered 403: it does not let us in. Ask who runs it, then reconnect it.",
    410: "The receiver answered 410 Gone: it asks never to be called again. Reconnect it only if that was a mistake.",
}
_ANSWERS: Final = frozenset(range(300, 500)) - {408, 429}
_ABSENT: Final = 404


class Config(NodeConfig):
    """Where the messages go, and what the receiver promises."""

    url: HttpUrl | None = Field(
        default=None,
        title="URL",
        description="Receives one POST for each post; leave it out to publish to `accounts:` of the kind webhook.",
    )
    secret: SecretRef | None = Field(
        default=None,
        title="Signing secret",
        description="secret://NAME: signs what goes to `url`, so that the receiver knows it comes from you.",
    )
    receiver: Literal["plain", "deduplicates"] = Field(
        default="plain",
        title="Receiver",
        description="`deduplicates` is a promise: a message whose webhook-id it has seen changes nothing there.",
    )
    read_back: Annotated[str, StringConstraints(pattern=r"^https?://\S*\{id\}\S*$")] | None = Field(
        default=None,
        title="Read-back URL",
        description="With {id} for the webhook-id: GET answers 2xx when that message has arrived, 404 when it has not.",
    )

    @model_validator(mode="after")
    def _secret_has_its_url(self) -> Self:
        if self.secret and not self.url:
            raise ValueError("`secret` signs what goes to `url`, which is missing; accounts have their own secrets.")
        return self


class Webhook(Sink[Config]):
    """Send each post as a signed JSON message to a URL of yours.

    It follows Standard Webhooks 1.0.0, for which most languages have a library. Answer any 2xx to accept the post.
    When no answer comes, a receiver that deduplicates is sent the same message with the same `webhook-id` again, one
    with a read-back URL is asked first, and for any other a person decides: so no post arrives twice.
    """

    kind = "webhook"
    title = "Webhook"
    icon = "webhook"
    account_kind = "webhook"
    limits = LIMITS
    example: ClassVar = {"url": "https://hooks.example.org/in", "secret": "secret://hooks", "receiver": "deduplicates"}

    @property
    def doubt(self) -> Doubt:
        """Return how doubt is settled: by the receiver's promise, by reading back, or by a person."""
        if self.config.receiver == "deduplicates":
            return Doubt.IDEMPOTENT
        return Doubt.FINDABLE if self.config.read_back else Doubt.ASK

    @property
    def own_address(self) -> str | None:
        """Return the URL of the settings."""
        return str(self.config.url) if self.config.url else None

    def secrets(self) -> Mapping[str, str]:
        """Return the secret that signs for the own address."""
        return {"signing": secret_name(self.config.secret)} if self.config.secret else {}

    def wire(self, content: Content, account: Account, attempt: Attempt, prepared: Mapping[str, str]) -> bytes:
        """Return the message."""
        del account, prepared
        return body_of(content, attempt.frozen_at)

    async def commit(self, body: bytes, ctx: SendContext) -> Receipt:
        """Post the message, signed for this try."""
        key, secrets = ctx.attempt.key, ctx.account.secrets
        signing = [secrets[name] for name in ("signing", "signing_next") if name in secrets]
        headers = headers_of(body, key=key, now=ctx.now, secrets=signing)
        await ctx.http.publish("POST", self._url(ctx.account), headers=headers, content=body)
        return Receipt(remote_id=key)

    async def find(self, content: Content, ctx: SendContext) -> Receipt | None:
        """Ask the read-back URL."""
        if self.config.read_back is None:
            return await super().find(content, ctx)
        key = ctx.attempt.key
        if not key:
            raise DoubtfulError("It would bear another webhook-id, of before the restore, by which nobody can ask.")
        url = self.config.read_back.replace("{id}", quote(key, safe=""))
        answer = await ctx.http.fetch("GET", url, accept=_ANSWERS)
        if answer.status == _ABSENT:
            return None
        if answer.status in _ANSWERS:
            raise DoubtfulError(f"The read-back URL answered {answer.status}, which does not tell whether it arrived.")
        return Receipt(remote_id=key)

    def classify(self, status: int, headers: Any, body: bytes) -> ChappeError | None:
        """Say what an answer means: by the status, and by Standard Webhooks for 404 and 410."""
        if status in _LOST:
            return AccountLostError(_LOST[status])
        if status == _ABSENT:
            return TransientError(
                "The receiver answered 404: nothing is at its URL, as happens while it is installed anew."
            )
        return super().classify(status, headers, body)

    def _url(self, account: Account) -> str:
        url = self.own_address or account.settings.get("url")
        if not url:
            raise AccountLostError(f"The webhook account {account.name} has no URL: give it one, then reconnect it.")
        return str(url)
