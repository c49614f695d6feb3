"""`chappe graph`: a mapping as a picture."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from api.actions.parameters import fill
from api.cli.diff import named
from api.cli.lint import Parameters, Values
from api.cli.session import AsJson, InWorkspace, print_json
from api.kinds import registry
from mappings.compiling import compile_document
from mappings.drawing import FORMATS, as_dict

app = typer.Typer(add_completion=False)


class Format(StrEnum):
    """How a mapping can be drawn."""

    mermaid = "mermaid"
    dot = "dot"
    svg = "svg"


@app.command()
def graph(
    mapping: Annotated[str, typer.Argument(help="A file, or a mapping as NAME or NAME@NUMBER.", show_default=False)],
    *,
    drawn_as: Annotated[
        Format, typer.Option("--format", "-f", help="For Mermaid, for Graphviz, or a picture for browsers.")
    ] = Format.mermaid,
    param: Parameters = None,
    values: Values = None,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Draw a mapping from its sources to its sinks. A file needs no database.

    With --json: {"mapping", "title", "nodes": [{"name", "role", "kind", "note"}], "arrows": [{"feed", "port", "node"}],
    "columns": [[names]]}.

    Example: chappe graph mappings/news.yaml --format svg > news.svg
    """
    filled = fill(param, values)
    (found,) = named(mapping, workspace=workspace)
    drawn = compile_document(found.text, registry(), filled.parameters, file=found.label)
    if as_json:
        print_json(as_dict(drawn))
    else:
        sys.stdout.write(FORMATS[drawn_as](drawn))
