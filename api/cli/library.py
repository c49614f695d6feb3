"""`chappe library`: ready-made mappings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from api.actions import library as actions
from api.actions.reading import pairs_of
from api.cli.session import AsJson, Yes, confirmed, group_of, print_json
from api.cli.show import say, table
from api.kinds import registry
from mappings import library
from mappings.parameters import ParameterEntry

app = group_of("Ready-made mappings: look at them, and begin one of your own.")

Name = Annotated[str, typer.Argument(help="A mapping of the library.", show_default=False)]


@app.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """List the ready-made mappings.

    With --json: a list of {"name", "summary", "told": {heading: words}, "parameters": [{"name", "title",
    "description", "kind", "default", "example"}]}.

    Example: chappe library list
    """
    found = [library.find(name) for name in library.NAMES]
    if as_json:
        print_json([actions.as_dict(ready) for ready in found])
        return
    table(("Mapping", "For"), [(ready.name, ready.summary) for ready in found])


@app.command()
def show(name: Name, *, as_json: AsJson = False) -> None:
    """Show a ready-made mapping as it is, with the parameters that it asks for.

    With --json: as in `chappe library list`, and "text".

    Example: chappe library show ambassadors
    """
    ready = library.find(name)
    if as_json:
        print_json(actions.as_dict(ready) | {"text": ready.text})
    else:
        sys.stdout.write(ready.text)


@app.command()
def new(
    name: Name,
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="The file to write; else it is printed.")
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option("--set", "-s", metavar="NAME=VALUE", help="A value for a parameter; may be repeated."),
    ] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Write a mapping of your own from a ready-made one, its tests included.

    On a terminal it asks for each parameter that --set does not give; elsewhere those without a value have their
    defaults. A file that is there already is written over only after a yes.

    With --json nothing is asked: {"mapping", "file": or null, "parameters": {name: value}, "text"}.

    Example: chappe library new press-review -o press.yaml --set COMPANY=Acme
    """
    ready = library.find(name)
    asking = ask if sys.stdin.isatty() and not as_json else None
    values = actions.chosen(ready, pairs_of(given or ()), asking)
    text = actions.made(ready, values, registry())
    if output is not None:
        if output.exists():
            confirmed(f"{output} is there already. Write over it?", yes=yes)
        actions.write(output, text)
    if as_json:
        print_json({"mapping": name, "file": output, "parameters": values, "text": text})
    elif output is None:
        sys.stdout.write(text)
    else:
        say(f"Written: {output}. `chappe test {output}` runs its tests, `chappe apply {output}` makes it run.")


def ask(name: str, parameter: ParameterEntry) -> str:
    """Ask for a value until it is one."""

    def proven(answer: str) -> str:
        if not answer:
            needs = f"{name} has no default: write a value, or leave with Ctrl-C; nothing is written then."
            raise typer.BadParameter(needs)
        if said := parameter.refused(answer):
            raise typer.BadParameter(said)
        return answer

    example = f" Such as {parameter.example}." if parameter.example else ""
    typer.echo(f"\n{parameter.title}: {parameter.description}{example}", err=True)
    answer: str = typer.prompt(
        name, default=parameter.default or "", show_default=bool(parameter.default), value_proc=proven, err=True
    )
    return answer
