"""Connecting from the command line, against platforms that check: by a browser and by pasting."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from api.actions.connecting import Found
from api.cli.connect import chosen
from engine.contract.oauth import Identity, Tokens
from engine.errors import ConflictError
from engine.store.accounts import AccountRow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api.cli.conftest import Cli

ROOT = Path(__file__).parents[3]
SOON = 60
BROWSER = """#!{python}
import sys, urllib.request
urllib.request.build_opener(urllib.request.ProxyHandler({{}})).open(sys.argv[1]).read()
"""
APPS = {
    "facebook": ("1928374650192837", "5d0f8a3c9b7e6f1a2c4d8e0b3a6f9c21"),
    "linkedin": ("86acmechappe01", "WPL_AP1.sandbox.c2FtcGxl"),
}
"""What the sandbox has registered."""
PATHS = {
    "facebook": {"authorize": "/v26.0/dialog/oauth", "token": "/v26.0/oauth/access_token", "api": ""},
    "linkedin": {"authorize": "/oauth/v2/authorization", "token": "/oauth/v2/accessToken", "api": ""},
}


@pytest.fixture(scope="module")
def platforms() -> Iterator[str]:
    """Give the address of the platforms, for the tests of this file."""
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--until-stdin-ends"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"].rstrip("/")
        process.kill()


@dataclass
class People:
    """An instance with apps on the platforms, and a browser in which somebody is signed in."""

    cli: Cli
    platforms: str
    browser: Path

    def sign_in(self, platform: str, person: str) -> None:
        url = f"{self.platforms}/networks/{platform}/signed-in"
        assert httpx.put(url, json={"person": person}).status_code < 300

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        environ = os.environ | self.cli.environ | {"BROWSER": str(self.browser), "CHAPPE_ALLOW_PRIVATE": "127.0.0.1"}
        environ.pop("DISPLAY", None)
        command = [sys.executable, "-m", "api.cli.main", "accounts", *arguments, "--yes", "--json"]
        pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, cwd=ROOT, env=environ, text=True, **pipes)

    def by_browser(self, *arguments: str) -> Any:
        with self.start(*arguments) as process:
            out, said = process.communicate(timeout=SOON)
        assert process.returncode == 0, said
        return json.loads(out)

    def by_pasting(self, *arguments: str) -> tuple[int, str]:
        """Open the address that is printed, as a browser elsewhere would, and paste where it leads."""
        with self.start(*arguments, "--paste") as process:
            assert process.stderr is not None
            address = next(line for line in process.stderr if line.startswith("http")).strip()
            leads = httpx.get(address).headers["location"]
            out, said = process.communicate(f"{leads}\n", timeout=SOON)
        return process.returncode, out + said


@pytest.fixture
def people(cli: Cli, platforms: str, tmp_path: Path) -> People:
    """Give an instance whose apps are set, and somebody called Léa in it."""
    browser = tmp_path / "browser"
    browser.write_text(BROWSER.format(python=sys.executable))
    browser.chmod(0o700)
    cli.out("people", "add", "Léa")
    for platform, (client_id, secret) in APPS.items():
        where = [f"{name}={platforms}/{platform}{path}" for name, path in PATHS[platform].items()]
        file = cli.write(f"{platform}.txt", secret)
        cli.out("apps", "set", platform, f"client_id={client_id}", *where, "--secret", f"client_secret=@{file}")
    return People(cli, platforms, browser)


def test_a_member_connects_by_the_browser(people: People) -> None:
    people.sign_in("linkedin", "lea")
    made = people.by_browser("connect", "linkedin", "--person", "Léa")
    assert made["remote_id"].startswith("urn:li:person:")
    [row] = people.cli.data("accounts", "list")
    assert (row["name"], row["state"], row["person"]) == (made["name"], "live", "Léa")


def test_a_page_is_connected_by_pasting(people: People) -> None:
    word = people.cli.write("verify.txt", "a word of ours that nobody knows")
    people.cli.out("apps", "set", "facebook", "--secret", f"verify_token=@{word}")
    people.sign_in("facebook", "nadia")
    code, said = people.by_pasting("connect", "facebook", "--choose", "Acme", "--name", "acme-page")
    assert code == 0, said
    assert "This is the Facebook page Acme.\n" in said
    assert [(row["name"], row["calls"]) for row in people.cli.data("accounts", "list")] == [("acme-page", True)]
    assert "its platform calls when there is news" in people.cli.out("accounts", "list")


def some(*names: str) -> list[Found]:
    return [Found(Identity(name.lower(), name), Tokens("a")) for name in names]


def test_of_several_the_one_that_is_named_is_meant() -> None:
    pages = some("Acme", "Other")
    assert chosen(pages, "acme", None) is pages[0]
    assert chosen(pages, "Other", None) is pages[1]
    with pytest.raises(ConflictError, match=r"names none, or several, of: Acme \(acme\), Other \(other\)"):
        chosen(pages, "Third", None)


def test_an_account_that_is_connected_again_is_meant_without_being_named() -> None:
    account = AccountRow("1", "w", "page", "facebook", datetime(2026, 1, 1, tzinfo=UTC), remote_id="other")
    assert chosen(some("Acme", "Other"), None, account).identity.name == "Other"
    assert chosen(some("Acme"), None, account).identity.name == "Acme", "the check for the same one refuses it"


def test_the_app_is_shown_without_its_secret(people: People) -> None:
    shown = people.cli.out("apps", "show", "linkedin")
    assert APPS["linkedin"][0] in shown
    assert APPS["linkedin"][1] not in shown
    assert "default" in shown
    listed = {row["platform"]: row for row in people.cli.data("apps", "list")}
    assert listed["linkedin"]["set"] is True
    people.cli.out("apps", "remove", "linkedin", "--yes")
    assert "chappe apps set linkedin" in people.cli.refused(4, "apps", "show", "linkedin")
    assert "No app is set for LinkedIn" in people.cli.refused(3, "accounts", "connect", "linkedin")
