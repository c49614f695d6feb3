"""Posts and deliveries in a few words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from api.cli.session import when
from api.cli.show import count, say, short_text, words

if TYPE_CHECKING:
    from engine.store.deliveries import DeliveryRow
    from engine.store.posts import PostRow


def title_of(post: PostRow, most: int = 70) -> str:
    """Return a post's title, or the beginning of its text."""
    document = json.loads(post.document)
    return short_text(document.get("title") or document.get("text") or post.permalink or post.key, most)


def state_of(row: DeliveryRow) -> str:
    """Return where a delivery stands, and since or until when."""
    if row.sent_at:
        comment = f", first comment {row.comment}" if row.comment else ""
        return f"sent {when(row.sent_at)}{comment}"
    if row.state == "planned":
        return f"planned for {when(row.due_at)}"
    return words(row.state)


def why(row: DeliveryRow) -> str:
    """Return why a delivery stands where it does, or where it can be seen."""
    return row.detail or row.url or words(row.reason)


def say_going_on(mended: int) -> None:
    """Say how many deliveries are no longer blocked, where there are any."""
    if mended:
        say(f"{count(mended, 'blocked delivery goes', 'blocked deliveries go')} on.")
