"""What is there to see, as JSON: for the page, and for programs that look whether all has arrived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.shown import network_shown
from sandbox.site import plain

if TYPE_CHECKING:
    from sandbox.feeds import Entry, Feed
    from sandbox.receivers import Receiver
    from sandbox.world import World


SHOWN = 40


def everything(world: World) -> dict[str, Any]:
    """Return every feed and every account with its latest messages, newest first."""
    return {
        "version": world.version,
        "feeds": [_feed(feed) for feed in world.feeds.values()],
        "networks": [network_shown(network, "/") for network in world.networks.values()],
        "accounts": [account(receiver, SHOWN) for receiver in world.receivers.values()],
    }


def account(receiver: Receiver, most: int | None = None) -> dict[str, Any]:
    """Return a receiver as its readers see it, and as its operator does; never its secret."""
    settings = receiver.settings
    return {
        "name": receiver.name,
        "title": settings.title or receiver.name,
        "network": settings.network,
        "mode": settings.mode,
        "signed": settings.secret is not None,
        "published": len(receiver.messages),
        "distinct": len(receiver.times),
        "repeats": receiver.repeats,
        "refused": receiver.refused,
        "faults": [fault.model_dump() for fault in receiver.faults],
        "messages": [message.model_dump() for message in receiver.messages[::-1][:most]],
    }


def _feed(feed: Feed) -> dict[str, Any]:
    return {"name": feed.name, "title": feed.title, "entries": [_entry(entry) for entry in feed.newest()]}


def _entry(entry: Entry) -> dict[str, Any]:
    return entry.model_dump(mode="json", exclude={"html"}) | {"text": plain(entry.html)}
