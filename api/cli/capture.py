"""`chappe capture`: stored posts as fixtures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.actions import capturing
from api.cli.session import AsJson, InWorkspace, Session, inside, print_json
from api.cli.show import count, say
from api.errors import UsageError
from engine.model.post import Post

app = typer.Typer(add_completion=False)


@app.command()
def capture(  # each is an option
    post: Annotated[
        str | None, typer.Argument(help="The post: the end of its id, or its address.", show_default=False)
    ] = None,
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="A file NAME.fixtures.yaml.")],
    source: Annotated[str | None, typer.Option(help="The newest posts of this source, instead of one.")] = None,
    last: Annotated[int, typer.Option(min=1, max=500, help="How many of them.")] = 10,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Write stored posts to a file, for the tests of mappings to give them.

    A test takes one by `given: {NODE: {fixture: FILE#NAME}}`, from beside the mapping. What the file holds already
    stays; a post that is there is not written again. Its times are left out, and its media stay where they are.

    With --json: {"file", "added": {name: post}}.

    Example: chappe capture --source blog --last 3 -o news.fixtures.yaml
    """
    if (post is None) == (source is None):
        raise UsageError("Say which: the end of a post's id, or `--source NAME` for its newest posts.")

    async def work(opened: Session) -> list[Post]:
        return await capturing.chosen(opened.store, opened.workspace.id, post, source, last)

    added = capturing.capture(output, inside(workspace, work))
    if as_json:
        plain = {name: given.model_dump(mode="json", exclude_unset=True) for name, given in added.items()}
        print_json({"file": str(output), "added": plain})
        return
    for name in added:
        say(f"{output.name}#{name}")
    say(f"{count(len(added), 'post')} written to {output}." if added else f"{output} has all of them already.")
