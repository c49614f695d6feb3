"""`chappe serve`: the web page and the API alone, beside processes that work."""

from __future__ import annotations

import typer

from api.cli import up
from api.cli.session import run
from api.wiring import front_of
from api.workers import refuse_alone

app = typer.Typer(add_completion=False)


@app.command()
def serve() -> None:
    """Run the web page and the API alone: `chappe work` polls and sends, in other processes.

    It needs CHAPPE_DISPATCH=distributed and a PostgreSQL database.

    Example: chappe serve
    """
    settings = up.begun()
    refuse_alone(settings, "serve")
    run(up.serve(settings, front_of))
