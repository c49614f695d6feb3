"""`chappe accounts connect` and `reconnect`: agree in the browser, see who it is, save."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from api.actions import accounts as account_actions
from api.actions import connecting, naming
from api.actions.connecting import LOOPBACK, VALID_FOR, Begun, Desk, Found
from api.actions.loopback import listening
from api.cli.session import AsJson, InWorkspace, Session, Yes, confirmed, errors, inside, print_json
from api.cli.show import clean, count, say
from api.kinds import registry
from engine.contract.oauth import OAuthKind
from engine.errors import ConflictError
from engine.http_client import HttpClient
from engine.store.accounts import AccountRow

if TYPE_CHECKING:
    from collections.abc import Sequence

Port = Annotated[
    int | None, typer.Option(min=1, max=65535, help="The port of this machine that the platform sends you back to.")
]
Paste = Annotated[
    bool, typer.Option("--paste", help="Open the address on any machine, and paste where it leads in the end.")
]
Choose = Annotated[
    str | None, typer.Option(metavar="NAME|ID", help="Which one, where there are several, as of Facebook pages.")
]

Calls = Annotated[
    bool, typer.Option("--calls/--no-calls", help="Whether the platform is asked to call when there is news.")
]


class Way:
    """How a person agrees: the port, whether by pasting, which identity, and whether it is asked before saving."""

    def __init__(self, *, port: int | None, paste: bool, choose: str | None, yes: bool) -> None:
        self.port, self.paste, self.choose, self.yes = port, paste, choose, yes


def connect(  # noqa: PLR0913  # each is an option
    platform: Annotated[str, typer.Argument(help="`facebook`, `linkedin` or `x`.", show_default=False)],
    *,
    name: Annotated[str | None, typer.Option(help="What to call the account; else one is suggested.")] = None,
    person: Annotated[
        str | None, typer.Option(help="Whose account it is, by name; without it, it is the company's own.")
    ] = None,
    port: Port = None,
    paste: Paste = False,
    choose: Choose = None,
    calls: Calls = True,
    yes: Yes = False,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Connect an account in the browser: you agree there, see here who it is, and it is saved.

    Where your app has a `verify_token`, Facebook is asked to call when the page has news, unless you say --no-calls.

    With --json: {"id", "name", "platform", "remote_id", "who", "person": name or null, "calls": true, false or null}.

    Example: chappe accounts connect x --person "Léa Martin"
    """
    kind = connecting.kind_of(registry(), platform)
    way = Way(port=port, paste=paste, choose=choose, yes=yes)

    async def work(opened: Session) -> tuple[AccountRow, Found, bool | None]:
        owner = await naming.person(opened.store, opened.workspace.id, person) if person else None
        person_id = owner.id if owner else None
        async with _client(opened) as http:
            desk = _desk(opened, http)
            begun = await connecting.begin(desk, kind, port=port, person_id=person_id, account=None)
            found = await _agreed(desk, begun, way)
            called = name or connecting.suggested_name(found, kind.kind)
            _shown(found, kind)
            confirmed(f"Save it as {called}{f', an account of {person}' if person else ''}?", yes=yes)
            row = await connecting.keep(desk, begun, found, name=called, person_id=person_id)
            return row, found, await _calls(desk, begun, found, row) if calls else None

    row, found, calling = inside(workspace, work)
    if as_json:
        who = {"remote_id": row.remote_id, "who": found.identity.name, "person": person, "calls": calling}
        print_json({"id": row.id, "name": row.name, "platform": row.platform} | who)
        return
    say(f"Connected {row.name}.{_life(found, kind)}")
    if calling:
        say(f"{kind.network} calls when it has news, and it is then read at once.")
    if person:
        say(f"It is used once {person} consents: `chappe people consent give {person!r} --evidence …`.")


async def reconnected(opened: Session, account: AccountRow, kind: OAuthKind, way: Way) -> int:
    """Let the same identity agree again; returns how many blocked deliveries go on."""
    async with _client(opened) as http:
        desk = _desk(opened, http)
        begun = await connecting.begin(desk, kind, port=way.port, person_id=None, account=account)
        found = await _agreed(desk, begun, way, account)
        connecting.check_same(begun, found, account)
        _shown(found, kind)
        confirmed(f"Use it for {account.name}?", yes=way.yes)
        moved = await connecting.keep_again(desk, begun, found, account)
        await _calls(desk, begun, found, account)
        return moved


