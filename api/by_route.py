"""What a sentence says to do by a command, said by a route to those who call the API.

The sentences of errors are shared with the command line, where “`chappe people add` adds one.” can be followed at once.
Here it becomes “`POST /api/v1/workspaces/{workspace}/people` adds one”, and an option becomes the member that is sent
instead. What only the machine that Chappe runs on can do (`HERE_ALONE`) stays a command.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

API: Final = "/api/v1"
_HERE: Final = "/workspaces/{workspace}"

ROUTES: Final = {
    "accounts": f"GET {_HERE}/accounts",
    "accounts add": f"POST {_HERE}/accounts",
    "accounts connect": f"POST {_HERE}/accounts/connect",
    "accounts reconnect": f"POST {_HERE}/accounts/{{account}}/connect",
    "apply": f"POST {_HERE}/mappings/apply",
    "approvals list": f"GET {_HERE}/approvals",
    "apps set": f"PUT {_HERE}/apps/{{platform}}",
    "budget set": f"PUT {_HERE}/budget",
    "catalogue": f"GET {_HERE}/catalogue",
    "check": f"POST {_HERE}/mappings/check",
    "deliveries list": f"GET {_HERE}/deliveries",
    "explain": f"GET {_HERE}/posts",
    "mail test": "POST /instance/mail/test",
    "people": f"GET {_HERE}/people",
    "people add": f"POST {_HERE}/people",
    "people group add": f"POST {_HERE}/groups",
    "people group list": f"GET {_HERE}/groups",
    "people set": f"PATCH {_HERE}/people/{{person}}",
    "plan": f"POST {_HERE}/mappings/plan",
    "resume": f"POST {_HERE}/pauses/resume",
    "resume everything": "POST /instance/resume",
    "resume mapping": f"POST {_HERE}/mappings/{{name}}/resume",
    "secrets set": f"PUT {_HERE}/secrets/{{secret}}",
    "sources list": f"GET {_HERE}/sources",
    "sources release": f"POST {_HERE}/sources/{{source}}/release",
    "status": f"GET {_HERE}/status",
    "sync add": f"POST {_HERE}/repositories",
    "sync status": f"GET {_HERE}/repositories",
}
"""The route that does what a command does; the longest beginning of a command counts."""

HERE_ALONE: Final = frozenset({"backup", "capture", "init", "keys rotate", "migrate", "restore", "test --update", "up"})
"""Commands that no route can stand for: they work on files, on keys or on the process."""

MEMBERS: Final = {"--set": "parameters", "--values": "values_file"}
"""The members that are not called as their options are."""

_COMMAND: Final = re.compile(r"`chappe ([^`]+)`")
_OPTION: Final = re.compile(r"(?<![\w“-])--[a-z]+(?:-[a-z]+)*")
_NAMED: Final = re.compile(r"\{(?:platform|name|secret)\}")
"""A part of a path that takes a name, as the command does; other parts take an id."""


def told(sentence: str) -> str:
    """Return a sentence with the routes that do what its commands do."""
    return _COMMAND.sub(lambda found: f"`{_route(found[1])}`", sentence)


def told_with_members(sentence: str) -> str:
    """Return a sentence with routes for its commands, and for options the members of what is sent."""
    pieces = _COMMAND.split(sentence)
    said = (f"`{_route(piece)}`" if at % 2 else _OPTION.sub(_member, piece) for at, piece in enumerate(pieces))
    return "".join(said)


def known(command: str) -> str | None:
    """Return the longest beginning of a command that stands here; None where there is none."""
    words = command.split()
    beginnings = (" ".join(words[:count]) for count in range(len(words), 0, -1))
    return next((each for each in beginnings if each in ROUTES or each in HERE_ALONE), None)


def _route(command: str) -> str:
    beginning = known(command)
    if beginning is None or beginning in HERE_ALONE:
        return f"chappe {command}"
    method, _, path = ROUTES[beginning].partition(" ")
    name = command.removeprefix(beginning).strip().partition(" ")[0].strip("'\"")
    if name and not name.startswith("--") and not name.isupper():
        path = _NAMED.sub(quote(name, safe=""), path)
    return f"{method} {API}{path}"


def _member(option: re.Match[str]) -> str:
    name = MEMBERS.get(option[0], option[0].removeprefix("--").replace("-", "_"))
    return f"`{name}`"
