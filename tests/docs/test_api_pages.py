"""The reference of the API: every route is there, for whom, and as a command that a shell takes."""

from __future__ import annotations

import re
import shlex

import pytest

from api.openapi_words import TAGS
from docs import api_pages
from docs.generate import tabulate


@pytest.fixture(scope="module")
def pages() -> str:
    return "".join(api_pages.page(tag["name"], tabulate) for tag in TAGS)


def test_every_route_has_its_section_and_its_command(pages: str) -> None:
    found = [one for operations in api_pages.described()["paths"].values() for one in operations.values()]

    assert len(found) > 100
    assert [one["operationId"] for one in found if f'<a id="{one["operationId"]}">' not in pages] == []
    assert pages.count("```sh\ncurl ") == len(found)


def test_each_command_is_one_that_a_shell_takes(pages: str) -> None:
    commands = re.findall(r"```sh\n(.+?)\n```", pages, re.DOTALL)
    unfilled = [command for command in commands if re.search(r'"\$CHAPPE[^"]*\{', command)]

    assert unfilled == []
    assert {shlex.split(command)[0] for command in commands} == {"curl"}


def test_a_route_says_for_whom_it_is(pages: str) -> None:
    section = pages.partition('<a id="remove_account"></a>')[2].partition("<a id")[0]

    assert "For: owner, scope `accounts:write`." in section
    assert 'curl -X DELETE "$CHAPPE/api/v1/workspaces/acme/accounts/' in section
