"""Every read of the API, with every combination of the filters that it knows, as paths to ask for.

The routes are those of the OpenAPI document: a new one is asked for too, and one whose path or filters need a value
that nobody has named here ends the measurement.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, urlencode

from api.app import PREFIX
from bench.crowd import Crowd, made_at, row_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ALWAYS = {"limit": "5", "old": "2"}
"""Sent wherever it is known: so few rows that a page is full at every size."""

HERE = f"{PREFIX}/workspaces/{{workspace}}"
LEFT_OUT = {
    "/health": "asks no database",
    "/ready": "asks no database",
    f"{PREFIX}/session": "is for who has signed in by a cookie",
    f"{PREFIX}/connect/callback": "changes something",
    f"{HERE}/export": "gives everything",
    f"{PREFIX}/instance/keys": "opens every secret, of which a crowd has none",
}
"""Reads that are not looked at, and why."""

IGNORED = frozenset({"limit", "after", "fields", "days", "old", "new", "version", "format"})
"""Parameters that narrow nothing."""

THINGS = frozenset({"mapping", "sink", "account", "person", "post", "source", "node"})
"""Filters by things that are in one workspace."""

Values = dict[str, tuple[str, ...]]


class Known(NamedTuple):
    """What may be filled into a route: a value of each part of its path, some of each of its filters."""

    path: Mapping[str, str]
    filters: Values


def routes(document: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Give the reads of an OpenAPI document that are looked at, with the names of their parameters in the query."""
    for path, methods in document["paths"].items():
        if "get" in methods and path not in LEFT_OUT:
            asked = methods["get"].get("parameters", ())
            yield path, [one["name"] for one in asked if one.get("in") == "query"]


def paths(route: str, names: Sequence[str], known: Known, workspace: str) -> Iterator[str]:
    """Give the paths of a route in a workspace, one for each combination of its filters."""
    start = quote(route.format_map({**known.path, "workspace": workspace}))
    filters = {name: known.filters[name] for name in names if name not in IGNORED}
    page = [(name, value) for name, value in ALWAYS.items() if name in names]
    for chosen in product(*(("", *values) for values in filters.values())):
        query = [(name, one) for name, value in zip(filters, chosen, strict=True) for one in value.split()]
        if "sink" in dict(query) and "mapping" not in dict(query):
            continue  # a sink is one of a mapping
        yield f"{start}?{urlencode(page + query)}" if page + query else start


def known_of(route: str, crowd: Crowd) -> Known:
    """Return what may be filled into a route of a crowd."""
    place = route.removeprefix(HERE).removeprefix(PREFIX).strip("/").split("/")[0]
    return Known(_ids(crowd) | {"name": NAMES.get(place, ""), "kind": "feed"}, _filters(crowd, place))


NAMES = {"mappings": "news-1", "webhooks": "hook-1", "library": "nothing", "repositories": "texts"}
STATES = {
    "deliveries": ("sent", "check_needed", "planned cancelled"),
    "me": ("sent", "check_needed", "planned cancelled"),
    "posts": ("routed", "held", "echo"),
    "webhooks": ("delivered", "failed", "waiting"),
}


def _ids(crowd: Crowd) -> dict[str, str]:
    post, account = _post(crowd), row_id("3", _account(crowd))
    return {
        "delivery": row_id("a", 10 * post - 9), "post": row_id("7", post), "account": account,
        "person": row_id("1", min(_account(crowd), 2 * (crowd.mappings // 2))), "source": row_id("6", 1),
        "group": "Group 1", "node": "people", "number": "3", "code": "CH001", "platform": "webhook",
        "user": row_id("e", 7), "key": row_id("e", 7), "operation_id": row_id("d", 1), "approval": row_id("a", 107),
    }  # fmt: skip


def _filters(crowd: Crowd, place: str) -> Values:
    """Return values of filters: what many rows have, what few have, and a time in the middle of what there is."""
    rows = crowd.posts if place == "posts" else crowd.deliveries
    ids = _ids(crowd)
    since, until = (made_at(int(rows * part)).isoformat() for part in (0.5, 0.52))
    kinds = {"operations": ("apply", "plan", "sync"), "events": ("delivery.blocked",)}
    return {
        "state": STATES.get(place, ()), "mapping": ("news-1",), "sink": ("people",), "account": (ids["account"],),
        "person": (ids["person"],), "post": (ids["post"],), "source": (ids["source"],), "node": ("people",),
        "since": ("1d",) if place == "mappings" else (since,), "until": (until,),
        "sort": ("oldest",), "kind": kinds.get(place, ()), "follow": ("false",), "name": ("news-1",),
        "by": ("Ada", "Lea", "Nobody"), "what": ("approve_delivery", "add_webhook"),
        "object": ("deliveries", "webhooks", "name-7"),
    }  # fmt: skip


def _post(crowd: Crowd) -> int:
    """Return a post in the middle, of the first mapping, of whose deliveries the first is one of `_account`."""
    return crowd.accounts * max(1, crowd.posts // crowd.accounts // 2) if crowd.posts >= crowd.accounts else crowd.posts


def _account(crowd: Crowd) -> int:
    return 102 if crowd.mappings > 102 else 2
