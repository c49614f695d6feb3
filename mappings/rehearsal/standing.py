"""How a mapping stands when a run begins: what its nodes hold and have let go, and who got and said what. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from engine.model.text import fingerprint_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence
    from datetime import datetime

    from engine.model.post import Content, Post

HASH_SHOWN: Final = 32


class Waits(NamedTuple):
    """A post that waits at a node, or went on from it: its route began at `begun`, as its `round`."""

    node: str
    begun: str
    post_id: str
    post: Post
    since: datetime
    round: int = 0
    times: int = 0
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What was before `at`.

    Posts that wait, oldest first, and the newest that went on; `had` are (account, post, round) that were planned, and
    `said` the words that accounts said where no two may say the same, by platform.
    """

    at: datetime
    waiting: Sequence[Waits] = ()
    gone: Sequence[Waits] = ()
    had: Iterable[tuple[str, str, int]] = ()
    said: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class Wordings:
    """Deals texts where no two accounts may say the same, as the store does: in order, to those who speak."""

    def __init__(self, said: Mapping[str, Mapping[str, str]], speaking: Container[str]) -> None:
        self._said = {platform: dict(owners) for platform, owners in said.items()}
        self._speaking = speaking

    def deal(self, platform: str, accounts: Iterable[str], contents: Sequence[Content]) -> dict[str, int]:
        """Return which content each account says; one for whom none is left says nothing."""
        owners = self._said.setdefault(platform, {})
        words: dict[str, int] = {}
        for number, content in enumerate(contents):
            words.setdefault(_words(content), number)
        kept = {owners[said]: number for said, number in words.items() if said in owners}
        free = iter([(said, number) for said, number in words.items() if said not in owners])
        dealt = {}
        for account in accounts:
            if account in kept:
                dealt[account] = kept[account]
            elif account in self._speaking and (one := next(free, None)) is not None:
                owners[one[0]], dealt[account] = account, one[1]
        return dealt


def _words(content: Content) -> str:
    return fingerprint_of(content.text or content.title) or content.content_hash[:HASH_SHOWN]
