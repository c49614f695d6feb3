"""The library of mappings and the catalogue of kinds, as they are shown."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.shapes.mappings import Values


class ReadyShown(BaseModel):
    """A ready-made mapping; `text` is null in lists."""

    name: str = Field(examples=["press-review"])
    summary: str = Field(description="For whom it is.")
    told: dict[str, str] = Field(description="What it says of itself, by heading.")
    parameters: list[dict[str, Any]] = Field(
        description="`name`, `title`, `description`, `kind`, `default`, `example`."
    )
    text: str | None = Field(default=None, description="As YAML.")


class Library(BaseModel):
    """The ready-made mappings."""

    items: list[ReadyShown]


class NewIn(BaseModel):
    """What the parameters of a ready-made mapping stand for; those with a default may be left out."""

    model_config = ConfigDict(extra="forbid")

    parameters: Values = Field(default_factory=dict, max_length=500, examples=[{"COMPANY": "Acme"}])


class NewShown(BaseModel):
    """A mapping made from a ready-made one; it is not stored."""

    mapping: str = Field(examples=["press-review"])
    parameters: dict[str, str]
    text: str = Field(description="As YAML.")


class CardShown(BaseModel):
    """A kind of node or account."""

    kind: str = Field(examples=["webhook"])
    role: str = Field(description="source, operator, sink or account.", examples=["sink"])
    title: str
    summary: str
    description: str
    icon: str
    account_kind: str | None = Field(description="The platform of the accounts that it takes.")
    settings: dict[str, Any] = Field(description="The JSON Schema of its settings.")
    common: list[str] = Field(description="What every node of its role also knows.")
    example: dict[str, Any]
    limits: dict[str, Any]


class Catalogue(BaseModel):
    """Kinds of nodes and accounts."""

    items: list[CardShown]
