"""The company's apps and everybody's accounts: registered and connected at the sandbox as at the real networks."""

from __future__ import annotations

import asyncio
import json
import secrets
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from api.actions import apps, connecting
from api.actions.loopback import listening
from engine.errors import ChappeError

if TYPE_CHECKING:
    from api.actions.connecting import Begun, Desk
    from engine.contract.oauth import OAuthKind
    from engine.contract.registry import Registry
    from engine.store.accounts import AccountRow

AGREE_WITHIN: Final = 30.0
SWITCH: Final = "a rehearsal at the sandbox: LinkedIn itself was not asked"
"""The operator's word that lets posts go out on LinkedIn without each member's yes to each."""
_JSON: Final = {"content-type": "application/json"}


async def register_app(desk: Desk, registry: Registry, platform: str, sandbox: str) -> None:
    """Register an app at a network of the sandbox, and set it here."""
    kind, secret = connecting.kind_of(registry, platform), secrets.token_urlsafe(24)
    client = {"id": f"chappe-demo-{platform}", "name": "Chappe at Acme", "secret": secret}
    url, body = f"{sandbox}networks/{platform}/clients", json.dumps(client).encode()
    answer = await desk.http.fetch("PUT", url, headers=_JSON, content=body)
    if answer.status >= 300:  # noqa: PLR2004  # RFC 9110: not successful
        message = f"The sandbox did not register the app: it answered {answer.status}."
        raise ChappeError(message)
    settings = {"client_id": client["id"]} | _places(kind, f"{sandbox}{platform}")
    if platform == "linkedin":
        settings["member_posts_permission"] = SWITCH
    await apps.change(
        desk.store, lambda: desk.vault, desk.workspace, type(kind),
        settings=settings, secrets={"client_secret": secret}, now=desk.clock.now(),
    )  # fmt: skip


async def connect(desk: Desk, kind: OAuthKind, name: str, *, signed_in: str, person_id: str | None) -> AccountRow:
    """Connect an account by the authorization-code flow; whoever is signed in says yes at once.

    `signed_in` is a person's key in the sandbox; the browser is one request, which follows the redirects back to us.
    """
    tries: list[Begun] = []
    path = f"/callback/{kind.kind}"
    async with listening(path, 0, lambda address: connecting.read_redirect(tries[0], address)) as loopback:
        tries.append(await connecting.begin(desk, kind, port=loopback.port, person_id=person_id, account=None))
        await desk.http.fetch("GET", f"{tries[0].address}&as={signed_in}&auto=1")
        try:
            async with asyncio.timeout(AGREE_WITHIN):
                code = await loopback.answer()
        except TimeoutError:
            message = f"The sandbox did not send the browser back from {kind.title}."
            raise ChappeError(message) from None
    [found] = await connecting.finish(desk, tries[0], code)
    return await connecting.keep(desk, tries[0], found, name=name, person_id=person_id)


def _places(kind: OAuthKind, base: str) -> dict[str, str]:
    """Return where a network of the sandbox answers: at the paths of the real one."""
    fields = kind.AppSettings.model_fields
    return {name: base + urlsplit(str(fields[name].default)).path.rstrip("/") for name in ("authorize", "token", "api")}
