"""`chappe fmt`: mapping files in one order and layout."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.actions import reading
from api.cli.lint import Files
from api.cli.main import EXIT_FINDINGS
from api.cli.session import AsJson, print_json
from api.cli.show import count, say
from mappings.formatting import formatted

app = typer.Typer(add_completion=False)


@app.command()
def fmt(
    files: Files,
    *,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; end with 3 where one would change.")] = False,
    as_json: AsJson = False,
) -> None:
    """Put mapping files into one order and layout. Comments stay, and nothing is said otherwise.

    With --json: {"files": number, "changed": [names], "written": bool}.

    Example: chappe fmt mappings/ --check
    """
    contents = reading.contents(files)
    after = {name: formatted(content.decode("utf-8-sig", errors="replace"), name) for name, content in contents.items()}
    changed = [name for name, text in after.items() if text.encode() != contents[name]]
    for name in () if check else changed:
        Path(name).write_text(after[name], encoding="utf-8", newline="\n")
    if as_json:
        print_json({"files": len(contents), "changed": changed, "written": not check})
    else:
        for name in changed:
            say(f"{name} {'would change' if check else 'was formatted'}.")
        say(f"{count(len(contents), 'file')}: {len(changed) or 'none'} {'to format' if check else 'formatted'}.")
    if check and changed:
        raise typer.Exit(EXIT_FINDINGS)
