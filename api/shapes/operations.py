"""Long work as the API shows it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.shapes.common import Id, Moment


class Operation(BaseModel):
    """Long work that a request began and did not wait for, or a post that is planned for many accounts (`fan_out`)."""

    model_config = ConfigDict(extra="forbid")

    id: Id
    kind: str = Field(description="What it is.", examples=["plan"])
    state: Literal["running", "done", "failed", "cancelled", "interrupted"] = Field(
        description="`interrupted` is work whose process ended before it did; begin it again. A `fan_out` "
        "goes on by itself."
    )
    done: int = Field(description="How much is done.", examples=[120])
    total: int | None = Field(description="How much there is, null where that cannot be known.", examples=[500])
    sentence: str = Field(description="How far it is, in words.", examples=["Replayed 120 of 500 posts."])
    by: str = Field(description="Who began it.", examples=["Léa"])
    started_at: Moment
    ended_at: Moment | None
    result: dict[str, Any] | None = Field(description="What came of it, once it is done.")
    error: dict[str, Any] | None = Field(description="Why it failed: `kind` and `detail`, a sentence.")
