"""Pictures and cards for those who publish: fetched once, made ready once for each network, shared by all accounts.

An address names one picture for as long as it is kept: what the first account publishes, the others publish too. It is
fetched through the guarded client, by nobody's credentials, and unpacked in the worker process.

A post is not published without a picture that belongs to it. One that cannot be had now is tried again with the
delivery; one that never can be rejects the delivery, which a person edits and plans again. A link's card is less: where
it cannot be had the link goes without one, and the post's trace says why.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar
from weakref import WeakValueDictionary

from engine.content.card import PageCard, read_card
from engine.content.media import MAX_BYTES, described
from engine.errors import RejectedError, TransientError
from engine.http_client import redact
from engine.ids import new_id
from engine.model.picture import LinkCard, Picture
from engine.offload import OffloadError
from engine.store import media, traces
from engine.store.media import ORIGINAL, Kept
from engine.store.traces import Trace

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from datetime import datetime

    from engine.http_client import Response
    from engine.model.picture import MediaLimits
    from engine.model.post import Content, Media
    from engine.run.core import Core
    from engine.store.claims import Candidate

T = TypeVar("T")

CARD_KEPT: Final = timedelta(days=1)
TROUBLE_KEPT: Final = timedelta(seconds=20)
"""How long a failure stands for all accounts, so that a crowd does not ask a dead server one by one."""

BUSY_KEPT: Final = timedelta(minutes=2)
"""The same where it took too long to unpack: the machine is busy, or the picture made to keep it so."""

TAKEN_FOR: Final = timedelta(seconds=20)
"""So long the other processes wait for one that fetches a picture: less than one delivery waits for its pictures."""

LOOK_S: Final = 0.25
"""How often they look whether it is there."""

SEATS: Final = 6
"""So many pictures and pages are fetched at once by this process."""

REMEDY: Final = "Take it out of the post or give another, then plan the delivery again."

_MANY: Final = 2_000
_PICTURES: Final = {"Accept": "image/jpeg, image/png, image/gif, image/webp;q=0.9, image/avif;q=0.8, */*;q=0.1"}
_PAGES: Final = {"Accept": "text/html, application/xhtml+xml;q=0.9"}
_LATER: Final = frozenset({404, 408, 425, 429})
"""Refusals that may end by themselves: a picture that was just published may not be everywhere yet."""

_UNREADABLE: Final = {
    "memory": "It takes too much memory to unpack.",
    "crash": "Its bytes are damaged in a way that breaks its reader.",
}


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for all pictures of one delivery, whose lease goes on meanwhile; for fetching one; for a link's page."""

    all: float = 25.0
    picture: float = 12.0
    page: float = 8.0


Key: TypeAlias = tuple[str, str, str]
"""A workspace, an address and a fit; a card has neither the first nor the last."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why something cannot be had, in a sentence; `code` is empty while it may come back."""

    sentence: str
    code: str = ""

    def error(self) -> TransientError | RejectedError:
        """Return it as the error that it is."""
        return RejectedError(self.sentence, code=self.code) if self.code else TransientError(self.sentence)


