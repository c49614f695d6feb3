"""Remarks on what a mapping names of its workspace, and on what the workspace makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.findings import clipped, did_you_mean, listed, there_are
from mappings.rules import workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mappings.findings import Path
    from mappings.known import Flow, Known
    from mappings.linting.wiring import Sketch
    from mappings.reading.loaded import Loaded


def remark_unknown(loaded: Loaded, sketch: Sketch, known: Known) -> None:
    """Remark on every account and audience that the workspace does not have, or that belongs elsewhere."""
    for name, role in sketch.roles.items():
        if role == "operators":
            continue
        for key in ("account", "accounts"):
            for path, account in sketch.texts(name, key):
                _account(loaded, sketch, path, account, known.accounts)
                if account in known.lost:
                    sentence = f"“{clipped(account)}” must be connected again: until then, nothing comes or goes by it."
                    loaded.add(workspace.LOST_ACCOUNT, path, sentence)
        for path, audience in sketch.texts(name, "audience"):
            if audience in known.audiences:
                _audience(loaded, sketch, path, audience, known)
            else:
                sentence = f"There is no group “{clipped(audience)}”.{_advice(audience, known.audiences, 'group')}"
                loaded.add(workspace.UNKNOWN_AUDIENCE, path, sentence)


def _account(loaded: Loaded, sketch: Sketch, path: Path, account: str, known: Mapping[str, str]) -> None:
    node = sketch.nodes.get(str(path[1]))
    wanted = node.account_kind if node is not None else None
    fitting = [name for name, platform in known.items() if wanted in (None, platform)]
    what = f"account of {wanted}" if known and wanted else "account"
    if account not in known:
        sentence = f"There is no account “{clipped(account)}”.{_advice(account, fitting, what)}"
        loaded.add(workspace.UNKNOWN_ACCOUNT, path, sentence)
    elif wanted is not None and known[account] != wanted:
        sentence = (
            f"“{clipped(account)}” is an account of {known[account]}; `{path[1]}` needs one of {wanted}."
            f"{_advice(account, fitting, what)}"
        )
        loaded.add(workspace.OTHER_PLATFORM, path, sentence)


def _advice(name: str, known: list[str] | frozenset[str], what: str) -> str:
    near = did_you_mean(name, known)
    if near or not known:
        return near or f" No {what} has been added yet."
    return there_are(sorted(known))


def _audience(loaded: Loaded, sketch: Sketch, path: Path, audience: str, known: Known) -> None:
    """Remark on a group that is there, and on what its people's platform makes of this."""
    name = str(path[1])
    node = sketch.nodes.get(name)
    platform = node.account_kind if node is not None else None
    if platform is None or known.members is None:
        return
    lent = known.members.get((audience, platform), ())
    if not lent:
        sentence = f"Nobody of “{clipped(audience)}” has an account of {platform}: nobody gets a post."
        loaded.add(workspace.NOBODY, path, sentence)
    automatic = known.automatic.intersection(lent)
    asked = sketch.data[name].get("approval", "none") in ("person", "both")
    if platform in known.released and automatic and not asked:
        chose = "1 account" if len(automatic) == 1 else f"{len(automatic)} accounts"
        sentence = f"The owners of {chose} chose automatic posts, and are asked for each. {known.released[platform]}"
        loaded.add(workspace.NOT_AUTOMATIC, path, sentence)


def remark_round_trips(loaded: Loaded, own: Sequence[Flow], flows: Sequence[Flow]) -> None:
    """Remark on accounts by which posts come back to the account that they were read from."""
    others = [flow for flow in flows if flow.mapping not in {each.mapping for each in own}] if own else []
    for flow in own:
        way = _way(flow.sink, flow.source, others)
        if way:
            path = next((path for path in _named(loaded, flow.sink)), ("sinks",))
            names = " → ".join((flow.source, flow.sink, *(each.sink for each in way)))
            by = listed(dict.fromkeys(each.mapping for each in way))
            loaded.add(workspace.ROUND_TRIP, path, f"Posts go round by {by}: {names}. Take one mapping out.")
            return


def _way(start: str, end: str, flows: Sequence[Flow]) -> list[Flow]:
    """Return the shortest way from an account to another; none for an account to itself."""
    ways: dict[str, list[Flow]] = {start: []}
    ahead = [start]
    for at in ahead:
        for flow in flows:
            if flow.source == at and flow.sink not in ways:
                ways[flow.sink] = [*ways[at], flow]
                ahead.append(flow.sink)
    return ways.get(end, [])


def _named(loaded: Loaded, account: str) -> Iterator[Path]:
    for sink, data in ((loaded.data or {}).get("sinks") or {}).items():
        if isinstance(data, dict) and data.get("account") == account:
            yield ("sinks", sink, "account")
        elif isinstance(data, dict) and account in (data.get("accounts") or ()):
            yield ("sinks", sink, "accounts")
