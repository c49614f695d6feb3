"""Merge: what is written when a node makes one post of several that wait there."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.ids import new_id
from engine.store.derived import Derived
from engine.store.posts import Incoming
from engine.store.releases import Onward
from engine.store.routes import Ends, Extension
from engine.store.traces import Trace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from engine.model.post import Post
    from engine.store.holds import HoldRow
    from engine.store.planning import Way

_TAIL: Final = 8
"""People name a post by the end of its id."""

_NAMED: Final = 10


class Merged(NamedTuple):
    """The post that is made, and what the routes of its parents are told."""

    post: Derived
    onward: tuple[Onward, ...]


def merged(way: Way, version_id: str, parents: Sequence[HoldRow], made: Post, now: datetime) -> Merged:
    """Return the one post that goes on in place of its parents, known by the node and by them: made again, it is that.

    The branches of its parents end in it: their routes count them no more, and its own route counts it.
    """
    node, post_id = parents[0].node, new_id()
    inputs = ":".join([way.mapping_id, node, *(row.id for row in parents)])
    post = made.model_copy(update={"key": f"made:{hashlib.sha256(inputs.encode()).hexdigest()[:32]}"})
    incoming = Incoming(
        post_id, post.key, post.content_hash, post.fingerprint, post.permalink, post.model_dump_json(), None
    )
    trace = Trace(new_id(), way.workspace_id, post_id, "made", _made_of(parents), now, node, way.mapping_id)
    derived = Derived(
        incoming, [row.post_id for row in parents], way.workspace_id, new_id(), way.mapping_id, version_id, node, trace
    )
    return Merged(derived, tuple(_ends(row, post_id, len(parents), now) for row in parents))


def _ends(row: HoldRow, post_id: str, count: int, now: datetime) -> Onward:
    others = f", with {count - 1} other{'s' * (count > 2)}" if count > 1 else ""  # noqa: PLR2004  # one other, or more
    sentence = f"It went into the post {post_id[-_TAIL:]}{others}."
    trace = Trace(new_id(), row.workspace_id, row.post_id, "merged", sentence, now, row.node, row.mapping_id)
    return Onward(Extension(row.route_id, row.workspace_id, version_id=None, ends=Ends(held=-1), traces=(trace,)))


def _made_of(parents: Sequence[HoldRow]) -> str:
    named = ", ".join(row.post_id[-_TAIL:] for row in parents[:_NAMED])
    more = f" and {len(parents) - _NAMED} more" if len(parents) > _NAMED else ""
    return f"Made of {len(parents)} post{'s' * (len(parents) != 1)}: {named}{more}."
