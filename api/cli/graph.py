"""`chappe graph`: a mapping as a picture."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from api.actions.parameters import fill
from api.cli.diff import named
from api.cli.lint import Parameters, Values
from api.cli.session import InWorkspace
from api.kinds import registry
from mappings.compiling import compile_document
from mappings.drawing import FORMATS

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
    workspace: InWorkspace = None,
) -> None:
    """Draw a mapping from its sources to its sinks. A file needs no database.

    Example: chappe graph mappings/news.yaml --format svg > news.svg
    """
    filled = fill(param, values)
    (found,) = named(mapping, workspace=workspace)
    drawn = compile_document(found.text, registry(), filled.parameters, file=found.label)
    sys.stdout.write(FORMATS[drawn_as](drawn))
