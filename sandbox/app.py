"""The sandbox as one application: feeds, receivers, and the page to watch them."""

from __future__ import annotations

import hashlib
import json
from email.utils import format_datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, FastAPI, HTTPException, Path, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.requests import ClientDisconnect

from sandbox.control import control_routes
from sandbox.faults import Fault
from sandbox.feeds import Entry, NewEntry
from sandbox.formats import TYPES, render
from sandbox.misbehaviour import answer_of
from sandbox.pictures import picture
from sandbox.platforms import ROUTERS, STEERING
from sandbox.receivers import Mode, Settings
from sandbox.site import POLICY, entry_page, front_page
from sandbox.watch import account, everything

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.feeds import Feed
    from sandbox.receivers import Receiver
    from sandbox.world import World

Name = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]


def _part(name: str) -> str:
    return files("sandbox").joinpath(name).read_text(encoding="utf-8")


_HOME: Final = _part("home.html").replace("/* style */", _part("home.css")).replace("/* script */", _part("home.js"))
_HOME_POLICY: Final = f"{POLICY}; script-src 'unsafe-inline'; connect-src 'self'"
_GONE: Final = 499


def make_app(world: World, *parts: str) -> FastAPI:
    """Return the application over a world: all of it, or these parts of it, since each takes its time to make.

    The parts are `home`, `feeds`, `receivers`, each network by its name, and `networks` for what steers them alike.
    """
    app = FastAPI(title="Chappe sandbox", docs_url=None, redoc_url=None)
    for part, routers in _PARTS.items():
        for prefix, routes in routers.items() if part in (parts or _PARTS) else ():
            app.include_router(routes(world), prefix=prefix)
    return app


def _home(world: World) -> APIRouter:
    router = APIRouter()

    @router.get("/", response_class=HTMLResponse)
    async def home() -> HTMLResponse:
        return HTMLResponse(_HOME, headers={"content-security-policy": _HOME_POLICY})

    @router.get("/everything.json")
    async def watch(request: Request) -> Response:
        tag = f'"{world.version}"'
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"etag": tag})
        return JSONResponse(everything(world), headers={"etag": tag, "cache-control": "no-cache"})

    return router


def _feeds(world: World) -> APIRouter:
    router = APIRouter(prefix="/feeds/{name}")

    @router.post("/entries", status_code=201)
    async def publish(name: Name, new: NewEntry) -> Entry:
        return world.publish(name, new)

    @router.get("/", response_class=HTMLResponse)
    async def front(name: Name) -> HTMLResponse:
        return HTMLResponse(front_page(world.feed(name)), headers={"content-security-policy": POLICY})

    @router.get("/media/{picture_name}.png")
    async def media(name: Name, picture_name: Name) -> Response:
        return Response(picture(f"{name}/{picture_name}"), media_type="image/png")

    @router.get("/{path:path}")
    async def document(name: Name, path: str, request: Request) -> Response:
        feed = world.feed(name)
        if path in TYPES:
            return _conditional(request, feed, path)
        entry = feed.at_link(path)
        if entry is None:
            raise HTTPException(404, "There is no such page.")
        return HTMLResponse(entry_page(feed, entry), headers={"content-security-policy": POLICY})

    return router


def _conditional(request: Request, feed: Feed, form: str) -> Response:
    """Return a feed, or 304 where the reader has it already."""
    body = render(feed, form, str(request.base_url.replace(path=f"/feeds/{feed.name}/")))
    headers = {"etag": f'"{hashlib.sha256(body).hexdigest()[:32]}"', "cache-control": "max-age=0"}
    if changed := [entry.changed_at for entry in feed.newest()]:
        headers["last-modified"] = format_datetime(max(changed), usegmt=True)
    given = request.headers
    known = headers["etag"] in given["if-none-match"] if "if-none-match" in given else None
    if known or (known is None and given.get("if-modified-since", "") == headers.get("last-modified")):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=TYPES[form], headers=headers)


def _receivers(world: World) -> APIRouter:
    router = APIRouter(prefix="/receivers")

    @router.get("")
    async def listed() -> list[dict[str, Any]]:
        return [account(receiver) for receiver in world.receivers.values()]

    @router.put("/{name}")
    async def configure(name: Name, settings: Settings) -> dict[str, Any]:
        return account(world.configure(name, settings))

    @router.get("/{name}")
    async def one(name: Name) -> dict[str, Any]:
        return account(_known(world, name))

    @router.post("/{name}")
    async def receive(name: Name, request: Request) -> Response:
        return await _receive(world, world.receiver(name), request)

    @router.get("/{name}/messages/{key}")
    async def look(name: Name, key: str) -> dict[str, Any]:
        receiver = _known(world, name)
        if receiver.settings.mode is not Mode.READBACK:
            raise HTTPException(501, "This receiver does not tell what it has.")
        if key not in receiver.times:
            raise HTTPException(404, "No such message has arrived.")
        return {"id": key, "times": receiver.times[key]}

    @router.post("/{name}/faults", status_code=201)
    async def script(name: Name, fault: Fault) -> list[Fault]:
        receiver = world.receiver(name)
        receiver.faults.append(fault)
        world.changed()
        return list(receiver.faults)

    @router.delete("/{name}/faults", status_code=204)
    async def mend(name: Name) -> None:
        _known(world, name).faults.clear()
        world.changed()

    return router


def _known(world: World, name: str) -> Receiver:
    if name not in world.receivers:
        raise HTTPException(404, "No such receiver has been used or configured.")
    return world.receivers[name]


async def _receive(world: World, receiver: Receiver, request: Request) -> Response:
    """Take a message once its whole body has arrived, and answer well or as the next fault says."""
    try:
        body = await request.body()
    except ClientDisconnect:
        return Response(status_code=_GONE)
    if not receiver.verifies(body, request.headers):
        world.changed()
        return JSONResponse({"error": "The signature does not fit, or is too old."}, 401)
    fault = receiver.next_fault()
    if fault is not None and fault.delay:
        await world.clock.sleep(fault.delay)
    key = request.headers.get("webhook-id") or f"unnamed-{hashlib.sha256(body).hexdigest()[:32]}"
    published = False
    if fault is None or fault.commit:
        published = world.accept(receiver, key, _content(body))
    world.changed()
    well = JSONResponse({"id": key, "published": published})
    return well if fault is None else answer_of(fault, request, well)


def _content(body: bytes) -> dict[str, Any]:
    """Return what a message says: its `data`, or whatever it is."""
    try:
        message = json.loads(body)
    except ValueError:
        return {"text": body.decode(errors="replace")}
    content = message.get("data", message) if isinstance(message, dict) else message
    return content if isinstance(content, dict) else {"text": str(content)}


_PARTS: Final[dict[str, dict[str, Callable[[World], APIRouter]]]] = {
    "home": {"": _home},
    "feeds": {"": _feeds},
    "receivers": {"": _receivers},
    **{name: {f"/{name}": ROUTERS[name], f"/networks/{name}": STEERING[name]} for name in ROUTERS},
    "networks": {"": control_routes},  # after what each network has of its own
}
