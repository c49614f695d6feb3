"""Accounts, apps and secrets, as they are sent and shown; what is secret is only ever sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, StringConstraints

from api.shapes.common import Id, Name, Told

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.store.accounts import AccountRow

Kind = Annotated[str, StringConstraints(max_length=64), Field(examples=["webhook"])]
SecretName = Annotated[str, StringConstraints(max_length=64), Field(examples=["hooks"])]
Value = Annotated[SecretStr, Field(max_length=20_000)]
Secrets = Annotated[
    dict[SecretName, Value],
    Field(max_length=20, description="Kept sealed, and never shown.", examples=[{"signing": "whsec_…"}]),
]
Settings = Annotated[
    dict[str, Any], Field(max_length=50, examples=[{"url": "https://hooks.example.org/in"}], description="Of its kind.")
]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AccountIn(_In):
    """An account to add."""

    kind: Kind = Field(description="What it is an account of; the catalogue has the kinds.")
    name: Name = Field(examples=["acme-hook"])
    settings: Settings = {}
    secrets: Secrets = {}
    person: Id | None = Field(default=None, description="Whose it is; without it, it is the company's own.")


class AccountChangeIn(_In):
    """What changes of an account; what is not named stays."""

    settings: Settings


class ReconnectIn(_In):
    """A lost account is used again."""

    secrets: Secrets = {}


class AccountShown(BaseModel):
    """An account."""

    id: Id
    name: str = Field(examples=["acme-hook"])
    platform: str = Field(examples=["webhook"])
    person_id: Id | None = Field(description="Whose it is; null for the company's own.")
    state: str = Field(description="`live` or `lost`.", examples=["live"])
    note: str = Field(description="Why it is lost.")
    implicit: bool = Field(description="Whether it stands for a sink with an address of its own.")
    calls: bool | None = Field(description="Whether its platform calls when there is news; null where none does.")
    remote_id: str | None = Field(description="Who it is on its platform.")
    created_at: Told


class AccountFull(AccountShown):
    """An account with its settings."""

    settings: dict[str, Any] | None = Field(description="For owners; null for others.")


class HealthShown(BaseModel):
    """Whether an account can be used."""

    state: str = Field(examples=["live"])
    note: str
    expires_at: Told | None = Field(description="When the right to use it ends, where that is known.")
    paused: list[str] = Field(description="What is paused over it.")


class Reconnected(BaseModel):
    """What goes on."""

    deliveries: int = Field(description="How many deliveries go on that were blocked.")


class SecretIn(_In):
    """What a secret says."""

    value: Value = Field(min_length=1, examples=["correct horse battery staple"])


class SecretShown(BaseModel):
    """A secret, by its name."""

    name: str = Field(examples=["hooks"])
    updated_at: Told


class SecretList(BaseModel):
    """The secrets, by name."""

    items: list[SecretShown]


class AppIn(_In):
    """Who we are on a platform; what is not named stays, and an empty setting is its default again."""

    settings: Settings = {}
    secrets: Secrets = {}


class AppShown(BaseModel):
    """The app of a platform."""

    platform: str = Field(examples=["linkedin_member"])
    title: str
    set: bool
    settings: dict[str, Any]
    secrets: bool = Field(description="Whether its secrets are set; they are never shown.")
    updated_at: Told | None


class AppList(BaseModel):
    """The platforms that need an app."""

    items: list[AppShown]


def account(row: AccountRow, calls: bool | None) -> AccountShown:  # noqa: FBT001  # a column of the row
    """Return an account as shown."""
    return AccountShown(
        id=row.id, name=row.name, platform=row.platform, person_id=row.person_id, state=row.state, note=row.note,
        implicit=row.implicit, calls=calls, remote_id=row.remote_id, created_at=row.created_at,
    )  # fmt: skip


def revealed(secrets: Mapping[str, SecretStr]) -> dict[str, str]:
    """Return secrets as they are to be sealed."""
    return {name: value.get_secret_value() for name, value in secrets.items()}