class Gallery:
    """The pictures and cards of this process."""

    def __init__(self, core: Core, patience: Patience | None = None) -> None:
        self.patience = patience or Patience()
        self._core = core
        self._seats = asyncio.Semaphore(SEATS)
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self._shared: WeakValueDictionary[tuple[Key, str], Picture] = WeakValueDictionary()
        self._told: OrderedDict[Key, tuple[float, PageCard | Trouble]] = OrderedDict()

    def beside(self, candidate: Candidate, limits: MediaLimits) -> Beside:
        """Return what the `prepare` of one delivery is handed."""
        return Beside(self, self._core, candidate, limits)

    async def picture(self, workspace_id: str, url: str, alt: str, limits: MediaLimits) -> Picture:
        """Return a picture that is ready; raise TransientError or RejectedError in a sentence about it."""
        key = (workspace_id, url, limits.fit)
        async with self._turn(key):
            ready = self._shared.get((key, alt))
            if ready is None:
                ready = replace(await self._kept(key, limits), alt=alt)
                self._shared[key, alt] = ready  # the accounts of an audience hold its bytes once
        return ready

    async def card(self, url: str) -> PageCard:
        """Return a page's card, of at most a day ago; raise TransientError or RejectedError in a sentence about it."""
        key = ("", url, "")
        async with self._turn(key):
            known = self._known(key)
            if known is None:
                async with self._seats:
                    known = await self._read(url)
                self._tell(key, known, TROUBLE_KEPT if isinstance(known, Trouble) else CARD_KEPT)
        if isinstance(known, Trouble):
            raise known.error()
        return known

    async def _kept(self, key: Key, limits: MediaLimits) -> Picture:
        return await self._found(key) or await self._made(key, limits)

    async def _found(self, key: Key) -> Picture | None:
        found = await self._core.store.read(media.find, *key)
        if found is None:
            return None
        return Picture(found.content, found.mime, found.width, found.height)  # type: ignore[arg-type]

    async def _made(self, key: Key, limits: MediaLimits) -> Picture:
        known, kept = self._known(key), TROUBLE_KEPT
        if isinstance(known, Trouble):
            raise known.error()
        try:
            async with self._seats:
                return await self._alone(key, limits)
        except OffloadError as error:
            if error.reason == "timeout":
                trouble, kept = Trouble("It took too long to unpack."), BUSY_KEPT
            else:
                trouble = Trouble(_UNREADABLE[error.reason], error.reason)
        except RejectedError as error:
            trouble = Trouble(str(error), error.code)
        except TransientError as error:
            trouble = Trouble(str(error))
        self._tell(key, trouble, kept)
        raise trouble.error()

    async def _alone(self, key: Key, limits: MediaLimits) -> Picture:
        """Make it, or wait for the process that does; of two that ask at once the second finds what was made."""
        core, (workspace_id, url, _) = self._core, key
        if core.store.dialect == "sqlite":  # one process does all, one at a time for each address
            return await self._make(key, limits)
        while not await core.store.write(media.take, workspace_id, url, core.worker, self._term()):
            await core.clock.sleep(LOOK_S)
            if found := await self._found(key):
                return found
        try:
            return await self._found(key) or await self._make(key, limits)
        finally:
            await core.store.write(media.give_back, workspace_id, url, core.worker)

    def _term(self) -> tuple[datetime, datetime]:
        now = self._core.clock.now()
        return now, now + TAKEN_FOR

    async def _make(self, key: Key, limits: MediaLimits) -> Picture:
        """Fetch it unless it was, make it fit, and keep both; a file of no use is not kept."""
        store, (workspace_id, url, fit) = self._core.store, key
        file = await store.read(media.find, workspace_id, url, ORIGINAL)
        content = file.content if file else await self._fetched(url)
        try:
            ready: Picture = await self._core.offload.run_named("engine.content.pixels", "fitted", content, limits)
        except RejectedError:
            await store.write(media.forget, workspace_id, url)
            raise
        made = Kept(fit, ready.bytes, ready.mime, ready.width, ready.height)
        forms = (made,) if file else (Kept(ORIGINAL, content), made)
        await store.write(media.keep, workspace_id, url, tuple(new_id() for _ in forms), forms)
        return ready

    async def _fetched(self, url: str) -> bytes:
        answer = await self._core.http.fetch(
            "GET", url, headers=_PICTURES, timeout=self.patience.picture, max_bytes=MAX_BYTES
        )
        _judge(answer)
        return answer.body

    async def _read(self, url: str) -> PageCard | Trouble:
        try:
            answer = await self._core.http.fetch("GET", url, headers=_PAGES, timeout=self.patience.page)
            _judge(answer)
            kind = answer.headers.get("content-type", "")
            return await self._core.offload.run(read_card, answer.body, kind, answer.url, timeout=self.patience.page)
        except OffloadError:
            return Trouble("The page cannot be read.", "unreadable_page")
        except RejectedError as error:
            return Trouble(str(error), error.code)
        except TransientError as error:
            return Trouble(str(error))

    def _turn(self, key: Key) -> asyncio.Lock:
        """Return the lock that lets one at a time look for what an address has."""
        lock = self._turns.get(key[:2]) or asyncio.Lock()
        self._turns[key[:2]] = lock
        return lock

    def _known(self, key: Key) -> PageCard | Trouble | None:
        until, known = self._told.get(key, (0.0, None))
        return known if until > self._core.clock.monotonic() else None

    def _tell(self, key: Key, known: PageCard | Trouble, kept: timedelta) -> None:
        self._told[key] = (self._core.clock.monotonic() + kept.total_seconds(), known)
        self._told.move_to_end(key)
        if len(self._told) > _MANY:
            self._told.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the text of one delivery: `contract.context.Pictures` and `Cards`."""

    gallery: Gallery
    core: Core
    candidate: Candidate
    limits: MediaLimits

    async def pictures(self, content: Content) -> tuple[Picture, ...]:
        """Return all pictures of the content; raise TransientError or RejectedError, which names the first missing."""
        wanted = [piece for piece in content.media if piece.kind == "image"][: self.limits.count]
        try:
            async with asyncio.timeout(self.gallery.patience.all):
                return tuple([await self._ready(wanted, number) for number in range(len(wanted))])
        except TimeoutError:
            most = self.gallery.patience.all
            message = f"The {len(wanted)} pictures took longer than {most:g} s; those that are ready are kept."
            raise TransientError(message) from None

    async def card(self, url: str) -> LinkCard | None:
        """Return the link's card, or None; the trace says what is missing."""
        link = f"link to {redact(url)}"
        page = await self._or_noted(self.gallery.card(url), f"The {link} goes without a card")
        if page is None:
            return None
        picture = None
        if page.image_url:
            shown = self.gallery.picture(self.candidate.workspace_id, page.image_url, "", self.limits)
            picture = await self._or_noted(shown, f"The card of the {link} goes without its picture")
        return LinkCard(page.url, page.title, page.description, picture)

    async def _ready(self, wanted: list[Media], number: int) -> Picture:
        piece = wanted[number]
        alt = described(piece.alt, self.limits.alt_max)
        try:
            return await self.gallery.picture(self.candidate.workspace_id, piece.url, alt, self.limits)
        except TransientError as error:
            raise TransientError(f"{_named(wanted, number)} cannot be had now. {error}") from error
        except RejectedError as error:
            message = f"{_named(wanted, number)} cannot be published. {error} {REMEDY}"
            raise RejectedError(message, code=error.code) from error

    async def _or_noted(self, work: Coroutine[Any, Any, T], without: str) -> T | None:
        """Return what comes of it, or None, and write into the post's trace why it goes without."""
        try:
            async with asyncio.timeout(self.gallery.patience.all):
                return await work
        except (TransientError, RejectedError) as error:
            sentence = f"{without}: {_lowered(error)}"
        except TimeoutError:
            sentence = f"{without}: it took longer than {self.gallery.patience.all:g} s."
        of, now = self.candidate, self.core.clock.now()
        trace = Trace(new_id(), of.workspace_id, of.post_id, "card", sentence, now, of.sink, of.mapping_id, of.id)
        await self.core.store.write(traces.write, [trace])
        return None


def _named(wanted: list[Media], number: int) -> str:
    """Name a picture for a person: its place, its words, its server; an address may hold a secret."""
    piece = wanted[number]
    words = f" “{described(piece.alt, 60)}”" if piece.alt.strip() else ""
    return f"Picture {number + 1} of {len(wanted)}{words} from {redact(piece.url)}"


def _lowered(error: Exception) -> str:
    sentence = str(error)
    return sentence[:1].lower() + sentence[1:]


def _judge(answer: Response) -> None:
    """Raise what an answer that is not 200 means to somebody who wants a public file."""
    status = answer.status
    if status == 200:  # noqa: PLR2004 - OK
        return
    if status in _LATER or status >= 500:  # noqa: PLR2004 - the server's own trouble
        raise TransientError(f"The server answered {status}.")
    raise RejectedError(f"The server answered {status}: it does not give it to everybody.", code=f"http_{status}")
