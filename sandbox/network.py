"""A network as the sandbox holds it, whatever it speaks: accounts, what stands on their timelines, pictures, tokens.

What a network keeps beyond that goes into `facts`, as JSON by name. All of it survives a kill where there is a journal.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from fastapi.responses import JSONResponse, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from sandbox.faults import Faults
from sandbox.oauth import Authority, Client, Policy

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.clock import Clock
    from sandbox.people import Account

_EPOCH_MS: Final = 1_288_834_974_657
"""Where numbers that grow with time begin, as X counts them: 4 November 2010."""


COMMENT: Final = "comment"
"""The kind of what stands below a post, on no timeline; `below` in its details names the post."""


class Card(BaseModel):
    """A link as a reader sees it; `picture` is a picture's id, or an address."""

    model_config = ConfigDict(frozen=True)

    url: str
    title: str = ""
    description: str = ""
    picture: str = ""


class Picture(BaseModel):
    """A picture that was uploaded; `media` is its MIME type as sniffed, width and height are pixels, 0 if unknown."""

    model_config = ConfigDict(frozen=True)

    id: str
    owner: str
    media: str
    alt: str = ""
    width: int = 0
    height: int = 0
    data: bytes = Field(default=b"", repr=False)


class Publication(BaseModel):
    """A post on a timeline. `text` is as it was sent, `shown` as a reader sees it where the network makes it differ.

    `pictures` are ids; `reshares` is the id of a post of the same network; `app` the client id of the app that
    published it, "" for a person at the network itself; one that is `hidden` stands on no timeline.
    `details` are the network's own.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    account: str
    at: AwareDatetime
    changed_at: AwareDatetime
    text: str = ""
    shown: str | None = None
    kind: str = "status"
    card: Card | None = None
    pictures: tuple[str, ...] = ()
    reshares: str = ""
    app: str = ""
    deleted: bool = False
    hidden: bool = False
    details: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Face:
    """How a network presents itself: its key in addresses, its name and its colour."""

    name: str
    title: str
    colour: str


class Keeper(Protocol):
    """Whoever keeps what happens at networks, and tells those who watch."""

    clock: Clock

    def note(self, network: str, what: str, record: dict[str, Any]) -> None:
        """Keep a record, so that it survives a kill."""

    def changed(self) -> None:
        """Let those who watch look again."""


class Network:
    """One network. `error(name)` makes its own error for a fault; `listeners` hear of every change on a timeline.

    `parts` are the living pieces that the network's own module adds; they begin anew with every process.
    """

    def __init__(
        self, face: Face, accounts: tuple[Account, ...], policy: Policy, client: Client, keeper: Keeper
    ) -> None:
        self.face = face
        self.clock = keeper.clock
        self.accounts = {account.id: account for account in accounts}
        self.publications: dict[str, Publication] = {}
        self.pictures: dict[str, Picture] = {}
        self.facts: dict[str, Any] = {}
        self.faults = Faults()
        self.signed_in = ""
        self.parts: dict[str, Any] = {}
        self.authority = Authority(policy, client, keeper.clock, self._note)
        self.listeners: list[Callable[[str, Publication], None]] = []
        self.error: Callable[[str], Response] = _unnamed
        self._keeper = keeper
        self._last = 0

    def account_of(self, person: str) -> Account:
        """Return the account of a person, by the person's key; KeyError where there is none."""
        return (
            next((one for one in self.accounts.values() if one.person and one.person == person), None)
            or (self.accounts[person])
        )

    def new_number(self) -> str:
        """Return a number that none has yet; numbers grow with time."""
        now = int(self.clock.now().timestamp() * 1000) - _EPOCH_MS
        self._last = max(now << 22, self._last + 1)
        return str(self._last)

    def publish(self, publication: Publication) -> Publication:
        """Put a post on a timeline."""
        self._keep(publication)
        self._tell("add", publication)
        return publication

    def change(self, publication_id: str, **fields: Any) -> Publication:
        """Edit a post."""
        old = self.publications[publication_id]
        changed = old.model_copy(update={"changed_at": self.clock.now(), **fields})
        self._keep(changed)
        self._tell("add" if old.hidden and not changed.hidden else "edited", changed)
        return changed

    def remove(self, publication_id: str) -> None:
        """Take a post from its timeline."""
        gone = self.publications[publication_id].model_copy(update={"deleted": True, "changed_at": self.clock.now()})
        self._keep(gone)
        self._tell("remove", gone)

    def timeline(self, account: str) -> list[Publication]:
        """Return what stands on an account's timeline, newest first."""
        own = [one for one in self.publications.values() if one.account == account and not (one.deleted or one.hidden)]
        return sorted(own, key=lambda one: one.at)[::-1]

    def comments(self, publication: str) -> list[Publication]:
        """Return what stands below a post, oldest first."""
        return [
            one for one in self.publications.values() if one.details.get("below") == publication and not one.deleted
        ]

    def add_picture(self, picture: Picture) -> Picture:
        """Take a picture, or change what is known of it."""
        self.pictures[picture.id] = picture
        data = base64.b64encode(picture.data).decode()
        self._note("picture", {**picture.model_dump(mode="json", exclude={"data"}), "data": data})
        return picture

    def put(self, name: str, value: Any) -> None:
        """Keep something of the network's own, as JSON."""
        self.facts[name] = value
        self._note("fact", {"name": name, "value": value})
        self.changed()

    def changed(self) -> None:
        """Let those who watch look again."""
        self._keeper.changed()

    def again(self, what: str, record: dict[str, Any]) -> None:
        """Take what an earlier process kept."""
        match what:
            case "publication":
                publication = Publication.model_validate_json(json.dumps(record))
                self.publications[publication.id] = publication
            case "picture":
                picture = Picture(**{**record, "data": base64.b64decode(record["data"])})
                self.pictures[picture.id] = picture
            case "fact":
                self.facts[record["name"]] = record["value"]
            case _:
                self.authority.again(what, record)

    def _keep(self, publication: Publication) -> None:
        self.publications[publication.id] = publication
        self._note("publication", publication.model_dump(mode="json"))
        self.changed()

    def _tell(self, verb: str, publication: Publication) -> None:
        for listener in self.listeners:
            listener(verb, publication)

    def _note(self, what: str, record: dict[str, Any]) -> None:
        self._keeper.note(self.face.name, what, record)


def _unnamed(name: str) -> Response:
    return JSONResponse({"error": name}, 500)
