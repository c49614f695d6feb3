"""The reference of the API, made from its own OpenAPI document: a page for each tag, with `curl` for each route."""

from __future__ import annotations

import json
import shlex
from functools import cache
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from api.app import make_app
from api.example_bodies import NAMES
from api.examples import sample

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Tabulate = Callable[[tuple[str, ...], Sequence[tuple[str, ...]]], str]

INTRODUCTION = """# Routes of the API

Made from the OpenAPI document ([openapi.json](../openapi.json), on each instance `/api/v1/openapi.json`), which can be
tried out at `/api/docs`. In the examples `$CHAPPE` is the address of the instance, `http://localhost:8080` if nothing
else is set, and `$KEY` an [API key](../../api/signing-in.md). What all routes have in common stands in the
[conventions](../../api/conventions.md).
"""
_NO_KEY = "Sign in instead: a session, with its `X-CSRF-Token` for what changes something."


@cache
def described() -> dict[str, Any]:
    """Return the OpenAPI document."""
    behind: Any = SimpleNamespace(settings=SimpleNamespace(rate_limit=0, cors_origins=()))
    return make_app(behind, behind, behind).openapi()


def written() -> str:
    """Return the OpenAPI document as it is kept."""
    return json.dumps(described(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def index(tabulate: Tabulate) -> str:
    """Return the list of all routes."""
    parts = [INTRODUCTION.rstrip()]
    for tag in described()["tags"]:
        rows = [
            (f"[{one['summary']}]({tag['name']}.md#{one['operationId']})", f"`{method} {path}`", _who(one))
            for method, path, one in _operations(tag["name"])
        ]
        table = tabulate(("route", "", "for"), rows)
        parts.append(f"## [{tag['name']}]({tag['name']}.md)\n\n{tag['description']}\n\n{table}")
    return "\n\n".join(parts) + "\n"


def page(tag: str, tabulate: Tabulate) -> str:
    """Return the page of a tag."""
    description = next(one["description"] for one in described()["tags"] if one["name"] == tag)
    parts = [f"# {tag}", description]
    for method, path, one in _operations(tag):
        parts += _one(method, path, one, tabulate)
    return "\n\n".join([*parts, "[All routes](README.md)"]) + "\n"


def _operations(tag: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, operations in described()["paths"].items():
        for method, one in operations.items():
            if tag in one["tags"]:
                yield method.upper(), path, one


def _one(method: str, path: str, one: dict[str, Any], tabulate: Tabulate) -> Iterator[str]:
    """Give the parts of a route's section."""
    yield f'<a id="{one["operationId"]}"></a>\n\n## {one["summary"]}'
    yield f"`{method} {path}`"
    if one.get("description"):
        yield one["description"]
    yield f"For: {_who(one)}."
    if one["security"] and "key" not in one["security"][0]:
        yield _NO_KEY
    parameters = [_parameter(each) for each in one.get("parameters", ())]
    if parameters:
        yield tabulate(("parameter", "in", "is", "needed"), parameters)
    yield f"```sh\n{_curl(method, path, one)}\n```"
    for status, answer in one["responses"].items():
        example = answer.get("content", {}).get("application/json", {}).get("example")
        if example is not None:
            yield f"Answers {status}:\n\n```json\n{json.dumps(example, indent=2, ensure_ascii=False)}\n```"
        elif "$ref" not in answer:
            media = ", ".join(f"`{kind}`" for kind in answer.get("content", ()))
            yield f"Answers {status}{f': {media}' if media else ', without a body'}."


def _who(one: dict[str, Any]) -> str:
    role, scope = one.get("x-role"), one.get("x-scope")
    if role is None:
        return "anybody"
    if scope:
        return f"{role}, scope `{scope}`"
    return "whoever is signed in" if role == "user" else "administrators of the instance"


def _parameter(given: dict[str, Any]) -> tuple[str, str, str, str]:
    found = parameter_of(given)
    needed = "yes" if found.get("required") else ""
    return f"`{found['name']}`", found["in"], found.get("description", ""), needed


def parameter_of(given: dict[str, Any]) -> dict[str, Any]:
    """Return a parameter, wherever the document describes it."""
    name = given.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = described()["components"]["parameters"][name] if name else given
    return found


def shown_as(path: str, parameter: dict[str, Any]) -> str:
    """Return what stands for a parameter in an example."""
    name = "workspace" if f"/workspaces/{{{parameter['name']}}}" in path else parameter["name"]
    return NAMES.get(name) or str(sample(parameter["schema"], described()))


def _curl(method: str, path: str, one: dict[str, Any]) -> str:
    """Return the command that sends the request that the document shows."""
    needed = [found for found in map(parameter_of, one.get("parameters", ())) if found.get("required")]
    query = []
    for parameter in needed:
        value = shown_as(path, parameter)
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", value)
        else:
            query.append(f"{parameter['name']}={value}")
    address = f"$CHAPPE{path}{'?' if query else ''}{'&'.join(query)}"
    words = ["curl", *([] if method == "GET" else ["-X", method]), f'"{address}"']
    if any("key" in way for way in one["security"]):
        words.append('-H "Authorization: Bearer $KEY"')
    elif one["security"]:
        words += ["-b cookies", *([] if method == "GET" else ['-H "X-CSRF-Token: $CSRF"'])]
    media = one.get("requestBody", {}).get("content", {})
    if "application/json" in media:
        body = json.dumps(media["application/json"]["example"], ensure_ascii=False)
        words += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(body)}"]
    elif media:
        words += [f"-H 'Content-Type: {next(iter(media))}'", "--data-binary @document.yaml"]
    return _folded(words)


def _folded(words: list[str]) -> str:
    lines = [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) > 100:  # noqa: PLR2004  # what fits a page
            lines.append("")
        lines[-1] += f"{' ' if lines[-1] else ''}{word}"
    return " \\\n  ".join(lines)
