"""`chappe people group`: the groups that mappings name as audiences."""

from __future__ import annotations

from typing import Annotated

import typer

from api.actions import naming
from api.cli.session import AsJson, InWorkspace, Session, Yes, confirmed, group_of, inside, print_json
from api.cli.show import count, say, table
from engine.errors import ConflictError
from engine.store import people
from engine.store.people import Group, Person

app = group_of("Groups of people: the audiences of mappings.")

GroupName = Annotated[str, typer.Argument(help="The group's name.", show_default=False)]
Names = Annotated[list[str] | None, typer.Argument(help="People, by name.", show_default=False)]


@app.command()
def add(group: GroupName, names: Names = None, *, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Make a group where it is not there, and put people into it.

    With --json: {"group", "made": bool, "added": [names], "size"}.

    Example: chappe people group add ambassadors-fr "Léa Martin" "Karim Benali"
    """

    async def work(opened: Session) -> tuple[bool, int]:
        store, here = opened.store, opened.workspace.id
        found = [await naming.person(store, here, name) for name in names or ()]
        there = {each.name for each in await store.read(people.listed_groups, here)}
        if group not in there:
            await store.write(people.add_group, here, group)
        elif not found:
            raise ConflictError(f"The group {group} is there already: name the people to put into it.")
        if found:
            await store.write(people.enter, here, group, [person.id for person in found])
        return group not in there, len(await store.read(people.members, here, group))

    made, size = inside(workspace, work)
    if as_json:
        print_json({"group": group, "made": made, "added": names or [], "size": size})
    else:
        say(f"{'Made the group' if made else 'The group'} {group}{'' if made else ' now'} "
            f"{'with' if made else 'has'} {count(size, 'person', 'people')}.")  # fmt: skip


@app.command()
def remove(
    group: GroupName, names: Names = None, *, yes: Yes = False, as_json: AsJson = False, workspace: InWorkspace = None
) -> None:
    """Take people out of a group; without names, remove the group, not its people.

    With --json: {"group", "removed": [names], "gone": bool}.

    Example: chappe people group remove ambassadors-fr "Karim Benali"
    """

    async def look(opened: Session) -> list[Person]:
        await naming.group(opened.store, opened.workspace.id, group)
        return [await naming.person(opened.store, opened.workspace.id, name) for name in names or ()]

    found = inside(workspace, look)
    if not found:
        confirmed(f"Remove the group {group}? Sinks that name it reach nobody then.", yes=yes)

    async def work(opened: Session) -> None:
        if found:
            await opened.store.write(people.leave, opened.workspace.id, group, [person.id for person in found])
        else:
            await opened.store.write(people.remove_group, opened.workspace.id, group)

    inside(workspace, work)
    if as_json:
        print_json({"group": group, "removed": names or [], "gone": not found})
    elif found:
        say(f"Took {', '.join(person.name for person in found)} out of {group}.")
    else:
        say(f"Removed the group {group}; its people stay.")


@app.command("list")
def list_(
    group: Annotated[str | None, typer.Argument(help="The people of one group.", show_default=False)] = None,
    *,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """List the groups, or the people of one.

    With --json: a list of {"id", "name", "size"}; of a group, a list of {"id", "name", "email"}.

    Example: chappe people group list ambassadors-fr
    """
    if group is None:
        _groups(inside(workspace, lambda opened: opened.store.read(people.listed_groups, opened.workspace.id)), as_json)
        return

    async def work(opened: Session) -> list[Person]:
        name = await naming.group(opened.store, opened.workspace.id, group)
        return await opened.store.read(people.members, opened.workspace.id, name)

    members = inside(workspace, work)
    if as_json:
        print_json([{"id": each.id, "name": each.name, "email": each.email} for each in members])
    else:
        table(("Person", "E-mail"), [(each.name, each.email) for each in members], empty=f"Nobody is in {group}.")


def _groups(found: list[Group], as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        rows = [(each.name, count(each.size, "person", "people")) for each in found]
        table(("Group", "Size"), rows, empty="No group yet: `chappe people group add`.")
