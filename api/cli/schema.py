"""`chappe schema`: what editors know mappings by."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from api.actions.reading import FileReadError
from api.kinds import registry
from mappings.schema import mapping_schema

app = typer.Typer(add_completion=False)


@app.command()
def schema(
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="The file to write; else it is printed.")
    ] = None,
) -> None:
    """Write the JSON Schema of mappings, for editors: every kind that is installed, with its settings.

    A first line such as `# yaml-language-server: $schema=./mapping.schema.json` names it in a mapping.

    Example: chappe schema -o mappings/mapping.schema.json
    """
    text = json.dumps(mapping_schema(registry()), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        sys.stdout.write(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FileReadError(f"{output} cannot be written to: {error.strerror}.") from error
