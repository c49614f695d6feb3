"""Poll: read one source, and keep what is new.

The steps, numbered as in the design (4, *A post, from poll to delivered*):

2. Take the source's lease, so that two schedulers poll once; make the source of its row; ask it from its cursor on.
3. The connector turns what the platform says into posts, oldest first, and gives the next cursor.
4. ONE transaction: the guards judge what is not known; new posts, revisions, cursor and trace are written, and the
   lease is given back. After the commit the new posts are woken for routing.

Killed before 4: the lease ends, the same cursor is asked again and gives the same keys. Killed after 4: the due tick
routes what is new. A source that fails is noted, keeps its cursor and is asked again later; it never stops another one.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

import structlog
from pydantic import ValidationError

from engine.contract.context import SourceContext
from engine.errors import AccountLostError, ChappeError, MappingError, RateLimitedError, TransientError
from engine.ids import new_id
from engine.offload import OffloadError
from engine.run import hub
from engine.run.backoff import backoff
from engine.run.grouped import Grouped
from engine.run.heed import heed
from engine.run.judge import Reading, judge
from engine.run.network import BoundHttp
from engine.run.opening import opened_account
from engine.run.patience import parsed
from engine.run.renew import judged
from engine.store import accounts, sources
from engine.store.intake import Intake, take_in
from engine.store.posts import Incoming
from engine.store.sources import Finish, SourceRow, Take
from engine.wake import Kind

if TYPE_CHECKING:
    import random
    from datetime import datetime

    from engine.contract.account import Account
    from engine.contract.source import Batch, Source
    from engine.contract.usage import Usage
    from engine.http_client import Response
    from engine.run.core import Core
    from engine.store.lanes import Lane

log = structlog.get_logger()

LEASE: Final = timedelta(seconds=90)
DEADLINE: Final = timedelta(seconds=60)
"""How long a source may take for its answer in all, its documents' time at the worker not counted."""
HICCUPS: Final = 6
"""So many failures in a row may be a hiccup: until then a source is asked again sooner than its own pace."""
LONGEST_WAIT: Final = timedelta(days=1)
AFTER_BREAKING: Final = timedelta(hours=1)
"""How long a source waits whose document broke the worker's limits, and twice as long each time: others wait for it."""
NOTE_MOST: Final = 1_000


class Poller:
    """Polls sources; many that are polled at once share their transactions."""

    def __init__(self, core: Core, deadline: timedelta = DEADLINE) -> None:
        self.core = core
        self._deadline = deadline.total_seconds()
        self._desk = Grouped(self._turn)

    async def poll(self, source_id: str) -> None:
        """Poll one source, if it is due and nobody else polls it."""
        with self._desk.seat():
            now = self.core.clock.now()
            row = await self._desk.ask(Take(source_id, now, now + LEASE))
            if isinstance(row, SourceRow):
                await self._poll(row, now)

    async def settle(self) -> None:
        """Write at once what polls have left to be written with the next ones."""
        await self._desk.settle()

    async def _turn(self, items: list[Take | Finish]) -> list[SourceRow | bool | None]:
        return await self.core.store.write(sources.turn, items)

    async def _poll(self, row: SourceRow, now: datetime) -> None:
        try:
            batch = await self._ask(row, now)
            await self._keep(row, batch, now)
            await hub.name(self.core, row, batch.hub)
        except ChappeError as error:
            await self._put_off(row, error, now)
        except Exception as error:
            log.exception("A source failed in a way that nobody foresaw.", source=row.name, kind=row.kind)
            surprise = MappingError(
                f"Reading this source failed with {type(error).__name__}: a fault of Chappe or of a connector, not of "
                "yours. The log has the details; it is tried again."
            )
            await self._put_off(row, surprise, now)

    async def _ask(self, row: SourceRow, now: datetime) -> Batch:
        """Steps 2 and 3."""
        core = self.core
        source = _made(core, row)
        lane = await core.store.read(sources.whose, row) if row.account_id or source.secrets() else None
        account = await opened_account(core, lane, source) if lane else None
        said: list[Usage] = []
        http = BoundHttp(core.http, source, heard=partial(_heard, source, said))
        try:
            async with asyncio.timeout(self._deadline) as limit:
                context = SourceContext(http, partial(parsed, core, limit), now, account)
                return await source.fetch(row.cursor, context)
        except AccountLostError as error:
            if lane is None or account is None or not account.id:
                raise
            raise await _meant(core, lane, account, error) from error
        except TimeoutError:
            message = f"The source took longer than {self._deadline:.0f} s to answer."
            raise TransientError(message) from None
        finally:
            if lane is not None:
                await heed(core, lane, said)

    async def _keep(self, row: SourceRow, batch: Batch, now: datetime) -> None:
        """Step 4."""
        core, first = self.core, not row.is_known
        finish = Finish(
            source_id=row.id,
            lease=now + LEASE,
            at=now,
            next_poll_at=now + _until_next(row, core.random),
            read=True,
            cursor=None if batch.unchanged and batch.cursor == row.cursor else batch.cursor,
            note=batch.note[:NOTE_MOST],
        )
        core.tally.polls["unchanged" if batch.unchanged else "read"] += 1
        if batch.unchanged:
            self._desk.leave(finish)  # should it be lost, the lease ends, and the source is asked once more
            return
        settings = core.settings
        restored = core.restored_at is not None and (row.last_poll_at is None or row.last_poll_at <= core.restored_at)
        reading = Reading(row.name, first, now, batch.window, settings.flood_new, settings.flood_window, restored)
        doubt_since = core.restored_from if restored and not first else None
        intake = Intake(row.workspace_id, finish, _incoming(batch), first, now - settings.echo_window, doubt_since)
        kept = await core.store.write(take_in, intake, partial(judge, reading=reading), new_id)
        if kept is not None and kept.to_route:
            await core.wake.wake(Kind.ROUTE, kept.to_route)

    async def _put_off(self, row: SourceRow, error: ChappeError, now: datetime) -> None:
        """Note why a poll failed, and when the source is asked again; its cursor stays."""
        self.core.tally.polls["failed"] += 1
        finish = Finish(
            source_id=row.id,
            lease=now + LEASE,
            at=now,
            next_poll_at=now + _wait_after(error, row, now, self.core.random),
            read=False,
            failures=row.failures + 1,
            note=str(error)[:NOTE_MOST],
        )
        await self.core.store.write(sources.finish, finish)


