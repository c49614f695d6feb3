"""A platform with OAuth 2 for tests of connecting: codes work once, S256 is checked, the test says who agrees."""

from __future__ import annotations

import json
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

from engine.contract.oauth import challenge_of
from engine.testing.loopback import Answer

if TYPE_CHECKING:
    from engine.testing.loopback import Received

SECRET = "canary-secret"


class OAuthPeer:
    """Answers `/token` and `/me`; `agree` is what a person in a browser does."""

    def __init__(self) -> None:
        self.people = [{"id": "42", "name": "Léa Martin"}]
        self.scope = "read write"
        self.broken = False
        self._asked: dict[str, dict[str, list[str]]] = {}
        self._numbers = count(1)

    def agree(self, address: str) -> str:
        """Return where the browser is sent after a person agreed at this address."""
        query = parse_qs(urlsplit(address).query)
        code = f"code{next(self._numbers)}"
        self._asked[code] = query
        return f"{query['redirect_uri'][0]}?{urlencode({'code': code, 'state': query['state'][0]})}"

    def refuse(self, address: str, error: str, description: str = "") -> str:
        """Return where the browser is sent when nobody agreed."""
        query = parse_qs(urlsplit(address).query)
        said = {"error": error, "error_description": description, "state": query["state"][0]}
        return f"{query['redirect_uri'][0]}?{urlencode(said)}"

    def __call__(self, request: Received) -> Answer:
        """Answer a request."""
        if self.broken:
            return Answer(503, body=b"<html>")
        if request.path == "/me":
            return _json(200, self.people)
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        asked = self._asked.pop(form.get("code", ""), None)
        if form.get("client_secret") != SECRET:
            return _json(401, {"error": "invalid_client"})
        if asked is None or not _fits(asked, form):
            return _json(400, {"error": "invalid_grant"})
        number = next(self._numbers)
        tokens = {"access_token": f"a{number}", "refresh_token": f"r{number}"}
        return _json(200, tokens | {"expires_in": 7200, "scope": self.scope})


def _fits(asked: dict[str, list[str]], form: dict[str, str]) -> bool:
    verified = asked["code_challenge"] == [challenge_of(form["code_verifier"])]
    return verified and asked["redirect_uri"] == [form["redirect_uri"]] and asked["client_id"] == [form["client_id"]]


def _json(status: int, said: object) -> Answer:
    return Answer(status, {"Content-Type": "application/json"}, json.dumps(said).encode())
