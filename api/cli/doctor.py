"""`chappe doctor`: look for what is wrong with this installation."""

from __future__ import annotations

import os

import typer

from api.actions.examining import Look, examine
from api.cli.main import EXIT_FAILED
from api.cli.session import AsJson, print_json, run
from api.cli.show import count, say, table
from api.kinds import registry
from api.settings import load_settings, unknown_variables
from api.wiring import make_mailer
from engine.clock import SystemClock

app = typer.Typer(add_completion=False)


@app.command()
def doctor(*, as_json: AsJson = False) -> None:
    """Look for what is wrong: folders, disk, port, mail server, database, key file, clock, mappings, sources, ledger.

    It ends with 1 where something fails; a warning alone is no failure.

    With --json: a list of {"what", "verdict": ok|warn|fail, "sentence", "do"}.

    Example: chappe doctor
    """
    settings = load_settings()
    looks = [Look("settings", "warn", sentence, "mend or unset it") for sentence in unknown_variables(os.environ)]
    looks = looks or [Look("settings", "ok", "Every CHAPPE_ variable is a setting.")]
    looks += run(examine(settings, registry(), SystemClock(), make_mailer(settings)))
    failed = sum(look.verdict == "fail" for look in looks)
    warned = sum(look.verdict == "warn" for look in looks)
    if as_json:
        print_json(looks)
    else:
        table(("Verdict", "What", "Found", "Do"), [(look.verdict, look.what, look.sentence, look.do) for look in looks])
        say()
        said = [count(number, noun) for number, noun in ((failed, "failure"), (warned, "warning")) if number]
        say(f"{' and '.join(said)}." if said else "Everything is well.")
    if failed:
        raise typer.Exit(EXIT_FAILED)
