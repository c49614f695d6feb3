"""`chappe people`: people, groups and what they allow."""

from __future__ import annotations

from typing import Annotated

import typer

from api.actions import consenting, gathering, naming
from api.cli import consents, groups, people_apply
from api.cli.session import AsJson, InWorkspace, Session, Yes, confirmed, inside, print_json
from api.cli.show import count, say, table, words
from api.errors import UsageError
from engine.errors import ConflictError
from engine.model.address import read_address
from engine.store import people
from engine.store.people import Person

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Add people and groups; record and withdraw consent.",
)
app.add_typer(groups.app, name="group")
app.add_typer(consents.app, name="consent")
app.command("apply")(people_apply.apply)

Name = Annotated[str, typer.Argument(help="The person's name.", show_default=False)]


@app.command()
def add(
    name: Name,
    *,
    email: Annotated[str | None, typer.Option(help="Where this person is written to.")] = None,
    group: Annotated[list[str] | None, typer.Option("--group", "-g", help="A group to be in; may be repeated.")] = None,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Add a person, and put them into groups.

    With --json: {"id", "name", "email", "groups"}.

    Example: chappe people add "Léa Martin" --email lea@example.org --group ambassadors-fr
    """
    if not name.strip():
        raise ConflictError("A person needs a name.")
    address = _address(email) if email else None

    async def work(opened: Session) -> Person:
        here, now = opened.workspace.id, opened.clock.now()
        return await gathering.add(opened.store, here, name, address, groups=group or (), now=now)

    person = inside(workspace, work)
    if as_json:
        print_json({"id": person.id, "name": name, "email": address, "groups": group or []})
        return
    where = f" to {', '.join(group)}" if group else ""
    say(f"Added {name}{where}.")
    say(f"Next: {consenting.ways_to_an_account(name)}.")


@app.command("set")
def set_(
    name: Name,
    *,
    email: Annotated[str | None, typer.Option(help="Where this person is written to.")] = None,
    mails: Annotated[bool | None, typer.Option("--mails/--no-mails", help="Whether posts are told of by mail.")] = None,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Change where a person is written to, and whether mails tell and ask of posts.

    With --json: {"id", "name", "email", "mailed"}.

    Example: chappe people set "Léa Martin" --email lea@example.org
    """
    if email is None and mails is None:
        message = f"What shall change about {name}? Add --email, --mails or --no-mails."
        raise UsageError(message)
    address = _address(email) if email is not None else None

    async def work(opened: Session) -> Person:
        found = await naming.person(opened.store, opened.workspace.id, name)
        if address is not None:
            await opened.store.write(people.set_email, opened.workspace.id, found.id, address)
        if mails is not None:
            await opened.store.write(people.set_mailed, opened.workspace.id, found.id, mailed=mails)
        return await naming.person(opened.store, opened.workspace.id, name)

    person = inside(workspace, work)
    if as_json:
        print_json({"id": person.id, "name": person.name, "email": person.email, "mailed": person.mailed})
        return
    say(f"{person.name} is written to at {person.email or 'no address'}.")
    if not person.mailed:
        say("No mails tell or ask of posts.")


@app.command("list")
def list_(*, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """List the people, their accounts, and what they allow.

    With --json: a list of {"id", "name", "email", "mailed", "groups", "accounts": [{"name", "platform", "state",
    "consent": {"given", "mode", "mappings", "max_per_hour", "max_per_day", "hours", "days", "zone", "until", "how",
    "evidence"} or null}]}.

    Example: chappe people list
    """
    found = inside(workspace, lambda opened: consenting.ambassadors(opened.store, opened.workspace.id))
    if as_json:
        print_json(
            [
                {"id": one.person.id, "name": one.person.name, "email": one.person.email, "mailed": one.person.mailed}
                | {"groups": one.groups, "accounts": [consents.as_data(each) for each in one.standings]}
                for one in found
            ]
        )
        return
    rows = [
        (
            one.person.name,
            ", ".join(one.groups),
            "\n".join(f"{each.account.name} ({each.account.platform})" for each in one.standings),
            "\n".join(words(consents.in_words(each.head)) for each in one.standings),
        )
        for one in found
    ]
    table(("Person", "Groups", "Accounts", "Allows"), rows, empty="Nobody yet: `chappe people add`.")


@app.command()
def remove(name: Name, *, yes: Yes = False, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Remove a person with all accounts, consents and deliveries: really deleted, and cannot be undone.

    With --json: {"removed": name, "still_sending": [delivery ids]}.

    Example: chappe people remove "Léa Martin"
    """
    inside(workspace, lambda opened: naming.person(opened.store, opened.workspace.id, name))
    confirmed(f"Delete {name} with all accounts, consents and deliveries? This cannot be undone.", yes=yes)

    async def work(opened: Session) -> list[str]:
        return await opened.store.write(people.remove, opened.workspace.id, name)

    under_way = inside(workspace, work)
    if as_json:
        print_json({"removed": name, "still_sending": under_way})
        return
    say(f"Deleted {name}.")
    if under_way:
        say(f"{count(len(under_way), 'delivery', 'deliveries')} had already begun and may still go out.")


def _address(text: str) -> str:
    try:
        return read_address(text)
    except ValueError as error:
        raise UsageError(str(error)) from None
