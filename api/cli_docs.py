"""The page of the command line, made from the commands themselves."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING, Any

from api.cli.main import COMMANDS, EXIT_CODES, LazyGroup

if TYPE_CHECKING:
    from collections.abc import Iterator

INTRODUCTION = """# The command line

Ids are typed by their last eight characters, and names as they are. Times are those of this machine's zone, which they
name. Tables and colours are for terminals: elsewhere the same comes as plain lines. With `--json` a command prints JSON
to the standard output, and what goes wrong as `{"error": {"kind", "message", "exit"}}` to the standard error. `-w`
names a workspace where there are several.

## Exit codes
"""
_EXAMPLE = re.compile(r"^Example: (.+)$", re.MULTILINE)
_SHARED = {"help", "install_completion", "show_completion"}


def page() -> str:
    """Return the page, in Markdown."""
    group: Any = LazyGroup(name="chappe")
    codes = ["| code | means |", "| --- | --- |", *(f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items())]
    parts = ["\n".join((INTRODUCTION, *codes))]
    for name in COMMANDS:
        parts += _sections(f"chappe {name}", group.get_command(None, name))
    return "\n\n".join(parts) + "\n"


def _sections(path: str, command: Any) -> Iterator[str]:
    inner: dict[str, Any] = getattr(command, "commands", {})
    if not inner:
        yield _section(path, command)
        return
    yield f"## {path}\n\n{command.help}"
    for name, each in inner.items():
        for section in _sections(f"{path} {name}", each):
            yield f"#{section}"


def _section(path: str, command: Any) -> str:
    text = inspect.cleandoc(command.help or "")
    example = _EXAMPLE.search(text)
    parts = [f"## {path}", _EXAMPLE.sub("", text).strip()]
    if example:
        parts.append(f"```sh\n{example[1]}\n```")
    if rows := [_row(each) for each in command.params if each.name not in _SHARED]:
        parts.append("\n".join(("| argument or option | is | default |", "| --- | --- | --- |", *rows)))
    return "\n\n".join(parts)


def _row(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        name = f"`{parameter.metavar or parameter.name.rstrip('_').upper()}`"
    else:
        name = ", ".join(f"`{option}`" for option in (*parameter.opts, *parameter.secondary_opts))
    described = (parameter.help or "").replace("|", "\\|")
    return f"| {name} | {described} | {_default(parameter)} |"


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    default = parameter.default
    return "" if default in (None, False, "", ()) or callable(default) else f"`{default}`"
