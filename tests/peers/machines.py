"""Machines that are network namespaces of this one: each with one cable, to a router that can lose what it carries.

What the router loses vanishes: no end is told of anything, as when a switch has died. Only root may make them, and only
with the programs of iproute2 and util-linux.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PROGRAMS = ("ip", "nsenter")
NETWORK = "10.77.0.0/16"
"""Where the machines of every router are: they are seen from nowhere else."""


class NoMachinesError(RuntimeError):
    """This machine does not let others be made in it; the text says why."""


@dataclass(frozen=True)
class Machine:
    """A namespace and its address."""

    namespace: str
    address: str

    @property
    def entering(self) -> tuple[str, ...]:
        """What comes before a command that is to run there; it becomes that process."""
        return ("nsenter", f"--net=/run/netns/{self.namespace}")


class Router:
    """Joins machines, and cuts the way between two of them."""

    def __init__(self, namespace: str) -> None:
        self.namespace = namespace
        self._joined = 0

    def join(self, machine_name: str) -> Machine:
        """Make a machine with a cable to this router."""
        self._joined += 1
        number, name = self._joined, f"{self.namespace}-{machine_name}"
        machine = Machine(name, f"10.77.{number}.2")
        _ip("netns", "add", name)
        _ip("-n", self.namespace, "link", "add", f"to{number}", "type", "veth", "peer", "cable", "netns", name)
        _ip("-n", self.namespace, "address", "add", f"10.77.{number}.1/24", "dev", f"to{number}")
        _ip("-n", self.namespace, "link", "set", f"to{number}", "up")
        _ip("-n", name, "address", "add", f"{machine.address}/24", "dev", "cable")
        _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", name, "link", "set", "cable", "up")
        _ip("-n", name, "route", "add", "default", "via", f"10.77.{number}.1")
        return machine

    def leave(self, machine: Machine) -> None:
        """Take a machine away."""
        _ip("netns", "delete", machine.namespace)

    @contextmanager
    def losing(self, *ways: tuple[Machine, Machine]) -> Iterator[None]:
        """Lose whatever is on its way from the first machine of each pair to the second, while the block runs."""
        with ExitStack() as healed:
            for sender, receiver in ways:
                rule = ("from", sender.address, "to", receiver.address, "blackhole")
                _ip("-n", self.namespace, "rule", "add", *rule)
                healed.callback(_ip, "-n", self.namespace, "rule", "delete", *rule)
            yield


@contextmanager
def joined(names: Sequence[str]) -> Iterator[tuple[Router, list[Machine]]]:
    """Give a router and machines of these names, and take them away afterwards; raises NoMachinesError."""
    if os.geteuid() != 0:
        message = "Network namespaces are made by root alone: run these tests as root."
        raise NoMachinesError(message)
    if lacking := [program for program in PROGRAMS if shutil.which(program) is None]:
        message = f"There is no `{'`, no `'.join(lacking)}`: install iproute2 and util-linux."
        raise NoMachinesError(message)
    with ExitStack() as leaving:
        router = Router(f"chappe-{secrets.token_hex(3)}")
        _ip("netns", "add", router.namespace)
        leaving.callback(_ip, "netns", "delete", router.namespace)
        _run(*Machine(router.namespace, "").entering, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        machines = []
        for name in names:
            machines.append(router.join(name))
            leaving.callback(router.leave, machines[-1])
        yield router, machines


def _ip(*words: str) -> None:
    _run("ip", *words)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        message = f"This machine does not let `{' '.join(command)}` be done: {done.stderr.strip()}"
        raise NoMachinesError(message)
