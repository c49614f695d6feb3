"""Comment: write the first comment below a post that is out, as a step of its own that never touches the delivery.

1. The transaction of the receipt writes that a comment is wanted (`store/comments.py`).
2. Whoever has the account's lane writes, in a transaction of its own, that it is being tried: pauses, the platform's
   holds and the owner's consent are looked at there, under the lease.
3. ONE request, begun at once, 15 s in all.
4. What became of it: done, refused, wanted again where it was provably not sent, or unknown.

Killed before 3, or after: the next holder of the lane finds it being tried, and nobody knows whether it is there. An
unknown comment is never written again; where the sink can read back, it is looked for after the quarantine.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from engine.contract.context import Attempt, SendContext
from engine.contract.sink import Receipt, Sink
from engine.errors import AccountLostError, ChappeError, DoubtfulError, RateLimitedError, RejectedError, TransientError
from engine.ids import new_id
from engine.model.delivery import Move
from engine.run.backoff import backoff
from engine.run.heed import heed, hold
from engine.run.network import BoundHttp
from engine.run.opening import opened_account
from engine.run.renew import judged
from engine.run.settle import wait_until
from engine.store import comments
from engine.store.comments import CommentState, Fate
from engine.store.guard import LOST_LANE
from engine.store.unit import StoreError

if TYPE_CHECKING:
    from datetime import datetime

    from engine.contract.account import Account
    from engine.contract.usage import Usage
    from engine.http_client import Response
    from engine.run.core import Core
    from engine.store.comments import Comment
    from engine.store.lanes import Lane

PATIENCE: Final = timedelta(hours=24)
"""A comment that could not be written for so long comes too late to be one."""
LOST_AGAIN: Final = timedelta(hours=1)
LOOKS: Final = timedelta(hours=1)
"""How long a comment is looked for that nobody could read back."""
LOOK: Final = " Look below the post: it is not written a second time."


@dataclass(slots=True)
class _Parts:
    """What a comment is written with."""

    one: Comment
    sink: Sink[Any]
    account: Account
    text: str
    receipt: Receipt


class Commenter:
    """Writes what comments are due of one account, by the lane that its holder has."""

    def __init__(self, core: Core, lane: Lane) -> None:
        self.core = core
        self.lane = lane
        self._said: list[Usage] = []
        self._at: Comment | None = None

    async def run(self) -> bool:
        """Look at each comment that is due; tells whether the lane is still ours."""
        for one in await self.core.store.read(comments.due, self.lane.account_id, self.core.clock.now()):
            self._at = one
            if not await self._one(one):
                return False
        return True

    async def surprised(self, name: str) -> None:
        """Settle the comment at which something failed that nobody foresaw: nothing more is done about it."""
        one, said = self._at, f"The sink failed with {name}."
        if one is not None:
            sent = one.state != CommentState.WANTED
            await self._settle(one, Fate(CommentState.UNKNOWN, f"{said}{LOOK}") if sent else _refused(said))

    async def _one(self, one: Comment) -> bool:
        now = self.core.clock.now()
        if one.state == CommentState.TRYING:
            return await self._settle(one, self._left(one, now))
        if one.state == CommentState.WANTED and now - one.created_at > PATIENCE:
            return await self._settle(one, _refused(f"It could not be written for a day. {one.detail}".rstrip()))
        try:
            parts = await self._parts(one)
        except StoreError:
            raise
        except ChappeError as error:
            return await self._settle(one, self._unready(one, error, now))
        if one.state == CommentState.UNKNOWN:
            return await self._settle(one, await self._look(parts, now))
        return await self._write(parts)

    async def _parts(self, one: Comment) -> _Parts:
        node = (await self.core.graph(one.version_id)).sinks.get(one.sink)
        if node is None or not one.receipt_id:
            raise RejectedError("Nobody knows below which post it belongs: write it yourself.", code="no_receipt")
        content = await self.core.content(one.content_id)
        account = await opened_account(self.core, self.lane, node.sink)
        return _Parts(one, node.sink, account, content.comment, Receipt(one.receipt_id, one.receipt_url))

    async def _write(self, parts: _Parts) -> bool:
        """Steps 2 to 4."""
        core, one, settings = self.core, parts.one, self.core.settings
        asked, now = core.clock.monotonic(), core.clock.now()
        refusal = await core.store.write(comments.begin, one, self.lane.fence, now, now + settings.lease)
        if refusal is LOST_LANE:
            return False
        if refusal is not None:
            ends = refusal.move in {Move.CANCEL, Move.EXPIRE}
            fate = _refused(refusal.sentence) if ends else _again(refusal.sentence, refusal.until or now + LOST_AGAIN)
            return await self._settle(one, fate)
        self._at = tried = one._replace(state=CommentState.TRYING, tries=one.tries + 1, started_at=now)
        if core.clock.monotonic() - asked > (settings.lease - settings.lease_reserve).total_seconds():
            return await self._settle(tried, _again("Nothing was sent: the database took too long.", now))
        fate = await self._sent(replace(parts, one=tried))
        await heed(core, self.lane, self._said)
        return await self._settle(tried, fate)

    async def _sent(self, parts: _Parts) -> Fate:
        try:
            async with asyncio.timeout(self.core.settings.send_timeout.total_seconds()):
                made = await parts.sink.comment(parts.receipt, parts.text, self._context(parts))
        except ChappeError as error:
            meant = await judged(self.core, self.lane, parts.account, error)
            return await self._failed(parts.one, meant)
        except TimeoutError:
            return self._unknown("No answer came in time.")
        return Fate(CommentState.DONE, "The first comment is there.", remote_id=made.remote_id, url=made.url)

    async def _failed(self, one: Comment, error: ChappeError) -> Fate:
        """Settle what the request raised, by its class: what was provably not sent is tried again, a few times."""
        core, now = self.core, self.core.clock.now()
        match error:
            case RateLimitedError():
                until = wait_until(error, now, core.random)
                await hold(core, self.lane, error.scope, until, str(error))
                return self._later(one, str(error), until)
            case TransientError():
                return self._later(one, str(error), now + backoff(one.tries - 1, core.random))
            case AccountLostError():
                return self._later(one, str(error), now + LOST_AGAIN)
            case RejectedError():
                return _refused(str(error))
            case _:
                return self._unknown(str(error))

    def _unready(self, one: Comment, error: ChappeError, now: datetime) -> Fate:
        """Settle what failed before anything was sent, or looked for."""
        if one.state == CommentState.UNKNOWN:
            return self._look_again(one, str(error), now)
        if isinstance(error, RateLimitedError | TransientError | AccountLostError):
            return _again(str(error), now + LOST_AGAIN)
        return _refused(str(error))

    def _later(self, one: Comment, detail: str, until: datetime) -> Fate:
        if one.tries >= self.core.settings.tries:
            return _refused(f"Given up after {one.tries} tries. The last: {detail}")
        return _again(detail, until)

    def _left(self, one: Comment, now: datetime) -> Fate:
        began = one.started_at or now
        return self._unknown(f"The worker ended while the request of {began:%Y-%m-%d %H:%M:%S} UTC was under way.")

    def _unknown(self, detail: str) -> Fate:
        """Look after the quarantine: a platform may show what it was given a while later."""
        due = self.core.clock.now() + self.core.settings.quarantine
        return Fate(CommentState.UNKNOWN, f"{detail}{LOOK}", due_at=due)

    async def _look(self, parts: _Parts, now: datetime) -> Fate:
        try:
            found = await parts.sink.find_comment(parts.receipt, parts.text, self._context(parts))
        except DoubtfulError as error:
            return Fate(CommentState.UNKNOWN, f"{error}{LOOK}")
        except ChappeError as error:
            return self._look_again(parts.one, str(error), now)
        if found is None:
            return Fate(CommentState.UNKNOWN, f"It was not found by reading back.{LOOK}")
        return Fate(CommentState.DONE, "Found by reading back.", remote_id=found.remote_id, url=found.url)

    def _look_again(self, one: Comment, detail: str, now: datetime) -> Fate:
        due = now + self.core.settings.second_look
        began = one.started_at or one.created_at
        return Fate(CommentState.UNKNOWN, f"{detail}{LOOK}", due_at=due if now - began < LOOKS else None)

    async def _settle(self, one: Comment, fate: Fate) -> bool:
        await self.core.store.write(comments.settle, one, fate, self.core.clock.now())
        return True

    def _context(self, parts: _Parts) -> SendContext:
        now, one = self.core.clock.now(), parts.one
        attempt = Attempt(new_id(), one.tries, one.delivery_id, one.started_at or now)
        seconds = self.core.settings.send_timeout.total_seconds()
        heard = partial(self._heard, parts.sink)
        http = BoundHttp(self.core.http, parts.sink, fresh=True, timeout=seconds, heard=heard)
        return SendContext(http, parts.account, attempt, now)

    def _heard(self, sink: Sink[Any], answer: Response) -> None:
        usage = sink.usage(answer.status, answer.headers)
        if usage is not None:
            self._said.append(usage)


def _refused(detail: str) -> Fate:
    return Fate(CommentState.REFUSED, detail)


def _again(detail: str, until: datetime) -> Fate:
    return Fate(CommentState.WANTED, detail, due_at=until)
