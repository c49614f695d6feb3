"""`chappe users`: who may sign in, and as what."""

from __future__ import annotations

from typing import Annotated

import typer

from api.actions import members
from api.actions.members import Wanted
from api.cli import secret_input
from api.cli.session import AsJson, InWorkspace, Session, Yes, confirmed, group_of, inside, print_json
from api.cli.show import say, table
from api.face import Role
from api.passwords import Passwords
from engine.errors import NotFoundError
from engine.store import users
from engine.store.users import Member

app = group_of("Say who may sign in, and as what.")

Email = Annotated[str, typer.Argument(help="The user's mail address.", show_default=False)]
AsRole = Annotated[Role, typer.Option("--role", help="What the user may do in the workspace.")]
Person = Annotated[str | None, typer.Option(help="Who that is among the people of the workspace.")]


@app.command()
def add(  # noqa: PLR0913  # a command's options
    name: Annotated[str, typer.Argument(help="How the user is called.", show_default=False)],
    *,
    email: Annotated[str, typer.Option(help="The mail address to sign in with.", show_default=False)],
    role: AsRole = Role.VIEWER,
    owner: Annotated[bool, typer.Option("--owner", help="The same as --role owner.")] = False,
    person: Person = None,
    by_code: Annotated[bool, typer.Option("--by-code", help="No password: sign in by a code that is mailed.")] = False,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Let somebody into the workspace; the very first user also administers the instance.

    The password is asked for, or read from a pipe. Somebody who is a user already keeps name and password.

    With --json: {"id", "name", "email", "role", "admin", "state"}.

    Example: chappe users add "Léa Martin" --email lea@example.org --owner
    """

    async def work(opened: Session) -> Member:
        there = await opened.store.read(users.by_email, email)
        password = None
        if there is None and not by_code:
            password = await _hashed(secret_input.asked("password"), email, name)
        wanted = Wanted(name, email, Role.OWNER if owner else role, person, password)
        return await members.add(opened.store, opened.clock, opened.workspace.id, wanted)

    added = inside(workspace, work)
    if as_json:
        print_json(_plain(added))
        return
    say(f"{added.user.name} may sign in with {added.user.email}, as {added.membership.role}.")
    if added.user.admin:
        say("This user administers the instance: workspaces and users.")


@app.command("list")
def list_(*, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """List who may sign in to the workspace.

    With --json: a list of {"id", "name", "email", "role", "admin", "state"}.

    Example: chappe users list
    """
    found = inside(workspace, lambda opened: opened.store.read(users.members, opened.workspace.id))
    if as_json:
        print_json([_plain(one) for one in found])
        return
    rows = [(one.user.name, one.user.email, one.membership.role, one.user.state) for one in found]
    table(("Name", "Address", "Role", "State"), rows, empty="Nobody can sign in yet: `chappe users add`.")


@app.command("role")
def set_role(
    email: Email,
    role: Annotated[Role, typer.Argument(help="What the user may do in the workspace.", show_default=False)],
    *,
    person: Person = None,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Change what a user may do in the workspace; it counts at once.

    With --json: {"id", "name", "email", "role", "admin", "state"}.

    Example: chappe users role lea@example.org approver
    """

    async def work(opened: Session) -> Member:
        found = await _member(opened, email)
        return await members.change(opened.store, opened.workspace.id, found.user.id, role, person)

    _said(inside(workspace, work), f"{email} is {role} now.", as_json=as_json)


@app.command()
def password(email: Email, *, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Set a user's password, and end the sessions of that user.

    The password is asked for, or read from a pipe.

    With --json: {"id", "name", "email", "role", "admin", "state"}.

    Example: chappe users password lea@example.org
    """

    async def work(opened: Session) -> Member:
        found = await _member(opened, email)
        user = found.user
        hashed = await _hashed(secret_input.asked("password"), user.email, user.name)
        await opened.store.write(users.change, user.id, {"password": hashed})
        await opened.store.write(users.forget, user.id)
        return found

    _said(inside(workspace, work), f"{email} has a new password; the sessions before are over.", as_json=as_json)


@app.command()
def remove(email: Email, *, yes: Yes = False, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Take a user, and the API keys made there, out of the workspace.

    With --json: {"id", "name", "email", "role", "admin", "state"}, as it was.

    Example: chappe users remove lea@example.org
    """

    async def work(opened: Session) -> Member:
        found = await _member(opened, email)
        confirmed(f"Take {found.user.name} out of {opened.workspace.name}?", yes=yes)
        await opened.store.write(users.leave, opened.workspace.id, found.user.id)
        return found

    _said(inside(workspace, work), f"{email} is out.", as_json=as_json)


def _said(member: Member, sentence: str, *, as_json: bool) -> None:
    if as_json:
        print_json(_plain(member))
    else:
        say(sentence)


async def _hashed(password: str, *about: str) -> str:
    passwords = Passwords()
    try:
        return await passwords.hashed(password, *about)
    finally:
        passwords.close()


async def _member(opened: Session, email: str) -> Member:
    """Return a member by mail address; raises NotFoundError."""
    user = await opened.store.read(users.by_email, email)
    if user is None:
        raise NotFoundError(f"There is no user with the address {email}: `chappe users list` lists them.")
    return await opened.store.read(users.member, opened.workspace.id, user.id)


def _plain(member: Member) -> dict[str, object]:
    user = member.user
    return {
        "id": user.id, "name": user.name, "email": user.email, "role": member.membership.role, "admin": user.admin,
        "state": user.state,
    }  # fmt: skip
