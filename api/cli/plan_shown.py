"""How a plan is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from api.cli.diff_shown import show_diff
from api.cli.session import when
from api.cli.show import count, heading, say, short_text, table

if TYPE_CHECKING:
    from decimal import Decimal

    from mappings.changing.planning import Audience, FirstRun, Held, MappingPlan, Plan
    from mappings.rehearsal.replay import Difference, Outgo, Replay

ROWS: Final = 20
"""So many differences of a replay are shown; --json has all."""
NAMES: Final = 8


def show_plan(plan: Plan) -> None:
    """Print what each mapping becomes."""
    for one in plan.mappings:
        heading(f"{one.mapping}: {_what(one)}")
        if one.diff:
            show_diff(one.diff, "  ")
        for audience in one.audiences:
            _show_audience(audience)
        for held in one.held:
            say(f"  {_held(held)}")
        for first in one.first_runs:
            say(f"  {_first_run(first)}")
        if one.replay is not None:
            _show_replay(one.replay, known=bool(one.runs))
    say()
    changed = sum(one.what != "unchanged" for one in plan.mappings)
    same = len(plan.mappings) - changed
    say(f"{count(changed, 'mapping')} to change, {same} unchanged. Plan {plan.id}.")


def _what(one: MappingPlan) -> str:
    if one.what == "unchanged":
        return f"unchanged, version {one.runs} runs"
    return f"new, version {one.version}" if one.what == "new" else f"version {one.runs} → {one.version}"


def _show_audience(audience: Audience) -> None:
    if audience.gained or audience.lost:
        many = f"{count(len(audience.accounts), 'account')} now"
        say(
            f"  sinks.{audience.sink}: {many}{_names(', new ', audience.gained)}{_names(', no longer ', audience.lost)}"
        )


def _names(word: str, names: tuple[str, ...]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return f"{word}{', '.join(names[:NAMES])}{more}"


def _held(held: Held) -> str:
    many = count(held.posts, "post waits", "posts wait")
    if held.fate == "stay":
        stay = (
            "it stays, and the node looks at it again"
            if held.posts == 1
            else "they stay, and the node looks at them again"
        )
        return f"{many} at {held.node}: {stay}."
    if held.fate == "move":
        return f"{many} at {held.node}, and will wait at {held.to}."
    return f"{many} at {held.node}: the node is gone, so what is there goes on by the version it came with."


def _first_run(first: FirstRun) -> str:
    if first.posts is not None:
        return f"{count(first.posts, 'older post')} of {first.node} will go out, as `first_run:` asks."
    what = f"since {first.since:%d %b %Y}" if first.since else f"up to {count(first.most, 'older post')}"
    return f"{first.node} was never read: its first poll takes {what}, as `first_run:` asks."


def _show_replay(replay: Replay, *, known: bool) -> None:
    say()
    say(f"  Replay of {count(replay.posts, 'post')} since {when(replay.since)}:")
    for name, side in (("the version that runs", replay.before), ("this one", replay.after)):
        if known or side is replay.after:
            money = _money(replay.monthly(side))
            say(f"    {name}: {len(side.outgoing)} out, {side.dropped} dropped, {side.waiting} still waiting{money}")
    if not replay.differences:
        say("    Nothing goes out otherwise.")
        return
    rows = [_row(one) for one in replay.differences[:ROWS]]
    table(("", "When", "Sink", "Account", "Words"), rows)
    if len(replay.differences) > ROWS:
        say(f"    and {len(replay.differences) - ROWS} more: --json has them all.")


def _money(monthly: Decimal | None) -> str:
    return f", {monthly} USD in a month" if monthly is not None else ""


def _row(one: Difference) -> tuple[str, str, str, str, str]:
    after = one.after or one.before
    if after is None:
        return one.mark, "", "", "", ""
    if one.before is None or one.after is None:
        return one.mark, when(after.at), after.sink, after.account, short_text(_words(after))
    old, new = one.before, one.after
    return (
        one.mark,
        _arrow(when(old.at), when(new.at)),
        _arrow(old.sink, new.sink),
        new.account,
        _arrow(short_text(_words(old), 40), short_text(_words(new), 40)),
    )


def _arrow(old: str, new: str) -> str:
    return new if old == new else f"{old} → {new}"


def _words(one: Outgo) -> str:
    return " ".join(part for part in (one.content.title, one.content.text, one.content.link) if part)
