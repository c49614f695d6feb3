"""Documents that are not stored, posts as fixtures, and what findings mean, as they are sent and shown."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class DrawIn(BaseModel):
    """A document to draw."""

    model_config = ConfigDict(extra="forbid")

    document: dict[str, Any] | str = Field(description="As JSON, or as a text of YAML.")
    parameters: dict[str, str] = Field(default_factory=dict, max_length=500, description="What `${NAME}` stands for.")


class DiffIn(BaseModel):
    """Two documents to compare, each as JSON or as a text of YAML."""

    model_config = ConfigDict(extra="forbid")

    old: dict[str, Any] | str
    new: dict[str, Any] | str


class Fixture(BaseModel):
    """A stored post as a test gives it."""

    name: str = Field(description="Made of its first words.", examples=["we-are-hiring"])
    post: dict[str, Any] = Field(examples=[{"text": "We are hiring"}])
    text: str = Field(description="The file of fixtures that has this post alone, as YAML.")


class FindingCode(BaseModel):
    """A kind of finding."""

    code: str = Field(examples=["CH102"])
    title: str
    severity: Literal["error", "warning"]


class FindingCodes(BaseModel):
    """Every kind of finding."""

    items: list[FindingCode]


class FindingPage(FindingCode):
    """What findings of a code mean."""

    explanation: str
    remedy: str = Field(description="What to do.")
    page: str = Field(description="All of it with examples, as Markdown.")
