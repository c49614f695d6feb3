"""What is done at LinkedIn itself, and how strict it is: below `/networks/linkedin`, none of it at the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from sandbox.linkedin.posts import write
from sandbox.people import ORGANIZATION
from sandbox.shown import publication_shown

if TYPE_CHECKING:
    from sandbox.world import World


class Written(BaseModel):
    """What somebody writes with their own hands: the company's page, unless said otherwise."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(min_length=1, max_length=3_000)]
    account: Annotated[str, Field(max_length=128)] = ORGANIZATION
    resharing: bool = Field(default=True, description="Whether others may share it on.")


class Limits(BaseModel):
    """How many requests a member has in a day; None for LinkedIn's own number."""

    model_config = ConfigDict(extra="forbid")

    per_day: Annotated[int, Field(ge=0)] | None = None


def linkedin_steering(world: World) -> APIRouter:
    """Return the addresses that steer LinkedIn alone."""
    network = world.networks["linkedin"]
    router = APIRouter()

    @router.post("/posts", status_code=201)
    async def publish(new: Written) -> dict[str, Any]:
        try:
            account = network.account_of(new.account)
        except KeyError:
            raise HTTPException(404, "LinkedIn has no account of that name here.") from None
        return publication_shown(network, write(network, account.id, new.text, resharing=new.resharing))

    @router.put("/limits", status_code=204)
    async def limit(limits: Limits) -> None:
        network.put("limits", limits.model_dump())

    return router
