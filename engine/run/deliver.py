"""Deliver: send what is due for one account, in order, one at a time.

The steps, numbered as in the design (4, *A post, from poll to delivered*):

6. Under the account's lease: the next delivery, its sink, content and account; `prepare` uploads, repeatably.
7. Claim ONE row: consent, caps, pauses and holds are looked at and the attempt written in the same transaction.
8. `commit`: one publishing request, begun at once, 15 s in all, and only with enough of the lease left.
9. The outcome becomes the next state: `settle`, pure.
10. ONE transaction: outcome and receipt, together with the next claim.

Killed after 6: prepared again. Killed after 7 or 8: doubtful when the lease ends. Nothing after 8 may fail a delivery.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from engine.content.rendering import lacking
from engine.contract.context import Attempt, SendContext
from engine.errors import ChappeError, DoubtfulError, MappingError, RejectedError
from engine.ids import new_id
from engine.model.delivery import Doubt, State
from engine.run import budget, doubt
from engine.run.comment import Commenter
from engine.run.heed import answered, heed, hold
from engine.run.media import Gallery
from engine.run.network import BoundHttp
from engine.run.opening import opened_account
from engine.run.renew import judged
from engine.run.settle import Settled, Tried, failed, sent
from engine.store import accounts as account_rows
from engine.store import deliveries
from engine.store.claims import Candidate, Claim, Outcome, Request
from engine.store.guard import LOST_LANE
from engine.store.unit import StoreError
from engine.wake import Again

if TYPE_CHECKING:
    from datetime import datetime

    from engine.contract.account import Account
    from engine.contract.sink import Sink
    from engine.contract.usage import Usage
    from engine.http_client import Response
    from engine.model.post import Content
    from engine.run.core import Core
    from engine.run.gate import Gate
    from engine.store.claims import Answer
    from engine.store.lanes import Lane

log = structlog.get_logger()

PREPARED_FOR = timedelta(hours=12)
TOO_LATE = "The claim took too long; nothing was sent."


@dataclass(frozen=True, slots=True)
class Ready:
    """A delivery with all that its publishing request needs."""

    candidate: Candidate
    sink: Sink[Any]
    content: Content
    body: bytes
    ctx: SendContext
    claim: Claim


class Deliverer:
    """Sends for accounts; `stopping` makes every drain end after the send that is under way."""

    def __init__(self, core: Core, gate: Gate) -> None:
        self.core = core
        self.gate = gate
        self.gallery = Gallery(core)
        self.stopping = False

    async def drain(self, account_id: str) -> Again | None:
        """Send what is due for this account until nothing is, its lane must wait, or the time slice is over."""
        async with self.gate.seat() as gate:
            answer = await gate.ask(Request(account_id, take=True))
            if answer.lane is None:
                return None
            drain = _Drain(self, answer.lane)
            return await drain.run(answer.candidate) if await drain.comments() else None


class _Drain:
    """One holding of one lane."""

    def __init__(self, deliverer: Deliverer, lane: Lane) -> None:
        self.core = deliverer.core
        self.gate = deliverer.gate
        self.deliverer = deliverer
        self.lane = lane
        self.until = self.core.clock.monotonic() + self.core.settings.drain_slice.total_seconds()
        self._accounts: dict[tuple[str, str], Account] = {}
        self._said: list[Usage] = []
        self._commented = False

    async def comments(self) -> bool:
        """Write the first comments that are due, before posts; tells whether the lane is still ours."""
        at = self.lane.comment_at
        if at is None or at > self.core.clock.now() or self.deliverer.stopping:
            return True
        commenter = Commenter(self.core, self.lane)
        try:
            return await commenter.run()
        except StoreError:
            raise
        except Exception as error:
            log.exception("A sink failed in a way that nobody foresaw.", account=self.lane.account_id)
            await commenter.surprised(type(error).__name__)
            return True

    async def run(self, candidate: Candidate | None) -> Again | None:
        """Send, and give the lane back with when it is due next."""
        pending: Outcome | None = None
        last = ""
        while candidate is not None and candidate.due_at <= self.core.clock.now():
            if self.deliverer.stopping or self.core.clock.monotonic() > self.until:
                await self._release(pending)
                return None if self.deliverer.stopping else Again()
            slow = await self._takes_time(candidate)
            if pending and slow:
                answer = await self._ask(outcome=pending)  # what is known is on disk before anything else begins
                pending, candidate = None, answer.candidate
                continue
            ready, answer, asked = await self._claimed(candidate, pending, slow=slow)
            pending = None
            if ready and answer.claimed:
                pending = await self._send(ready, asked)
            elif answer.refusal == LOST_LANE:
                return None
            elif answer.refusal and answer.refusal.move is None and not answer.refusal.alone:
                await self._release(None, wait=answer.refusal.until)
                return None
            elif candidate.id == last:
                break  # the row moves under our hands: the due tick comes back to it
            last = candidate.id
            candidate = answer.candidate
        await self._release(pending)
        return Again() if self._commented else None

    async def _claimed(
        self, candidate: Candidate, pending: Outcome | None, *, slow: bool
    ) -> tuple[Ready | None, Answer, float]:
        """Steps 6 and 7. What takes time is not begun for a delivery that may not go out now."""
        if slow and candidate.state == State.PLANNED:
            answer = await self._ask(look=candidate.id)
            if answer.refusal is not None:
                return None, answer, 0.0
        ready = await self._ready(candidate)
        asked = self.core.clock.monotonic()
        return ready, await self._ask(outcome=pending, claim=ready.claim if ready else None), asked

    async def _ask(self, *, outcome: Outcome | None = None, look: str = "", claim: Claim | None = None) -> Answer:
        fence = self.lane.fence
        return await self.gate.ask(Request(self.lane.account_id, fence=fence, outcome=outcome, look=look, claim=claim))

    async def _release(self, outcome: Outcome | None, wait: datetime | None = None) -> None:
        fence = self.lane.fence
        await self.gate.ask(Request(self.lane.account_id, fence=fence, outcome=outcome, release=True, earliest=wait))

    async def _takes_time(self, candidate: Candidate) -> bool:
        """Tell whether making this one ready speaks to the network."""
        if candidate.state == State.DOUBTFUL:
            return True
        node = (await self.core.graph(candidate.version_id)).sinks.get(candidate.sink)
        return node is not None and node.sink.uploads

    async def _ready(self, candidate: Candidate) -> Ready | None:
        """Step 6. Returns None when the row was settled without a send, or cannot be now: look at what is next."""
        tried = Tried(State(candidate.state), candidate.tries, Doubt.ASK)
        try:
            try:
                return await self._made_ready(candidate)
            except StoreError:
                raise
            except ChappeError as error:
                opened = self._accounts.get((candidate.version_id, candidate.sink))
                meant = await self._judged(opened, error) if opened else error
                await self._not_ready(candidate, tried, meant)
            except Exception as error:
                log.exception("A sink failed before anything was sent.", sink=candidate.sink)
                surprise = MappingError(f"The sink failed with {type(error).__name__} before anything was sent.")
                await self._not_ready(candidate, tried, surprise)
        except StoreError as error:
            log.warning("The database cannot be read: the delivery waits.", delivery=candidate.id, error=str(error))
        return None

    async def _made_ready(self, candidate: Candidate) -> Ready | None:
        graph = await self.core.graph(candidate.version_id)
        node = graph.sinks.get(candidate.sink)
        if node is None:
            message = f"The mapping has no sink {candidate.sink} in the version it was planned with."
            raise MappingError(message)
        content = await self.core.content(candidate.content_id)
        account = await self._account(candidate, node.sink)
        if candidate.state == State.DOUBTFUL:
            ctx = self._context(candidate, account, node.sink)
            await doubt.settle(self.core, candidate, node.sink, content, ctx)
            return None
        return await self._prepared(candidate, node.sink, content, account)

    async def _account(self, candidate: Candidate, sink: Sink[Any]) -> Account:
        """Unseal what a sink needs once for the time that the lane is held, which is a few seconds."""
        key = candidate.version_id, candidate.sink
        if key not in self._accounts:
            self._accounts[key] = await opened_account(self.core, self.lane, sink)
        return self._accounts[key]

    async def _prepared(self, candidate: Candidate, sink: Sink[Any], content: Content, account: Account) -> Ready:
        ctx = self._context(candidate, account, sink)
        if bare := lacking(content.media, sink.room):
            raise RejectedError(bare, code="no_media")
        parts: dict[str, str] = {}
        if sink.uploads:
            parts = await self._uploads(candidate, sink, content, ctx)
            ctx = SendContext(ctx.http, ctx.account, ctx.attempt, ctx.now, parts)
        body = sink.wire(content, account, ctx.attempt, parts)
        request_hash = hashlib.sha256(body).hexdigest()
        if _is_resend(candidate) and candidate.request_hash != request_hash:
            message = "The request would differ from the one that was tried before: look, then plan it again."
            raise RejectedError(message, code="hash_differs")
        if (
            sink.doubt is Doubt.PROBE
            and candidate.outcome == "doubtful"
            and not doubt.in_time(candidate, sink, ctx.now)
        ):
            message = "The try before got no answer, and it is too late to ask by another: look, then plan it again."
            raise RejectedError(message, code="too_late_to_probe")
        claim = Claim(
            delivery_id=candidate.id,
            workspace_id=candidate.workspace_id,
            account_id=candidate.account_id,
            fence=self.lane.fence,
            content_id=candidate.content_id,
            attempt_id=ctx.attempt.id,
            number=ctx.attempt.number,
            key=ctx.attempt.key,
            frozen_at=ctx.attempt.frozen_at,
            prepared=json.dumps(parts),
            request_hash=request_hash,
            takes=budget.takes(sink, content, self.lane, candidate.outcome, ctx.now),
        )
        return Ready(candidate, sink, content, body, ctx, claim)

    async def _uploads(
        self, candidate: Candidate, sink: Sink[Any], content: Content, ctx: SendContext
    ) -> dict[str, str]:
        """Upload once: the results are rows that serve a later try until they expire, or are of no use."""
        store = self.core.store
        parts = await store.read(deliveries.prepared_parts, candidate.id, ctx.now)
        if parts is None:
            beside = self.deliverer.gallery.beside(candidate, sink.limits.media)
            parts = await sink.prepare(content, replace(ctx, pictures=beside.pictures, card=beside.card))
            until = ctx.now + PREPARED_FOR
            await store.write(deliveries.keep_prepared, candidate.workspace_id, candidate.id, parts, until)
        try:
            await sink.ready(replace(ctx, prepared=parts))
        except RejectedError:
            await store.write(deliveries.forget_prepared, candidate.id)
            raise
        return parts

    def _context(self, candidate: Candidate, account: Account, sink: Sink[Any]) -> SendContext:
        """Make the attempt: its key is the delivery's id, its frozen time that of the first try of this content."""
        now = self.core.clock.now()
        doubtful = candidate.state == State.DOUBTFUL
        attempt = Attempt(
            id=candidate.attempt_id if doubtful and candidate.attempt_id else new_id(),
            number=(candidate.attempt_number or 0) + (0 if doubtful else 1),
            key=candidate.id,
            frozen_at=candidate.frozen_at if candidate.frozen_at and (doubtful or _is_resend(candidate)) else now,
        )
        http = BoundHttp(
            self.core.http,
            sink,
            fresh=sink.doubt in {Doubt.ASK, Doubt.PROBE},
            timeout=self.core.settings.send_timeout.total_seconds(),
            heard=partial(self._heard, sink),
        )
        return SendContext(http=http, account=account, attempt=attempt, now=now)

    def _heard(self, sink: Sink[Any], answer: Response) -> None:
        usage = sink.usage(answer.status, answer.headers)
        if usage is not None:
            self._said.append(usage)

    async def _send(self, ready: Ready, asked: float) -> Outcome:
        """Steps 8 and 9. `asked` is the monotonic time from before the claim was sent: the lease counts from there."""
        core, settings = self.core, self.core.settings
        began = core.clock.monotonic()
        if began - asked > (settings.lease - settings.lease_reserve).total_seconds():
            back = Settled(State.PLANNED, "put_back", TOO_LATE, due_at=core.clock.now())
            return self._outcome(ready, back)
        tried = Tried(State.SENDING, ready.candidate.tries, ready.sink.doubt)
        try:
            with core.tally.timed(self.lane.platform, core.clock):
                async with asyncio.timeout(settings.send_timeout.total_seconds()):
                    receipt = await ready.sink.commit(ready.body, ready.ctx)
        except ChappeError as error:
            meant = await self._judged(ready.ctx.account, error)
            settled = failed(tried, meant, core.clock.now(), settings, core.random)
        except TimeoutError:
            silence = DoubtfulError(f"No answer within {settings.send_timeout.total_seconds():.0f} s.")
            settled = failed(tried, silence, core.clock.now(), settings, core.random)
        except Exception as error:
            log.exception("A sink failed in a way that nobody foresaw.", sink=ready.candidate.sink)
            surprise = DoubtfulError(f"The sink failed with {type(error).__name__} after the request had begun.")
            settled = failed(tried, surprise, core.clock.now(), settings, core.random)
        else:
            settled = sent(tried, receipt)
        settled = await answered(core, self.lane, settled, retry=tried.tries > 0, since=began)
        await self._consequences(settled)
        return self._outcome(ready, settled)

    async def _judged(self, account: Account, error: ChappeError) -> ChappeError:
        """Look whether an account that is refused can be renewed; then it is opened anew before the next send."""
        meant = await judged(self.core, self.lane, account, error)
        if meant is not error:
            self._accounts.clear()
            self.lane = replace(self.lane, renew_at=self.core.clock.now())
        return meant

    def _outcome(self, ready: Ready, settled: Settled) -> Outcome:
        now = self.core.clock.now()
        receipt = settled.receipt
        comment = receipt is not None and bool(ready.content.comment)
        self._commented |= comment
        return Outcome(
            delivery_id=ready.candidate.id,
            attempt_id=ready.claim.attempt_id,
            state=settled.state,
            reason=settled.reason or "",
            detail=settled.detail,
            outcome=settled.outcome,
            due_at=settled.due_at,
            counts=int(settled.counts),
            remote_id=receipt.remote_id if receipt else None,
            url=receipt.url if receipt else None,
            at=now,
            sent_at=now if receipt else None,
            back=budget.given_back(ready.claim.takes, settled.state),
            comment=comment,
        )

    async def _not_ready(self, candidate: Candidate, tried: Tried, error: ChappeError) -> None:
        """Settle an error from before the claim: nothing was published by this try."""
        core = self.core
        now = core.clock.now()
        if tried.state is State.DOUBTFUL:
            await core.store.write(
                deliveries.look_later, candidate.id, str(error), now + core.settings.second_look, now
            )
            return
        settled = failed(tried, error, now, core.settings, core.random)
        await self._consequences(settled)
        await core.store.write(deliveries.settle_planned, candidate.id, settled_row(settled), now)

    async def _consequences(self, settled: Settled) -> None:
        """Hold the platform's bucket, or stop the account: others must know before the outcome is written."""
        lane, now = self.lane, self.core.clock.now()
        await heed(self.core, lane, self._said)
        if settled.hold_scope is not None and settled.due_at is not None:
            await hold(self.core, lane, settled.hold_scope, settled.due_at, settled.detail)
        if settled.account_lost:
            await self.core.store.write(
                account_rows.set_state, lane.workspace_id, lane.account_id, "lost", note=settled.detail, now=now
            )


def _is_resend(candidate: Candidate) -> bool:
    """Tell whether an earlier try of the same content may be out: its request is then repeated to the byte.

    A person who plans a delivery again has looked, and sets its tries back to none.
    """
    return candidate.tries > 0 and candidate.attempt_content == candidate.content_id


def settled_row(settled: Settled) -> deliveries.Change:
    """Give the store what it writes of a settled try."""
    return deliveries.Change(
        state=settled.state,
        reason=settled.reason or "",
        detail=settled.detail,
        due_at=settled.due_at,
        counts=settled.counts,
        remote_id=settled.receipt.remote_id if settled.receipt else None,
        url=settled.receipt.url if settled.receipt else None,
    )
