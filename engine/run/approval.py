"""What a person decides about a post that waits at a node which asks for it: approve, reject, or change its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.errors import ConflictError, NotFoundError
from engine.model.post import Post
from engine.store import verdicts
from engine.store.holds import key_of
from engine.wake import Kind

if TYPE_CHECKING:
    from engine.graph import Graph
    from engine.run.person import Desk
    from engine.store.verdicts import Asking, Said


async def find(desk: Desk, workspace_id: str, end: str) -> Asking:
    """Return the post that waits whose id is, or ends with, what the person typed."""
    found = await desk.store.read(verdicts.matching, workspace_id, end.lower())
    if not found:
        message = f"Nothing that waits for an approval ends with {end}: `chappe approvals list` shows what does."
        raise NotFoundError(message)
    if len(found) > 1:
        message = f"More than one post that waits ends with {end}: type more of it."
        raise ConflictError(message)
    return found[0]


async def course(desk: Desk, asking: Asking) -> tuple[str, Graph]:
    """Return the version by which the post goes on, as a release does: the current one while it has such a node."""
    own = await desk.graph(asking.version_id)
    if asking.current_id is not None and asking.current_id != asking.version_id:
        current = await desk.graph(asking.current_id)
        if _kind(current, asking.node) == _kind(own, asking.node):
            return asking.current_id, current
    return asking.version_id, own


def _kind(graph: Graph, node: str) -> str | None:
    return graph.operators[node].operator.kind if node in graph.operators else None


async def decide(desk: Desk, asking: Asking, said: Said) -> None:
    """Let the post go on, or end it, in the words that the person saw; raises ConflictError where those have changed.

    It takes effect at once, and where the mapping is paused, when that is resumed.
    """
    if not await desk.store.write(verdicts.decide, asking, said, desk.clock.now()):
        raise _moved()
    await desk.wake.wake(Kind.RELEASE, [key_of(asking.mapping_id, asking.node)])


async def edit(desk: Desk, asking: Asking, by: str, changed: Post) -> None:
    """Put other words in place of those that wait; raises ConflictError where there are none left, or others already.

    The former ones stay in the post's trace.
    """
    if not (changed.text.strip() or changed.title.strip()):
        message = "A post without words is not published: reject it instead."
        raise ConflictError(message)
    before = Post.model_validate_json(asking.document)
    parts = [f"Edited by {by}."]
    if changed.title != before.title:
        parts.append(f"The title was: {before.title}")
    if changed.text != before.text:
        parts.append(f"The text was: {before.text}")
    document, sentence = changed.model_dump_json(), " ".join(parts)
    if not await desk.store.write(verdicts.edit, asking, document, sentence, desk.clock.now()):
        raise _moved()


def _moved() -> ConflictError:
    return ConflictError("The post has been decided or changed meanwhile: look at it again.")