def _heard(source: Source[Any], said: list[Usage], answer: Response) -> None:
    usage = source.usage(answer.status, answer.headers)
    if usage is not None:
        said.append(usage)


def _made(core: Core, row: SourceRow) -> Source[Any]:
    """Make the source of its row."""
    kind = core.registry.sources.get(row.kind)
    if kind is None:
        message = f"There is no source of the kind {row.kind}: is its connector installed?"
        raise MappingError(message)
    try:
        return _built(kind, row.settings)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        what = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        message = f"The settings of this source no longer fit its kind ({what}): mend its mapping and apply it again."
        raise MappingError(message) from error


@lru_cache(maxsize=4_096)
def _built(kind: type[Source[Any]], settings: str) -> Source[Any]:
    return kind(kind.Config.model_validate_json(settings))


async def _meant(core: Core, lane: Lane, account: Account, error: ChappeError) -> ChappeError:
    """Let a refused account be renewed, else mark it lost: who reads by it must not ask for ever."""
    meant = await judged(core, lane, account, error)
    if meant is error:
        at, note = core.clock.now(), str(error)
        await core.store.write(accounts.set_state, lane.workspace_id, account.id, accounts.LOST, note=note, now=at)
    return meant


def _incoming(batch: Batch) -> tuple[Incoming, ...]:
    """Return what came, each key once, with ids in the order of the posts."""
    by_key = {post.key: post for post in batch.posts}
    return tuple(
        Incoming(
            id=new_id(),
            key=post.key,
            content_hash=post.content_hash,
            fingerprint=post.fingerprint,
            permalink=post.permalink,
            document=post.model_dump_json(),
            published_at=post.published_at,
        )
        for post in by_key.values()
    )


def _until_next(row: SourceRow, chance: random.Random) -> timedelta:
    """Spread the polls of many sources a little, never later than `every` promises."""
    return timedelta(seconds=row.every_s) * chance.uniform(0.9, 1.0)


def _wait_after(error: ChappeError, row: SourceRow, now: datetime, chance: random.Random) -> timedelta:
    """Wait as the server asks; else soon again while it may be a hiccup, then at the source's own pace or slower."""
    if isinstance(error, RateLimitedError) and (error.until or error.wait):
        asked = error.wait or (error.until or now) - now
        return min(max(asked, _until_next(row, chance)), LONGEST_WAIT)
    if isinstance(error, OffloadError) and error.reason != "crash":
        longer: timedelta = AFTER_BREAKING * 2 ** min(row.failures, 5)
        return max(min(longer, LONGEST_WAIT), _until_next(row, chance))
    soon = backoff(row.failures, chance)
    if isinstance(error, TransientError) and row.failures < HICCUPS:
        return soon
    return max(soon, _until_next(row, chance))
