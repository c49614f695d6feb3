"""Checks of what a node or an account kind declares: plain functions that assert.

Everything that stands in a form, a schema, the reference pages or the catalogue comes from these declarations.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from engine.contract.sink import Sink
from engine.model.delivery import Doubt

if TYPE_CHECKING:
    from engine.contract.account import AccountKind
    from engine.contract.node import Node, NodeConfig
    from engine.contract.registry import Registry

KIND: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LINE: Final = 110
"""The longest first line of a docstring: it stands in lists."""


def check_kind(kind: type[Node[Any] | AccountKind]) -> None:
    """The kind is lower-case words joined by underscores, and the title is a name, not a sentence."""
    assert KIND.fullmatch(kind.kind), f"{kind.__name__}: {kind.kind!r} is not of the form some_words."
    assert kind.title, f"{kind.kind}: the title is missing."
    assert kind.title[0].isupper(), f"{kind.kind}: the title begins with a capital letter."
    assert not kind.title.endswith("."), f"{kind.kind}: the title is a name, without a full stop."


def check_docstring(kind: type[Node[Any]]) -> None:
    """The docstring is the node's own, and its first line is one sentence that fits into a list."""
    assert kind.__doc__, f"{kind.kind}: the docstring is missing; the catalogue shows it."
    line = kind.summary()
    assert line.endswith("."), f"{kind.kind}: the first line of the docstring is a sentence and ends with a full stop."
    assert line[0].isupper(), f"{kind.kind}: the first line of the docstring begins with a capital letter."
    assert len(line) <= LINE, f"{kind.kind}: the first line of the docstring has more than {LINE} characters."


def check_settings(kind: type[Node[Any]]) -> None:
    """Every setting says what it is, unknown keys are refused, and the schema can be made."""
    _check_model(kind.kind, kind.Config, kind.example)


def check_example(kind: type[Node[Any]]) -> None:
    """The example is valid as it stands in YAML, and a node can be made of it."""
    example = json.loads(json.dumps(kind.example))
    node = kind(kind.Config.model_validate(example))
    assert isinstance(dict(node.secrets()), dict)


CHECKS: Final = (check_kind, check_docstring, check_settings, check_example)
"""Those of every node; sinks have `check_limits` and `check_doubt` beside them."""


def check_account_kind(kind: type[AccountKind]) -> None:
    """An account kind declares as strictly as a node does, and names its secrets apart from its settings."""
    check_kind(kind)
    _check_model(kind.kind, kind.Settings, kind.example)
    kind.Settings.model_validate(kind.example)
    shared = set(kind.secrets) & set(kind.Settings.model_fields)
    assert not shared, f"{kind.kind}: {sorted(shared)} are secrets and must not be settings, which are shown."
    if kind.AppSettings is not None:
        _check_app(kind, kind.AppSettings)


def _check_app(kind: type[AccountKind], model: type[NodeConfig]) -> None:
    """An app needs no more than its example, and has its secrets apart as well."""
    _check_model(f"{kind.kind}'s app", model, kind.app_example)
    model.model_validate(kind.app_example)
    shared = set(kind.app_secrets) & set(model.model_fields)
    assert not shared, f"{kind.kind}: {sorted(shared)} are secrets of the app and must not be settings."


def check_limits(kind: type[Sink[Any]]) -> None:
    """What is said of a platform says where it was read, and when; a number has such a fact."""
    limits = kind.limits
    for fact in (*limits.facts, *(window.fact for window in limits.windows)):
        assert fact.what.endswith("."), f"{kind.kind}: the fact {fact.what!r} is a sentence."
        assert fact.page.startswith("https://"), f"{kind.kind}: the fact {fact.what!r} names no page."
        assert fact.read.year >= 2025, f"{kind.kind}: the fact {fact.what!r} was read too long ago."
    known = limits.text_max is not None or bool(limits.text_also) or limits.media.count is not None
    assert limits.facts or not known, f"{kind.kind}: its limits say neither page nor day."
    names = [window.name for window in limits.windows]
    assert len(set(names)) == len(names), f"{kind.kind}: two of its windows are called the same: {names}."
    for window in limits.windows:
        whole = window.resets == "rolling" or window.period == timedelta(days=1)
        assert window.cap > 0, f"{kind.kind}: the window {window.name} lets nothing through."
        assert window.period > timedelta(0), f"{kind.kind}: the window {window.name} has no length."
        assert whole, f"{kind.kind}: the window {window.name} ends at midnight, and is not a day."


def check_doubt(kind: type[Sink[Any]]) -> None:
    """A sink that says it can be read back has a `find` of its own."""
    sink = kind(kind.Config.model_validate(kind.example))
    finds = type(sink).find is not Sink.find
    assert Doubt.FINDABLE not in {sink.doubt, kind.doubtful} or finds, f"{kind.kind}: it is findable and has no `find`."


def check_account_exists(kind: type[Node[Any]], registry: Registry) -> None:
    """The account kind that a node asks for is registered."""
    known = {None, *registry.accounts}
    assert kind.account_kind in known, f"{kind.kind}: there is no account kind {kind.account_kind}."


def _check_model(kind: str, model: type[NodeConfig], example: dict[str, Any]) -> None:
    for name, setting in model.model_fields.items():
        says = setting.description
        assert says, f"{kind}: the setting {name} has no description."
        assert says.endswith("."), f"{kind}: the description of {name} is a sentence and ends with a full stop."
    assert model.model_config.get("frozen"), f"{kind}: its settings can be set after they were made."
    json.dumps(model.model_json_schema())
    try:
        model.model_validate({**example, "no_such_setting": 1})
    except ValidationError as error:
        wrong = {entry["type"] for entry in error.errors(include_input=False, include_context=False)}
        assert "extra_forbidden" in wrong, f"{kind}: an unknown setting is refused for another reason."
    else:
        raise AssertionError(f"{kind}: an unknown setting is not refused.")
