"""Comments below a page's posts: who may write them, what is refused, and how they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.facebook.comments import LONGEST
from sandbox.people import PAGE
from tests.sandbox.facebook.conftest import SCOPES
from tests.sandbox.facebook.test_tokens import code_of

if TYPE_CHECKING:
    from tests.sandbox.facebook.conftest import Facebook

WIDER = f"{SCOPES},pages_manage_engagement"


async def test_a_comment_stands_below_its_post_and_on_no_list_of_posts(facebook: Facebook) -> None:
    token = await facebook.page_token(WIDER)
    post = await facebook.compose(message="Bonjour")
    written = await facebook.post(f"{post}/comments", token, message="Read on: https://acme.example")
    listed = (await facebook.get(f"{post}/comments", token, fields="id,message,from")).json()["data"]
    (shown,) = await facebook.timeline()

    found = [(one["id"], one["message"], one["from"]["id"]) for one in listed]
    assert found == [(written.json()["id"], "Read on: https://acme.example", PAGE)]
    assert [one["text"] for one in shown["comments"]] == ["Read on: https://acme.example"]
    for edge in ("published_posts", "scheduled_posts"):
        rows = (await facebook.get(f"{PAGE}/{edge}", token)).json()["data"]
        assert written.json()["id"] not in [row["id"] for row in rows]


@pytest.mark.parametrize(
    ("scopes", "path", "message", "code"),
    [
        (SCOPES, "", "Read on", "200"),
        (WIDER, f"{PAGE}_1", "Read on", "100/33"),
        (WIDER, "", "", "100"),
        (WIDER, "", "x" * (LONGEST + 1), "100"),
    ],
)
async def test_what_may_not_be_written_is_refused(
    facebook: Facebook, scopes: str, path: str, message: str, code: str
) -> None:
    post = path or await facebook.compose(message="Bonjour")
    answer = await facebook.post(f"{post}/comments", await facebook.page_token(scopes), message=message)

    assert code_of(answer) == code
    assert [one["comments"] for one in await facebook.timeline()] in ([[]], [])


async def test_a_wrong_token_comments_nowhere(facebook: Facebook) -> None:
    post = await facebook.compose(message="Bonjour")

    assert code_of(await facebook.post(f"{post}/comments", "EAAbnone", message="Read on")) == "190"
