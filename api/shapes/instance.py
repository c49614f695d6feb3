"""The instance's settings and a mail to try, as they are sent and shown."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from api.shapes.common import Id, Moment
from api.shapes.session import Email


class SettingShown(BaseModel):
    """A setting."""

    model_config = ConfigDict(from_attributes=True)

    name: str = Field(examples=["CHAPPE_PORT"])
    value: str = Field(examples=["8080"], description="Passwords are masked; empty where nothing is set.")
    source: str = Field(examples=["default"], description="`environment`, `file` or `default`.")
    description: str = Field(examples=["Their port; 0 takes any that is free."])


class SettingsShown(BaseModel):
    """Every setting."""

    items: list[SettingShown]


class MailTestIn(BaseModel):
    """Whom to write to."""

    model_config = ConfigDict(extra="forbid")

    address: Email


class MailTested(BaseModel):
    """What came of it: taken by a server is not yet delivered."""

    address: str = Field(examples=["lea@acme.example"])
    server: str = Field(examples=["mail.acme.example:587"])
    answer: str = Field(examples=["250 2.0.0 Ok: queued"])


class MailShown(BaseModel):
    """A mail: to whom, and what became of it; never what it says."""

    model_config = ConfigDict(from_attributes=True)

    id: Id
    kind: str = Field(examples=["tell"])
    address: str = Field(examples=["lea@acme.example"])
    state: str = Field(description="`waiting`, `sent`, `refused` or `given_up`.", examples=["sent"])
    tries: int = Field(examples=[1])
    note: str = Field(description="What the server answered, or why it was given up.")
    created_at: Moment
    due_at: Moment
    sent_at: Moment | None
