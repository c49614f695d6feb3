"""Help and the generated page: every command says what it does, with an example."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from api import cli_docs
from api.cli.main import COMMANDS, EXIT_CODES, LazyGroup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api.cli.conftest import Cli


def _commands(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", {})
    if not inner:
        yield path, command
    for name, each in inner.items():
        yield from _commands(f"{path} {name}", each)


GROUP: Any = LazyGroup(name="chappe")
ALL = dict(pair for name in COMMANDS for pair in _commands(name, GROUP.get_command(None, name)))
OURS = {path: command for path, command in ALL.items() if path != "demo"}


@pytest.mark.parametrize("path", OURS)
def test_every_command_says_what_it_does_with_an_example(path: str) -> None:
    command = OURS[path]

    assert f"Example: chappe {path}" in command.help
    assert all(parameter.help for parameter in command.params if parameter.name != "help"), path


@pytest.mark.parametrize("path", sorted(OURS.keys() - {"up", "serve", "work", "schema"}))  # a schema is JSON anyway
def test_every_command_can_speak_to_programs(path: str) -> None:
    assert "--json" in {option for parameter in OURS[path].params for option in parameter.opts}


def test_the_page_has_every_command_option_and_exit_code() -> None:
    page = cli_docs.page()

    for path, command in ALL.items():
        section = page.split(f"# chappe {path}\n", 1)[1].split("\n## ", 1)[0]
        for parameter in command.params:
            if parameter.param_type_name == "option" and parameter.name != "help":
                assert f"`{parameter.opts[0]}`" in section, (path, parameter.name)
    assert all(f"| {code} | {meaning} |" in page for code, meaning in EXIT_CODES.items())


def test_help_shows_brackets_as_they_are_written(bare: Cli) -> None:
    said = bare.out("sources", "release", "--help")

    assert '"released": [post ids]' in said
    assert "{NAME}" in said


def test_help_lists_every_command_and_loads_none_of_them() -> None:
    look = (
        "import sys; from api.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(sorted({'sqlalchemy', 'pydantic', 'liquid', 'aiohttp'} & sys.modules.keys()))"
    )
    shown = subprocess.run([sys.executable, "-c", look, "--help"], capture_output=True, check=True, text=True)

    assert shown.stdout.rstrip().endswith("[]")
    assert all(f" {name} " in shown.stdout for name in COMMANDS)


def test_the_catalogue_shows_a_kind_with_its_settings(bare: Cli) -> None:
    assert {"feed", "keep", "webhook"} <= {card["kind"] for card in bare.data("catalogue")}
    assert [card["role"] for card in bare.data("catalogue", "webhook")] == ["sink", "account"]
    assert "Receives one POST for each post" in bare.out("catalogue", "webhook")
    assert "chappe accounts add webhook NAME url=" in bare.out("catalogue", "webhook")
    assert "chappe accounts connect linkedin\n" in bare.out("catalogue", "linkedin")
    assert bare.refused(4, "catalogue", "webhok") == "chappe: There is no kind webhok. Did you mean `webhook`?\n"
