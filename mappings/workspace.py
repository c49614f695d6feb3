"""What a mapping names of its workspace: accounts and groups of people, where the names are known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mappings.findings import clipped, did_you_mean, there_are
from mappings.rules import wiring

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mappings.findings import Path
    from mappings.loaded import Loaded
    from mappings.wiring import Sketch


@dataclass(frozen=True, slots=True)
class Known:
    """The names that a workspace has: its accounts with the platform of each, and its groups of people."""

    accounts: Mapping[str, str] = field(default_factory=dict)
    audiences: frozenset[str] = frozenset()


def remark_unknown(loaded: Loaded, sketch: Sketch, known: Known) -> None:
    """Remark on every account and audience that the workspace does not have, or that belongs elsewhere."""
    for name, role in sketch.roles.items():
        if role == "operators":
            continue
        for key in ("account", "accounts"):
            for path, account in sketch.texts(name, key):
                _account(loaded, sketch, path, account, known.accounts)
        for path, audience in sketch.texts(name, "audience"):
            if audience not in known.audiences:
                sentence = f"There is no group “{clipped(audience)}”.{_advice(audience, known.audiences, 'group')}"
                loaded.add(wiring.UNKNOWN_AUDIENCE, path, sentence)


def _account(loaded: Loaded, sketch: Sketch, path: Path, account: str, known: Mapping[str, str]) -> None:
    node = sketch.nodes.get(str(path[1]))
    wanted = node.account_kind if node is not None else None
    fitting = [name for name, platform in known.items() if wanted in (None, platform)]
    if account not in known:
        sentence = f"There is no account “{clipped(account)}”.{_advice(account, fitting, 'account')}"
        loaded.add(wiring.UNKNOWN_ACCOUNT, path, sentence)
    elif wanted is not None and known[account] != wanted:
        sentence = (
            f"“{clipped(account)}” is an account of {known[account]}; `{path[1]}` needs one of {wanted}."
            f"{_advice(account, fitting, 'account')}"
        )
        loaded.add(wiring.OTHER_PLATFORM, path, sentence)


def _advice(name: str, known: list[str] | frozenset[str], what: str) -> str:
    near = did_you_mean(name, known)
    if near or not known:
        return near or f" No {what} has been added yet."
    return there_are(sorted(known))
