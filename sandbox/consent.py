"""The page on which a person says who they are, and whether an app may act for them; or the yes that needs no person.

Without a person: `as=lea&auto=1` in the address, or who is signed in at the network (`PUT /networks/NAME/signed-in`).
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from sandbox.forms import form_of
from sandbox.oauth import OAuthError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.network import Network
    from sandbox.oauth import Ask

_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_STYLE: Final = """<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><style>
:root { color-scheme: light; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #eef1f5; color: #1c2530;
  font: 16px/1.5 system-ui, sans-serif; }
main { width: min(25rem, 92vw); background: #fff; border-radius: 1rem; overflow: hidden;
  box-shadow: 0 .5rem 2rem #0002; }
header { background: var(--brand); color: #fff; padding: 1rem 1.5rem; font-weight: 700; font-size: 1.2rem; }
form, .says { padding: 1.25rem 1.5rem 1.5rem; }
h1 { font-size: 1.1rem; margin: 0 0 .25rem; } p { margin: 0 0 1rem; color: #5d6976; font-size: .92rem; }
label { display: flex; gap: .75rem; align-items: center; padding: .55rem .7rem; border: 1px solid #dde2e8;
  border-radius: .7rem; margin-bottom: .5rem; cursor: pointer; }
label:has(:checked) { border-color: var(--brand); box-shadow: 0 0 0 1px var(--brand); }
small { display: block; color: #5d6976; } input { accent-color: var(--brand); }
ul { margin: 0 0 1rem; padding-left: 1.2rem; font-size: .88rem; color: #3c4753; }
.row { display: flex; gap: .6rem; }
button { font: inherit; flex: 1; padding: .6rem; border-radius: 99px; cursor: pointer;
  border: 1px solid #c8d0d8; background: #fff; }
.yes { background: var(--brand); border-color: var(--brand); color: #fff;
  font-weight: 600; }</style>"""


def consent_routes(network: Network, path: str, names: Mapping[str, str] | None = None) -> APIRouter:
    """Return the authorization address of a network at a path; `names` are its own for those of RFC 6749."""
    router = APIRouter()
    own = names or {}

    @router.get(path)
    async def look(request: Request) -> Response:
        query = dict(request.query_params)
        who, automatic = query.get("as", ""), bool(query.get("auto"))
        try:
            ask = network.authority.asked(query)
            person = who if automatic else network.signed_in
            return _yes(network, ask, person) if person else _page(network, ask, who)
        except OAuthError as error:
            return refused(network, error, query, own)

    @router.post(path)
    async def decide(request: Request) -> Response:
        values = (await form_of(request)).values
        try:
            ask = network.authority.asked(values)
            return _yes(network, ask, values.get("as", "") if values.get("decision") == "yes" else "")
        except OAuthError as error:
            return refused(network, error, values, own)

    return router


def refused(network: Network, error: OAuthError, query: Mapping[str, str], names: Mapping[str, str]) -> Response:
    """Return a refusal: by a redirect where that may be believed, else on a page."""
    if error.told:
        name, state = names.get(error.error, error.error), query.get("state", "")
        return _back(error.told, error=name, error_description=error.description, state=state)
    body = f'<div class="says"><h1>This does not work</h1><p>{escape(error.description)}</p></div>'
    return _html(network, body, 400)


def _yes(network: Network, ask: Ask, person: str) -> Response:
    if not person:
        raise OAuthError("access_denied", "The person said no.", told=ask.redirect)
    try:
        account = network.account_of(person)
    except KeyError:
        raise OAuthError("access_denied", f"Nobody here is called {person}.", told=ask.redirect) from None
    code = network.authority.agree(ask, account.id)
    return _back(ask.redirect, code=code.value, state=ask.state)


def _back(redirect: str, **query: str) -> Response:
    parts = urlsplit(redirect)
    added = urlencode({name: value for name, value in query.items() if value})
    return RedirectResponse(urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, added))))), 302)


def _page(network: Network, ask: Ask, who: str) -> Response:
    people = [account for account in network.accounts.values() if account.person or not account.managers]
    chosen = who or people[0].person or people[0].id
    choices = "".join(
        f'<label><input type="radio" name="as" value="{escape(one.person or one.id)}"'
        f"{' checked' if chosen == (one.person or one.id) else ''}>"
        f"<span>{escape(one.name)}<small>{escape(one.headline)}</small></span></label>"
        for one in people
    )
    scopes = "".join(f"<li>{escape(scope)}</li>" for scope in ask.scopes)
    body = f"""<form method="post"><h1>{escape(ask.client.name)} wants to act for you</h1>
<p>It asks for:</p><ul>{scopes}</ul><p>Who are you?</p>{choices}
<div class="row"><button name="decision" value="no">Not now</button>
<button class="yes" name="decision" value="yes">Allow</button></div></form>"""
    return _html(network, body, 200)


def _html(network: Network, body: str, status: int) -> Response:
    title = escape(network.face.title)
    page = f"""<!doctype html><html lang="en"><title>{title}</title>{_STYLE}
<main style="--brand: {network.face.colour}"><header>{title}</header>{body}</main></html>"""
    return HTMLResponse(page, status, headers={"content-security-policy": _POLICY})
