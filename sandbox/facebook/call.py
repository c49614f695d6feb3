"""One request of the Graph API, and what answers it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.facebook.asking import asked_of
from sandbox.facebook.callers import Caller, caller_of

if TYPE_CHECKING:
    from sandbox.facebook.asking import Asked
    from sandbox.facebook.usage import Usage
    from sandbox.facebook.webhooks import Webhooks
    from sandbox.forms import Form
    from sandbox.network import Network


@dataclass(frozen=True, slots=True)
class Graph:
    """What answers: the network, what is counted, and who is told."""

    network: Network
    usage: Usage
    webhooks: Webhooks


@dataclass(frozen=True, slots=True)
class Call:
    """One request: its path without the version, and all that it brought along; `here` is its whole address."""

    graph: Graph
    path: tuple[str, ...]
    form: Form
    token: str
    here: str

    @property
    def network(self) -> Network:
        """The network that is called."""
        return self.graph.network

    @property
    def base(self) -> str:
        """The sandbox's own address."""
        return self.here.partition("facebook/")[0]

    def caller(self) -> Caller:
        """Return who calls, and count the call."""
        caller = caller_of(self.network, self.token, self.form.values.get("appsecret_proof", ""))
        self.graph.usage.count(caller, self.network.clock.now())
        return caller

    def asked(self) -> dict[str, Asked] | None:
        """Return the fields that are asked for, None for a node's own."""
        fields = self.form.values.get("fields", "")
        return asked_of(fields) if fields else None
