"""All that the sandbox holds: feeds, receivers and networks by name, in memory, and in the journal if there is one."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from sandbox.clock import SystemClock
from sandbox.feeds import Entry, Feed, NewEntry
from sandbox.journal import Journal
from sandbox.networks import facebook, linkedin, x
from sandbox.receivers import Message, Receiver, Settings

if TYPE_CHECKING:
    from sandbox.clock import Clock

NAME: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_SAMPLES: Final = files("sandbox").joinpath("acme.json")


class World:
    """Feeds and receivers come into being when they are first named. `version` grows with every change."""

    def __init__(self, journal: Journal | None = None, clock: Clock | None = None) -> None:
        self.clock: Clock = clock or SystemClock()
        self.version = 0
        self.feeds: dict[str, Feed] = {}
        self.receivers: dict[str, Receiver] = {}
        self.networks = {network.face.name: network for network in (facebook(self), linkedin(self), x(self))}
        self._journal = journal or Journal()
        self._begin()
        for event in self._journal.earlier:
            self._do_again(event)

    def feed(self, name: str) -> Feed:
        """Return a feed."""
        if name not in self.feeds:
            self.feeds[name] = Feed(name, name.replace("-", " ").title())
        return self.feeds[name]

    def receiver(self, name: str) -> Receiver:
        """Return a receiver; a new one honours `webhook-id` and takes unsigned messages."""
        if name not in self.receivers:
            self.receivers[name] = Receiver(name, Settings())
            self.changed()
        return self.receivers[name]

    def configure(self, name: str, settings: Settings) -> Receiver:
        """Set how a receiver presents itself and behaves; what it has stays."""
        receiver = self.receiver(name)
        receiver.settings = settings
        self._journal.append("receiver", name=name, settings=settings.model_dump(mode="json"))
        self.changed()
        return receiver

    def publish(self, feed: str, new: NewEntry) -> Entry:
        """Add an entry to a feed, or change one."""
        entry = self.feed(feed).publish(new, self.clock.now())
        self._journal.append("entry", feed=feed, entry=entry.model_dump(mode="json"))
        self.changed()
        return entry

    def accept(self, receiver: Receiver, key: str, content: dict[str, Any]) -> bool:
        """Publish a message at a receiver; tells whether it was new to it."""
        message = receiver.accept(key, content, self.clock.now())
        if message is not None:
            self._journal.append("message", receiver=receiver.name, message=message.model_dump(mode="json"))
        self.changed()
        return message is not None

    def note(self, network: str, what: str, record: dict[str, Any]) -> None:
        """Keep what happened at a network."""
        self._journal.append("network", network=network, what=what, record=record)

    def changed(self) -> None:
        """Let those who watch look again."""
        self.version += 1

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()

    def _begin(self) -> None:
        """Let Acme have published lately, as seen from when the first process with this journal began."""
        if self._journal.earlier:
            began = datetime.fromisoformat(self._journal.earlier[0]["at"])
        else:
            began = self.clock.now()
            self._journal.append("began", at=began.isoformat())
        acme = self.feeds["acme"] = Feed("acme", "Acme – actualités & news")
        for sample in json.loads(_SAMPLES.read_text(encoding="utf-8")):
            minutes = timedelta(minutes=sample.pop("minutes_ago"))
            acme.publish(NewEntry(**sample), began - minutes)

    def _do_again(self, event: dict[str, Any]) -> None:
        match event["event"]:
            case "receiver":
                self.receiver(event["name"]).settings = Settings(**event["settings"])
            case "network":
                self.networks[event["network"]].again(event["what"], event["record"])
            case "entry":
                self.feed(event["feed"]).keep(Entry(**event["entry"]))
            case "message":
                self.receiver(event["receiver"]).keep(Message(**event["message"]))
