"""What is done at X itself, and how strict it is: below `/networks/x`, none of it at the real one."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from sandbox.people import COMPANY_ON_X
from sandbox.shown import publication_shown
from sandbox.x.bill import Bill
from sandbox.x.media import PROCESSING
from sandbox.x.posts import write

if TYPE_CHECKING:
    from sandbox.world import World

_MILLS = 1_000


class Written(BaseModel):
    """What somebody writes with their own hands: the company's account, unless said otherwise."""

    model_config = ConfigDict(extra="forbid")

    text: Annotated[str, Field(min_length=1, max_length=25_000)]
    account: Annotated[str, Field(max_length=128)] = COMPANY_ON_X


class Credits(BaseModel):
    """How many dollars the developer account may spend in all; None for any sum."""

    model_config = ConfigDict(extra="forbid")

    dollars: Annotated[Decimal, Field(ge=0, decimal_places=3)] | None = None


class Processing(BaseModel):
    """How often X says of each new photo that it is not done with it, and whether it `fits` in the end."""

    model_config = ConfigDict(extra="forbid")

    takes: Annotated[int, Field(ge=0, le=1_000)] = 0
    fits: bool = True


def x_steering(world: World) -> APIRouter:
    """Return the addresses that steer X alone."""
    network = world.networks["x"]
    router = APIRouter()

    @router.post("/posts", status_code=201)
    async def publish(new: Written) -> dict[str, Any]:
        return publication_shown(network, write(network, account(new.account), new.text))

    @router.get("/bill")
    async def look() -> dict[str, Any]:
        bill: dict[str, Any] = network.facts.get("bill", {"spent": "$0.000", "limit": None, "lines": []})
        return bill

    @router.put("/credits", status_code=204)
    async def allow(most: Credits) -> None:
        Bill(network).allow(None if most.dollars is None else int(most.dollars * _MILLS))

    @router.put("/windows", status_code=204)
    async def open_for(calls: dict[str, Annotated[int, Field(ge=0)]]) -> None:
        network.put("windows", calls)

    @router.put("/processing", status_code=204)
    async def process(how: Processing) -> None:
        network.put(PROCESSING, how.model_dump())

    @router.put("/subscribers", status_code=204)
    async def subscribe(keys: list[str]) -> None:
        network.put("subscribers", [account(key) for key in keys])

    def account(key: str) -> str:
        try:
            return network.account_of(key).id
        except KeyError:
            raise HTTPException(404, "X has no account of that name here.") from None

    return router
