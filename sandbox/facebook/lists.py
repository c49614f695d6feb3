"""Lists of posts with opaque cursors: a page may be short or empty and still have a next one."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from sandbox.facebook.asking import asked_of
from sandbox.facebook.errors import GraphError
from sandbox.facebook.nodes import check, post_shown
from sandbox.network import COMMENT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.network import Network, Publication

MOST: Final = 100
USUAL: Final = 25
_EDGES: Final = frozenset({"published_posts", "posts", "feed"})


def posts_of(network: Network, page: str, edge: str, values: Mapping[str, str], here: str) -> dict[str, Any]:
    """Return a page of posts, newest first; `here` is the address that was asked, without its query.

    What was deleted still takes its place in the count, as on the real edges: hence short and empty pages.
    """
    asked = asked_of(values["fields"]) if values.get("fields") else None
    check("PagePost", asked or {})
    since, until = _time(values.get("since", "")), _time(values.get("until", ""))
    size = _limit(values.get("limit", ""))
    base = here.partition("facebook/")[0]
    own = [
        one
        for one in network.publications.values()
        if one.account == page and one.kind != COMMENT and _within(one, since, until)
    ]
    posts = sorted(own, key=lambda one: one.at)[::-1]
    start = _start(posts, values, size)
    cut = posts[start : start + size]
    shown = [post_shown(network, one, base, asked) for one in cut if _belongs(one, edge)]
    if not cut:
        return {"data": shown}
    paging: dict[str, Any] = {"cursors": {"before": _cursor(cut[0]), "after": _cursor(cut[-1])}}
    kept = {name: value for name, value in values.items() if name not in {"after", "before"}}
    if start + size < len(posts):
        paging["next"] = f"{here}?{urlencode({**kept, 'after': _cursor(cut[-1])})}"
    if start:
        paging["previous"] = f"{here}?{urlencode({**kept, 'before': _cursor(cut[0])})}"
    return {"data": shown, "paging": paging}


def _belongs(post: Publication, edge: str) -> bool:
    return not post.deleted and post.hidden == (edge not in _EDGES)


def _limit(given: str) -> int:
    if not given:
        return USUAL
    if not given.isdigit() or int(given) > MOST:
        raise GraphError("100", f"(#100) Param limit must be a number between 0 and {MOST}")
    return int(given)


def _start(posts: Sequence[Publication], values: Mapping[str, str], size: int) -> int:
    if "after" in values:
        return _place(posts, values["after"]) + 1
    return max(0, _place(posts, values["before"]) - size) if "before" in values else 0


def _cursor(post: Publication) -> str:
    return base64.urlsafe_b64encode(json.dumps(["QVFI", post.id]).encode()).rstrip(b"=").decode()


def _place(posts: Sequence[Publication], cursor: str) -> int:
    try:
        _, known = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return [post.id for post in posts].index(known)
    except (ValueError, TypeError, binascii.Error):
        raise GraphError("100", "(#100) Invalid cursors values") from None


def _within(post: Publication, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or post.at >= since) and (until is None or post.at <= until)


def _time(given: str) -> datetime | None:
    if not given:
        return None
    try:
        if given.isdigit():
            return datetime.fromtimestamp(int(given), UTC)
        at = datetime.fromisoformat(given)
    except (ValueError, OverflowError, OSError):
        raise GraphError("100", "(#100) since and until must be times") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
