"""Comments below a page's posts, as the page: written, listed, and looked at.

developers.facebook.com/documentation/pages-api/comments-mentions, read 2026-11-23: `pages_manage_engagement` and the
task MODERATE; the id is that of the post's own number with the comment's behind it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sandbox.facebook.callers import tasks_of
from sandbox.facebook.errors import GraphError
from sandbox.facebook.nodes import check, moment, project
from sandbox.network import COMMENT, Publication

if TYPE_CHECKING:
    from sandbox.facebook.asking import Asked
    from sandbox.facebook.call import Call
    from sandbox.facebook.callers import Caller
    from sandbox.network import Network

LONGEST: Final = 8_000
USUAL: Final = 25
_KNOWN: Final = frozenset({"access_token", "appsecret_proof", "fields", "format", "locale", "message"})


async def comment(call: Call) -> dict[str, str]:
    """Write a comment below a post; returns its id."""
    caller, post = _below(call)
    may = caller.allows("pages_manage_engagement", "pages_read_engagement")
    if not may or not caller.token or "MODERATE" not in tasks_of(call.network, post.account, caller.token.account):
        raise GraphError("200/engagement")
    unknown = sorted(set(call.form.values) - _KNOWN)
    message = call.form.values.get("message", "").strip()
    if unknown or not message or len(message) > LONGEST:
        raise GraphError("100", f"(#100) Invalid parameter: {', '.join(unknown) or 'message'}")
    network = call.network
    now, number = network.clock.now(), network.new_number()
    made = Publication(
        id=f"{post.id.partition('_')[2]}_{number}", account=post.account, at=now, changed_at=now, text=message,
        kind=COMMENT, app=caller.app.id, hidden=True, details={"below": post.id},
    )  # fmt: skip
    return {"id": network.publish(made).id}


async def comments(call: Call) -> dict[str, Any]:
    """Return the comments below a post, oldest first unless the newest are asked for."""
    caller, post = _below(call)
    if not caller.allows("pages_read_engagement"):
        raise GraphError("10")
    asked, values = call.asked(), call.form.values
    check("Comment", asked or {})
    found = call.network.comments(post.id)
    if values.get("order") == "reverse_chronological":
        found.reverse()
    size = values.get("limit", str(USUAL))
    if not size.isdigit():
        raise GraphError("100", "(#100) Param limit must be a number")
    return {"data": [shown(call.network, one, asked) for one in found[: int(size)]]}


def shown(network: Network, one: Publication, asked: dict[str, Asked] | None) -> dict[str, Any]:
    """Return what a caller sees of a comment."""
    by = {"id": one.account, "name": network.accounts[one.account].name}
    node = {"id": one.id, "message": one.text, "created_time": moment(one.at), "from": by, "can_remove": True}
    return project(node, "Comment", asked)


def _below(call: Call) -> tuple[Caller, Publication]:
    """Return the caller, who must act for the page, and the page's post that is called."""
    caller, post = call.caller(), call.network.publications.get(call.path[0])
    if post is None or post.deleted or post.hidden:
        raise GraphError("100/33")
    if not caller.page:
        raise GraphError("190/2069032")
    if caller.page != post.account:
        raise GraphError("200/engagement")
    return caller, post
