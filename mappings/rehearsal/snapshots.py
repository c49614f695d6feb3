"""Snapshots: what each network would show in each test of a mapping, kept in a file beside it to be compared."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final

import yaml

from engine.content.rendering import counted
from engine.errors import MappingError
from engine.model.text import measure
from mappings.moments import shown
from mappings.rehearsal.events import Arrived

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from engine.graph import Graph, SinkNode
    from engine.model.post import Content
    from mappings.rehearsal.events import Run

ENDING: Final = ".snapshots.yaml"
_HEAD: Final = "# What each network shows in the tests beside. `chappe test --update` writes this file.\n"


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as they are read."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def file_of(mapping: Path) -> Path:
    """Return the file in which the snapshots of a mapping stand."""
    return mapping.with_name(f"{mapping.stem}{ENDING}")


def taken(graph: Graph, run: Run) -> dict[str, Any]:
    """Return what each network shows at the end of a test, as plain data."""
    found: dict[str, Any] = {name: [] for name in graph.sinks}
    for event in run.events:
        if isinstance(event, Arrived) and event.node in found:
            found[event.node].append(_post(graph, graph.sinks[event.node], event))
    return {name: posts for name, posts in found.items() if posts} or {"nothing": True}


def read(text: str, file: str) -> dict[str, Any]:
    """Return the snapshots of a file by the names of their tests; raises MappingError."""
    try:
        data = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise MappingError(f"{file} cannot be read: delete it, and write it with `chappe test --update`.") from error
    if not isinstance(data, dict):
        raise MappingError(f"{file} holds no snapshots: delete it, and write it with `chappe test --update`.")
    return data


def written(snapshots: Mapping[str, Any]) -> str:
    """Return the text of a file of snapshots."""
    return _HEAD + _dumped(snapshots)


def difference(kept: Any, found: Any) -> str:
    """Return what differs, line by line: - is kept, + is found; empty where nothing does."""
    if kept == found:
        return ""
    lines = difflib.unified_diff(_dumped(kept).splitlines(), _dumped(found).splitlines(), lineterm="", n=2)
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


def _dumped(data: Any) -> str:
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000)


def _post(graph: Graph, sink: SinkNode, event: Arrived) -> dict[str, Any]:
    first = event.contents[0]
    shared = {
        "at": shown(event.at, graph.zone),
        "title": first.title,
        "link": first.link,
        "media": [f"{one.url} ({one.alt})" if one.alt else one.url for one in first.media],
    }
    words = [_words(sink, content) for content in event.contents]
    return {key: value for key, value in shared.items() if value} | {"words": words}


def _words(sink: SinkNode, content: Content) -> dict[str, Any]:
    room = sink.sink.room
    most = f" of {room.text_max}" if room.text_max else ""
    length = f"{measure(content.text, room.text_unit)}{most} {counted(room.text_unit)}"
    shown = {"text": content.text, "length": length}
    return shown | ({"comment": content.comment} if content.comment else {})
