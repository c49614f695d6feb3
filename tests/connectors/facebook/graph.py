"""The Graph API's answers, and a page that reads them."""

from __future__ import annotations

import json
from typing import Any

from engine.contract.account import Account
from engine.testing.loopback import Answer

TOKEN = "token-of-the-page-of-acme"
_JSON = {"Content-Type": "application/json; charset=UTF-8"}


def page(url: str) -> Account:
    """Return a page's account whose Graph API is at that address."""
    app = {"api": url, "version": "v26.0"}
    return Account("a1", "acme-page", "facebook", secrets={"access_token": TOKEN}, remote_id="108", app=app)


def row(number: int, **more: Any) -> dict[str, Any]:
    """Return a post of the page; those of higher numbers are younger."""
    hour, minute = divmod(number, 60)
    created = f"2026-01-05T{8 + hour:02}:{minute:02}:00+0000"
    return {"id": f"108_{number}", "message": f"Post {number}", "created_time": created, **more}


def said(rows: object, after: str = "") -> Answer:
    """Return a list of posts, which goes on behind `after`."""
    following = {"next": f"https://graph.facebook.com/v26.0/108/published_posts?limit=25&after={after}"}
    cursors = {"cursors": {"before": "b", "after": after}}
    return answer({"data": rows, "paging": cursors | (following if after else {})})


def answer(document: object, status: int = 200) -> Answer:
    """Return an answer with a JSON document."""
    return Answer(status, headers=_JSON, body=json.dumps(document).encode())


def failed(status: int, code: int, subcode: int | None = None) -> Answer:
    """Return a refusal."""
    error = {"message": "No.", "type": "OAuthException", "code": code, "error_subcode": subcode}
    return answer({"error": error}, status)
