"""`chappe settings`: what is set, and where."""

from __future__ import annotations

import typer

from api.actions import instance_settings
from api.cli.session import AsJson, print_json
from api.cli.show import say, table
from api.settings import config_file, load_settings

app = typer.Typer(add_completion=False)


@app.command()
def settings(*, as_json: AsJson = False) -> None:
    """Show every setting, and whether it comes from the environment, the settings file or is the default.

    Passwords are masked.

    With --json: a list of {"name", "value", "source", "description"}.

    Example: chappe settings
    """
    shown = instance_settings.shown(load_settings())
    if as_json:
        print_json(shown)
        return
    table(("Setting", "Is", "From"), [(one.name, one.value, one.source) for one in shown])
    file = config_file()
    say(f"The settings file is {file}." if file.is_file() else f"There is no settings file ({file}).")
