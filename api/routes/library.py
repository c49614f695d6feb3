"""What mappings are made of: the library, the catalogue of kinds, and the schema of documents."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Path

from api.actions import kinds
from api.actions import library as actions
from api.deps import Caller, May, Role, TheFace
from api.shapes.library import CardShown, Catalogue, Library, NewIn, NewShown, ReadyShown
from mappings import library
from mappings.schema import mapping_schema

if TYPE_CHECKING:
    from mappings.catalogue import Card

router: Final = APIRouter(prefix="/workspaces/{workspace}", tags=["library"])

Viewer = Annotated[Caller, May("library:read", Role.VIEWER)]
ReadyName = Annotated[str, Path(max_length=200, description="A mapping of the library.", examples=["press-review"])]
KindName = Annotated[str, Path(max_length=200, description="A kind.", examples=["webhook"])]


@router.get("/library", summary="List ready-made mappings")
async def list_library(caller: Viewer) -> Library:
    """List the ready-made mappings, with the parameters that they ask for."""
    del caller
    found = await asyncio.to_thread(lambda: [actions.as_dict(library.find(name)) for name in library.NAMES])
    return Library.model_validate({"items": found})


@router.get("/library/{name}", summary="Show a ready-made mapping")
async def get_library_mapping(caller: Viewer, name: ReadyName) -> ReadyShown:
    """Show a ready-made mapping as it is."""
    del caller
    ready = await asyncio.to_thread(library.find, name)
    return ReadyShown.model_validate(actions.as_dict(ready) | {"text": ready.text})


@router.post("/library/{name}", summary="Make a document from a ready-made mapping")
async def make_from_library(face: TheFace, caller: Viewer, name: ReadyName, body: NewIn) -> NewShown:
    """Make a document of one's own, its tests included. It is not stored: `apply` does that."""
    del caller

    def made() -> NewShown:
        ready = library.find(name)
        values = actions.chosen(ready, body.parameters, None)
        return NewShown(mapping=name, parameters=values, text=actions.made(ready, values, face.registry))

    return await asyncio.to_thread(made)


@router.get("/catalogue", summary="List kinds of nodes and accounts")
async def list_kinds(face: TheFace, caller: Viewer) -> Catalogue:
    """List every kind of source, operator, sink and account, with the schema of its settings, limits and an example."""
    del caller
    return await asyncio.to_thread(lambda: _shown(kinds.cards(face.registry)))


@router.get("/catalogue/{kind}", summary="Show a kind")
async def get_kind(face: TheFace, caller: Viewer, kind: KindName) -> Catalogue:
    """Show the kinds of one name: it may be that of a source, of a sink and of accounts."""
    del caller
    return await asyncio.to_thread(lambda: _shown(kinds.cards(face.registry, kind)))


@router.get("/mapping-schema", summary="Give the schema of documents")
async def get_mapping_schema(face: TheFace, caller: Viewer) -> dict[str, Any]:
    """Give the JSON Schema of mappings: every kind that is installed, with its settings."""
    del caller
    return await asyncio.to_thread(mapping_schema, face.registry)


def _shown(cards: list[Card]) -> Catalogue:
    return Catalogue(items=[CardShown.model_validate(card.as_dict()) for card in cards])
