"""Who plays: four people of Acme, of whom one never said yes, and the accounts they lend. Names are sample data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from engine.model.consent import Mode

EVERY = timedelta(seconds=5)
"""How often the company's page and its blog are read."""
MANAGER = "nadia"
"""Who signs in at Facebook to connect the company's page."""
PAGE = "acme-page"
WALL = "acme-wall"
GROUP = "ambassadors"
NETWORKS = {"linkedin": "LinkedIn", "x": "X"}
"""The networks on which people lend their accounts."""


@dataclass(frozen=True, slots=True)
class Role:
    """Somebody at Acme: `key` is theirs in the sandbox. `mode` None is somebody who never said yes."""

    key: str
    name: str
    mode: Mode | None = None

    def account(self, network: str) -> str:
        """Return what the account at a network is called here."""
        return f"{self.key}-{network}"


LEA = Role("lea", "Léa", Mode.POST_FOR_ME)
KARIM = Role("karim", "Karim", Mode.ASK_ME)
INES = Role("ines", "Inès", Mode.POST_FOR_ME)
OMAR = Role("omar", "Omar")
CAST = (LEA, KARIM, INES, OMAR)
