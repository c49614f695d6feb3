"""A user's posts, page by page: OpenAPI 2.167, `GET /2/users/{id}/tweets`."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from sandbox.x.problems import invalid, not_found
from sandbox.x.reading import includes, known, post_told, wanted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.network import Network, Publication

PAGE: Final = range(5, 101)
REACHED: Final = 3_200
"""How far back a timeline goes."""
_USUAL: Final = 10
_KNOWN: Final = known(
    "max_results pagination_token start_time end_time since_id until_id exclude tweet.fields post.fields expansions "
    "user.fields media.fields poll.fields place.fields"
)


def page_of(network: Network, user: str, query: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Return a page of a user's posts, and the numbers of those in it."""
    _check_names(query)
    asked, size, bounds = wanted(query), _size(query), _bounds(query)
    if user not in network.accounts:
        return {"errors": [not_found("user", "id", user).body]}, []
    posts = [post for post in network.timeline(user)[:REACHED] if bounds.hold(post)]
    posts.sort(key=lambda post: int(post.id), reverse=True)
    start = _start(posts, query)
    shown = posts[start : start + size]
    meta: dict[str, Any] = {"result_count": len(shown)}
    if not shown:
        return {"meta": meta}, []
    meta |= {"newest_id": shown[0].id, "oldest_id": shown[-1].id}
    if start + size < len(posts):
        meta["next_token"] = _token(f"b{shown[-1].id}")
    if start:
        meta["previous_token"] = _token(f"a{shown[0].id}")
    answer: dict[str, Any] = {"data": [post_told(network, post, asked) for post in shown]}
    if beside := includes(network, shown, asked):
        answer["includes"] = beside
    return {**answer, "meta": meta}, [post.id for post in shown]


def _check_names(query: Mapping[str, str]) -> None:
    if unknown := sorted(set(query) - _KNOWN):
        message = f"The query parameter [{unknown[0]}] is not one of [id,{','.join(sorted(_KNOWN))}]"
        raise invalid((message, {unknown[0]: [query[unknown[0]]]}))


def _size(query: Mapping[str, str]) -> int:
    given = query.get("max_results", str(_USUAL))
    if not given.isdecimal() or int(given) not in PAGE:
        message = f"The `max_results` query parameter value [{given}] is not between {PAGE[0]} and {PAGE[-1]}"
        raise invalid((message, {"max_results": [given]}))
    return int(given)


@dataclass(frozen=True, slots=True)
class _Bounds:
    """Which posts were asked for."""

    after: int
    before: int
    start: datetime | None
    end: datetime | None
    reposts: bool
    replies: bool

    def hold(self, post: Publication) -> bool:
        """Tell whether a post is among them."""
        return (
            self.after < int(post.id) < self.before
            and (self.start is None or post.at >= self.start)
            and (self.end is None or post.at < self.end)
            and (self.reposts or not post.reshares)
            and (self.replies or not post.details.get("below"))
        )


def _bounds(query: Mapping[str, str]) -> _Bounds:
    excluded = set(filter(None, query.get("exclude", "").split(",")))
    if unknown := excluded - {"replies", "retweets"}:
        message = f"The `exclude` query parameter value [{min(unknown)}] is not one of [replies,retweets]"
        raise invalid((message, {"exclude": sorted(excluded)}))
    return _Bounds(
        after=_number(query, "since_id", 0),
        before=_number(query, "until_id", 1 << 63),
        start=_moment(query, "start_time"),
        end=_moment(query, "end_time"),
        reposts="retweets" not in excluded,
        replies="replies" not in excluded,
    )


def _number(query: Mapping[str, str], name: str, otherwise: int) -> int:
    given = query.get(name, "")
    if given and not (given.isdecimal() and len(given) <= 19):  # noqa: PLR2004  # digits of a number at X
        raise invalid((f"The `{name}` query parameter value [{given}] is not valid", {name: [given]}))
    return int(given) if given else otherwise


def _moment(query: Mapping[str, str], name: str) -> datetime | None:
    if name not in query:
        return None
    try:
        moment = datetime.fromisoformat(query[name])
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise invalid((f"Invalid '{name}':'{query[name]}'. It must be a date-time of RFC 3339", {name: [query[name]]}))
    return moment


def _start(posts: Sequence[Publication], query: Mapping[str, str]) -> int:
    given = query.get("pagination_token")
    if given is None:
        return 0
    try:
        place = base64.b32decode(given.upper() + "=" * (-len(given) % 8)).decode()
    except (binascii.Error, UnicodeDecodeError):
        place = ""
    if place[:1] not in {"a", "b"} or not place[1:].isdecimal():
        raise invalid(("The `pagination_token` query parameter value is not valid", {"pagination_token": [given]}))
    older = sum(int(post.id) >= int(place[1:]) for post in posts)
    return older if place[0] == "b" else max(0, older - 1 - _size(query))


def _token(place: str) -> str:
    return base64.b32encode(place.encode()).decode().rstrip("=").lower()
