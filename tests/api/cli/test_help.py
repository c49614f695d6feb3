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


@pytest.fixture(scope="module")
def everything() -> dict[str, Any]:
    """Give every command by its words; most of the program is loaded for it."""
    group: Any = LazyGroup(name="chappe")
    return dict(pair for name in COMMANDS for pair in _commands(name, group.get_command(None, name)))


@pytest.fixture(scope="module")
def ours(everything: dict[str, Any]) -> dict[str, Any]:
    """Give those that work on an instance."""
    return {path: command for path, command in everything.items() if path != "demo"}


def test_every_command_says_what_it_does_with_an_example(ours: dict[str, Any]) -> None:
    assert len(ours) > 100
    assert [path for path, command in ours.items() if f"Example: chappe {path}" not in command.help] == []


def test_every_argument_and_option_says_what_it_is(ours: dict[str, Any]) -> None:
    parameters = [(path, one) for path, command in ours.items() for one in command.params if one.name != "help"]

    assert [(path, one.name) for path, one in parameters if not one.help] == []


def test_every_command_can_speak_to_programs(ours: dict[str, Any]) -> None:
    options = {path: {option for one in command.params for option in one.opts} for path, command in ours.items()}

    # a schema is JSON anyway
    assert {path for path in ours if "--json" not in options[path]} == {"up", "serve", "work", "schema"}


def test_the_page_has_every_command_option_and_exit_code(everything: dict[str, Any]) -> None:
    page = cli_docs.page()

    for path, command in everything.items():
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
