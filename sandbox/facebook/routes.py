"""Facebook's addresses: the consent dialog, pages to look at, and everything of the Graph API."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, Response

from sandbox.consent import consent_routes
from sandbox.facebook.call import Graph
from sandbox.facebook.composing import composing_routes
from sandbox.facebook.errors import envelope
from sandbox.facebook.graph import answer
from sandbox.facebook.usage import Usage
from sandbox.facebook.webhooks import Webhooks
from sandbox.site import POLICY

if TYPE_CHECKING:
    from sandbox.network import Publication
    from sandbox.world import World


def graph_of(world: World) -> Graph:
    """Return what answers at Facebook, the same for whoever asks."""
    network = world.networks["facebook"]
    if "graph" not in network.parts:
        network.error = envelope
        network.authority.prefix = "EAAb"
        network.parts["graph"] = Graph(network, Usage(), Webhooks(network))
    graph: Graph = network.parts["graph"]
    return graph


def steering_routes(world: World) -> APIRouter:
    """Return the addresses that steer Facebook alone."""
    graph = graph_of(world)
    return composing_routes(graph.network, graph.usage, graph.webhooks)


def facebook_routes(world: World) -> APIRouter:
    """Return what Facebook speaks."""
    graph = graph_of(world)
    network = graph.network
    router = APIRouter()
    router.include_router(consent_routes(network, "/dialog/oauth"))
    router.include_router(consent_routes(network, "/{version}/dialog/oauth"))

    @router.get("/{page}/posts/{post}", response_class=HTMLResponse)
    async def look(page: str, post: str, request: Request) -> Response:
        found = network.publications.get(f"{page}_{post}")
        if page.startswith("v") or found is None:
            return await answer(graph, request, f"{page}/posts/{post}")
        if found.deleted or found.hidden:
            raise HTTPException(404, "This content isn't available right now.")
        return HTMLResponse(_page(network.accounts[page].name, found), headers={"content-security-policy": POLICY})

    @router.api_route("/{path:path}", methods=["GET", "POST", "DELETE"])
    async def call(path: str, request: Request) -> Response:
        return await answer(graph, request, path)

    return router


def _page(name: str, post: Publication) -> str:
    """Return a post's own page, with the card that links to it would show."""
    pictures = "".join(
        f'<meta property="og:image" content="/networks/facebook/pictures/{one}">'
        f'<p><img src="/networks/facebook/pictures/{one}" style="max-width:100%"></p>'
        for one in post.pictures
    )
    text = escape(post.text)
    return (
        f'<!doctype html><meta charset="utf-8"><title>{escape(name)}</title><meta property="og:title" content='
        f'"{escape(name)}"><meta property="og:description" content="{text}"><h1>{escape(name)}</h1>'
        f'<p style="white-space:pre-wrap">{text}</p>{pictures}'
    )
