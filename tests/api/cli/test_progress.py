"""Long work says how far it is: a bar on a terminal, plain lines elsewhere, nothing for programs."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from api.cli.progress import LINES, MANY, counted, step
from tests.api.cli.conftest import MAPPING

if TYPE_CHECKING:
    from tests.api.cli.conftest import Cli


def _counted(total: int, *, terminal: bool, as_json: bool = False) -> str:
    written = io.StringIO()
    console = Console(file=written, force_terminal=terminal, width=80)
    with counted("Files checked", as_json=as_json, console=console) as told:
        for done in range(total + 1):
            told(done, total)
    return written.getvalue()


@pytest.mark.parametrize("total", [MANY, 37, 1_000])
def test_without_a_terminal_a_few_plain_lines_say_how_far_it_is(total: int) -> None:
    lines = _counted(total, terminal=False).splitlines()

    assert len(lines) == LINES
    assert lines[-1] == f"Files checked: {total} of {total}."


@pytest.mark.parametrize("total", [0, 1, MANY - 1])
def test_a_little_work_is_not_talked_about(total: int) -> None:
    assert _counted(total, terminal=False) == ""


def test_a_terminal_gets_a_bar_that_is_gone_at_the_end() -> None:
    shown = _counted(MANY, terminal=True)

    assert "Files checked" in shown
    assert "100%" in shown
    assert "\x1b[2K" in shown.rsplit("100%", 1)[1]


def test_programs_get_nothing() -> None:
    written = io.StringIO()
    with step("Making", as_json=True, console=Console(file=written)):
        pass

    assert written.getvalue() + _counted(MANY, terminal=True, as_json=True) == ""


def test_a_step_is_said_before_it_is_done() -> None:
    written = io.StringIO()
    with step("Making", console=Console(file=written)):
        assert written.getvalue() == "Making …\n"


def test_many_files_are_counted_while_they_are_checked_and_applied(cast: Cli) -> None:
    for number in range(MANY):
        cast.write(f"many-{number}.yaml", MAPPING.replace("mapping: news", f"mapping: news-{number}"))
    (cast.folder / "news.yaml").unlink()
    linted, applied = cast.run("lint", str(cast.folder)), cast.run("apply", str(cast.folder))

    assert linted.stderr.splitlines()[-1] == f"Files checked: {MANY} of {MANY}."
    assert applied.stderr.splitlines()[-1] == f"Files made ready: {MANY} of {MANY}."
    assert applied.exit_code == 0
    assert cast.run("apply", str(cast.folder), "--json").stderr == ""
