"""`chappe catalogue`: the kinds of nodes and accounts."""

from __future__ import annotations

from typing import Annotated, Any

import typer
import yaml

from api.actions import kinds
from api.cli.session import AsJson, console, print_json
from api.cli.show import heading, say, table
from api.kinds import registry
from engine.contract.oauth import OAuthKind
from mappings.catalogue import Card

app = typer.Typer(add_completion=False)


@app.command(name="catalogue")
def show(
    kind: Annotated[str | None, typer.Argument(help="One kind, with its settings.", show_default=False)] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show every kind of source, operator, sink and account; with a kind, its settings and an example.

    With --json: a list of {"kind", "role", "title", "summary", "description", "icon", "account_kind", "settings",
    "common", "example", "limits"}, where `settings` is a JSON Schema; with a kind, those of that name.

    Example: chappe catalogue webhook
    """
    chosen = kinds.cards(registry(), kind)
    if as_json:
        print_json([card.as_dict() for card in chosen])
    elif kind is None:
        rows = [(card.kind, card.role, card.account_kind, card.summary) for card in chosen]
        table(("Kind", "Role", "Accounts", "What it does"), rows)
        say("\n`chappe catalogue KIND` shows the settings of one.")
    else:
        for card in chosen:
            _one(card)


def _one(card: Card) -> None:
    heading(f"{card.kind} ({card.role}): {card.title}")
    say(card.summary)
    if card.description:
        say(f"\n{card.description}")
    rows = [_setting(card, name, schema) for name, schema in card.settings.get("properties", {}).items()]
    console.print()
    table(("Setting", "Default", "What it is"), rows, empty="It has no settings of its own.")
    if card.common:
        say(f"\nAs every {card.role} it also knows: {', '.join(card.common)}.")
    if card.role != "account":
        written = yaml.safe_dump({"kind": card.kind, **card.example}, sort_keys=False, allow_unicode=True)
        heading("Example")
        say(written.rstrip())
    else:
        pairs = " ".join(f"{key}={value}" for key, value in card.example.items())
        by_browser = issubclass(registry().accounts[card.kind], OAuthKind)
        heading("Example")
        added = f"chappe accounts add {card.kind} NAME {pairs}".rstrip()
        say(f"chappe accounts connect {card.kind}" if by_browser else added)


def _setting(card: Card, name: str, schema: dict[str, Any]) -> tuple[str, str, str]:
    if name in card.settings.get("required", ()):
        default = "required"
    else:
        default = str(schema.get("default")) if schema.get("default") is not None else ""
    return name, default, schema.get("description") or schema.get("title") or ""
