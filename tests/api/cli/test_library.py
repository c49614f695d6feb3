"""`chappe library`: as a user runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from api.actions.library import chosen
from api.cli.library import ask
from api.errors import UsageError
from mappings import library
from mappings.parameters import ParameterEntry

if TYPE_CHECKING:
    from tests.api.cli.conftest import Cli

VALUES = ("--set", "FEED=https://acme.example/blog/", "--set", "ADDRESS=https://hooks.acme.example/in")


@pytest.fixture
def here(bare: Cli) -> Cli:
    bare.folder.mkdir()
    return bare


def test_the_library_is_listed_and_shown(bare: Cli) -> None:
    listed = bare.data("library", "list")
    assert [one["name"] for one in listed] == list(library.NAMES)
    assert listed[0]["parameters"][0]["default"] == "ambassadors"
    assert all(name in bare.out("library", "list") for name in library.NAMES)

    assert bare.out("library", "show", "blank") == library.find("blank").text
    assert bare.data("library", "show", "blank")["text"] == library.find("blank").text
    assert "Did you mean `blank`?" in bare.refused(4, "library", "show", "blnk")


def test_a_new_mapping_is_printed_or_written_and_its_tests_hold(here: Cli) -> None:
    file = here.folder / "own.yaml"
    printed = here.out("library", "new", "blank", *VALUES)
    assert 'url: "https://acme.example/blog/"' in printed

    assert here.out("library", "new", "blank", *VALUES, "-o", str(file)).startswith(f"Written: {file}.")
    assert file.read_text(encoding="utf-8") == printed
    assert here.out("test", str(file)) == "1 test: 1 as expected.\n"
    assert here.out("lint", str(file))


def test_a_file_that_is_there_is_written_over_only_after_a_yes(here: Cli) -> None:
    file = here.write("own.yaml", "mine")
    new = ("library", "new", "blank", *VALUES, "-o", file)
    assert "Write over it?" in here.refused(1, *new, given="n\n")
    assert "nobody is there to answer" in here.refused(1, *new)
    assert (here.folder / "own.yaml").read_text() == "mine"

    data = here.data(*new, "--yes")
    assert (here.folder / "own.yaml").read_text() == data["text"]
    assert data["parameters"]["FEED"] == "https://acme.example/blog/"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "--set FEED=… (Feed); --set ADDRESS=… (Address)"),
        (("--set", "FED=x"), "Did you mean `FEED`?"),
        (("--set", "FEED=acme"), "FEED cannot be “acme”: This is not a complete address"),
        (("--set", "FEED"), "write NAME=VALUE"),
        ((*VALUES, "-o", "/nowhere/own.yaml"), "cannot be written"),
    ],
)
def test_what_cannot_be_made_is_refused_in_a_sentence(options: tuple[str, ...], said: str, bare: Cli) -> None:
    assert said in bare.refused(1 if "-o" in options else 2, "library", "new", "blank", *options)


def test_on_a_terminal_all_is_asked_for_that_was_not_given() -> None:
    asked: list[str] = []

    def answer(name: str, parameter: ParameterEntry) -> str:
        asked.append(name)
        return parameter.default or "https://acme.example/"

    values = chosen(library.find("blank"), {"NAME": "own"}, answer)
    assert asked == ["TITLE", "ZONE", "FEED", "ADDRESS"]
    assert values["NAME"] == "own"
    with pytest.raises(UsageError, match="cannot be"):
        chosen(library.find("blank"), {"ZONE": "Paris"}, answer)


def test_a_question_is_asked_again_until_its_answer_is_a_value() -> None:
    app = typer.Typer()

    @app.command()
    def run() -> None:
        typer.echo(ask("ZONE", ParameterEntry(title="Time zone", kind="zone", default="UTC", example="Europe/Rome")))

    ended = CliRunner().invoke(app, [], input="Paris\nEurope/Paris\n")
    assert ended.stdout.splitlines()[-1] == "Europe/Paris"
    assert "Such as Europe/Rome." in ended.stderr
    assert "Did you mean `Europe/Paris`?" in ended.stderr
    assert CliRunner().invoke(app, [], input="\n").stdout.splitlines()[-1] == "UTC"


def test_a_question_without_an_answer_says_what_it_needs_and_how_to_leave() -> None:
    app = typer.Typer()

    @app.command()
    def run() -> None:
        typer.echo(ask("PAGE", ParameterEntry(title="Page", description="Whose posts.", kind="url")))

    ended = CliRunner().invoke(app, [], input="\n\nhttps://acme.example/\n")
    assert ended.stdout.splitlines()[-1] == "https://acme.example/"
    assert ended.stderr.count("PAGE has no default: write a value, or leave with Ctrl-C; nothing is written then.") == 2
    assert ended.stderr.count("Whose posts.") == 1
