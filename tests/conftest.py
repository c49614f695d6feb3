"""What all tests share: a clock, and the promise that no connection leaves this machine."""

from __future__ import annotations

import gc
import ipaddress
import os
import sys

import pytest
import structlog
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

from engine.testing.fakes import FakeClock

pytest_plugins = ["tests.fixtures.databases"]

settings.register_profile("chappe", deadline=None, print_blob=True)
settings.load_profile("chappe")

# What tests leave goes with its last reference: to look for more among thousands of tests takes a tenth of a run.
gc.set_threshold(50_000, 20, 20)

# A picture of a traceback takes a second to draw, and no test looks at one.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)

# The audit events that name a host, and the position of its address or name among their arguments.
_EVENTS = {
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
}
_NAMES = frozenset({"", "localhost", "ip6-localhost", "localhost.localdomain"})


class ConnectionLeftError(RuntimeError):
    """A test may speak to loopback only: give the code a local server, or a fake, to talk to."""


def is_local(host: object) -> bool:
    """Tell whether a host is loopback: a name of it, a literal of it, or no host at all."""
    if host is None:
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        address = ipaddress.ip_address(text.split("%")[0])
    except ValueError:
        return text.lower() in _NAMES
    return address.is_loopback or address.is_unspecified


def refuse_strangers(event: str, args: tuple[object, ...]) -> None:
    """Refuse, before it begins, what would look up or reach another machine."""
    if event not in _EVENTS:
        return
    target = args[_EVENTS[event]]
    if event.startswith("socket.get"):
        host: object = target
    elif isinstance(target, tuple):
        host = target[0]
    else:
        return  # a socket of this machine's own file system, or one that is connected already
    if not is_local(host):
        message = f"The test {os.environ.get('PYTEST_CURRENT_TEST', '')} tried to reach {host!r}."
        raise ConnectionLeftError(message)


sys.addaudithook(refuse_strangers)


class _Shares(LoadFileScheduling):  # type: ignore[misc]  # it has no types
    """Deals the files out; all that looks through the tree of the project goes to one process, which reads it once."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "the tree" if file.startswith(("tests/house/", "tests/docs/test_commands.py")) else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """Deal the tests out among the processes."""
    return _Shares(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the files that take long begin first: a run ends when its last file does."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """Let the collector leave alone what is there before the first test."""
    gc.freeze()


@pytest.fixture
def clock() -> FakeClock:
    """Give a clock that moves when the test moves it."""
    return FakeClock()