async def _calls(desk: Desk, begun: Begun, found: Found, row: AccountRow) -> bool | None:
    """Ask the platform for its calls, and warn where it does not."""
    asked = await connecting.ask_calls(desk, begun, found, row)
    if asked is not None and not asked.on:
        errors.print(
            f"Warning: {begun.kind.network} will not call when there is news, so {row.name} is only read from time to "
            f"time. {asked.why}",
            soft_wrap=True,
            markup=False,
        )
    return asked.on if asked is not None else None


async def _agreed(desk: Desk, begun: Begun, way: Way, account: AccountRow | None = None) -> Found:
    """Wait until the person has agreed, and return who it is."""
    errors.print(f"Open this address, signed in to {begun.kind.network} as who is to be connected:\n", style="bold")
    errors.print(begun.address, soft_wrap=True, markup=False)
    where = urlsplit(begun.redirect_uri)
    if way.paste or where.hostname not in LOOPBACK:
        code = _pasted(begun)
    else:
        code = await _came_back(begun, where.port or 80, where.path or "/")
    return chosen(await connecting.finish(desk, begun, code), way.choose, account)


def _pasted(begun: Begun) -> str:
    errors.print(
        f"\nOnce you have agreed, the browser goes to an address that begins with {begun.redirect_uri}. It need not "
        "load: copy all of it from the address line.",
        soft_wrap=True,
    )
    text = typer.prompt("The address", err=True) if sys.stdin.isatty() else sys.stdin.readline()
    return connecting.read_redirect(begun, text)


async def _came_back(begun: Begun, port: int, path: str) -> str:
    async with listening(path, port, lambda address: connecting.read_redirect(begun, address)) as loopback:
        errors.print("\nWaiting for you to agree there … (Ctrl-C ends it; without a browser here, use --paste)")
        opening = asyncio.create_task(asyncio.to_thread(typer.launch, begun.address))  # some browsers stay in it
        try:
            async with asyncio.timeout(VALID_FOR.total_seconds()):
                return await loopback.answer()
        except TimeoutError:
            raise ConflictError("Nobody agreed within ten minutes: begin again.") from None
        finally:
            opening.cancel()


def chosen(found: Sequence[Found], choose: str | None, account: AccountRow | None) -> Found:
    """Return the one that is meant: the account's own, what `--choose` names, the only one, or what is chosen now."""
    if account is not None and account.remote_id is not None:
        mine = [each for each in found if each.identity.remote_id == account.remote_id]
        return mine[0] if mine else found[0]
    if choose is not None:
        named = [each for each in found if choose in (each.identity.remote_id, each.identity.name)]
        if len(named) != 1:
            raise ConflictError(f"“{choose}” names none, or several, of: {_names(found)}.")
        return named[0]
    if len(found) == 1:
        return found[0]
    if not sys.stdin.isatty():
        raise ConflictError(f"There are several: say which with --choose, of {_names(found)}.")
    for number, each in enumerate(found, 1):
        errors.print(f"{number:3}  {clean(each.identity.name)}  {clean(each.identity.url)}", markup=False)
    number = int(typer.prompt("Which one", type=int, err=True))
    if not 1 <= number <= len(found):
        raise ConflictError(f"There is no number {number} in the list: begin again.")
    return found[number - 1]


def _names(found: Sequence[Found]) -> str:
    return ", ".join(f"{each.identity.name} ({each.identity.remote_id})" for each in found)


def _shown(found: Found, kind: OAuthKind) -> None:
    where = f", {clean(found.identity.url)}" if found.identity.url else ""
    errors.print(f"\nThis is the {kind.title} {clean(found.identity.name)}{where}.", soft_wrap=True, markup=False)


def _life(found: Found, kind: OAuthKind) -> str:
    if found.tokens.expires_at is None or (kind.renewable and found.tokens.refresh):
        return ""
    return f" The right to use it ends on {found.tokens.expires_at:%d %B %Y}; `chappe status` warns before."


def _client(opened: Session) -> HttpClient:
    return HttpClient(allow_private=opened.settings.allow_private)


def _desk(opened: Session, http: HttpClient) -> Desk:
    return Desk(opened.store, opened.vault(), http, opened.clock, opened.workspace)


def browser_kind(account: AccountRow) -> OAuthKind | None:
    """Return the kind of an account that is connected in the browser, None for others."""
    found: Any = account_actions.kind_of(registry(), account.platform)
    return found() if issubclass(found, OAuthKind) else None


def going_on(name: str, moved: int) -> str:
    """Say that an account is used again, and what goes on."""
    going = f": {count(moved, 'blocked delivery goes', 'blocked deliveries go')} on" if moved else ""
    return f"{name} is used again{going}."
