"""How tests, the demo and the page steer the networks: faults, who is signed in, deaths of tokens, a look at all.

Everything is JSON below `/networks`; none of it exists at the real networks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from sandbox.faults import NetworkFault
from sandbox.misbehaviour import played
from sandbox.oauth import Client
from sandbox.shown import account_shown, network_shown

if TYPE_CHECKING:
    from sandbox.network import Network
    from sandbox.world import World

Key = Annotated[str, Field(max_length=128)]


class SignedIn(BaseModel):
    """Who is signed in at a network, by a person's key or an account's id; "" for nobody."""

    model_config = ConfigDict(extra="forbid")

    person: Key = ""


class Death(BaseModel):
    """Whose tokens die, and of what (Facebook: `expired`, `password`, `removed`, `role`, `checkpoint`, `invalid`)."""

    model_config = ConfigDict(extra="forbid")

    account: Key
    reason: Key = "revoked"


def control_routes(world: World) -> APIRouter:
    """Return the addresses that steer every network alike."""
    router = APIRouter(prefix="/networks")

    @router.get("")
    async def listed(request: Request) -> list[dict[str, Any]]:
        return [network_shown(network, str(request.base_url)) for network in world.networks.values()]

    @router.get("/{name}")
    async def one(name: str, request: Request) -> dict[str, Any]:
        return network_shown(_known(world, name), str(request.base_url))

    @router.get("/{name}/accounts/{account}")
    async def timeline(name: str, account: str) -> dict[str, Any]:
        network = _known(world, name)
        return account_shown(network, network.accounts[_account(network, account)])

    @router.get("/{name}/pictures/{picture}")
    async def picture(name: str, picture: str, request: Request) -> Response:
        network = _known(world, name)
        found = network.pictures.get(picture)
        if found is None or not found.data:
            raise HTTPException(404, "There is no such picture.")

        async def do() -> Response:
            return Response(found.data, media_type=found.media, headers={"cache-control": "max-age=3600"})

        return await played(network, request, "picture", found.owner, do)

    _steering(router, world)
    return router


def _steering(router: APIRouter, world: World) -> None:
    @router.post("/{name}/faults", status_code=201)
    async def script(name: str, fault: NetworkFault) -> list[NetworkFault]:
        network = _known(world, name)
        if fault.account:
            fault = fault.model_copy(update={"account": _account(network, fault.account)})
        network.faults.scripted.append(fault)
        world.changed()
        return network.faults.scripted

    @router.delete("/{name}/faults", status_code=204)
    async def mend(name: str, account: str = "") -> None:
        network = _known(world, name)
        only = _account(network, account) if account else ""
        network.faults.scripted = [one for one in network.faults.scripted if only and one.account != only]
        world.changed()

    @router.put("/{name}/signed-in", status_code=204)
    async def sign_in(name: str, who: SignedIn) -> None:
        network = _known(world, name)
        network.signed_in = who.person and network.accounts[_account(network, who.person)].id

    @router.post("/{name}/deaths")
    async def kill(name: str, death: Death) -> dict[str, int]:
        network = _known(world, name)
        return {"died": network.authority.kill(_account(network, death.account), death.reason)}

    @router.put("/{name}/clients", status_code=204)
    async def register(name: str, client: Client) -> None:
        _known(world, name).authority.register(client)


def _known(world: World, name: str) -> Network:
    if name not in world.networks:
        raise HTTPException(404, f"There is no such network; there are {', '.join(world.networks)}.")
    return world.networks[name]


def _account(network: Network, key: str) -> str:
    try:
        return network.account_of(key).id
    except KeyError:
        raise HTTPException(404, f"{network.face.title} has no account of that name here.") from None
