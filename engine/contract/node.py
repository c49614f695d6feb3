"""What every node declares: a kind, a title, a docstring, settings with a description each, one valid example."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, get_args

from pydantic import BaseModel, ConfigDict

from engine.contract.answer import classify_status

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine import errors
    from engine.contract.usage import Usage


class NodeConfig(BaseModel):
    """Base of a node's settings: each field has a title or description; unknown keys are refused.

    A refused value is never quoted: it may be a secret that somebody wrote where its name belongs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


C = TypeVar("C", bound=NodeConfig)


class Node(Generic[C]):
    """A box of the graph, made from its validated settings.

    A class says `kind` (a noun for sources and sinks, a verb for operators), `title`, `example` (settings that are
    valid) and a docstring whose first line is a sentence; `Config` is taken from the type argument.
    """

    kind: ClassVar[str]
    title: ClassVar[str]
    icon: ClassVar[str] = "box"
    example: ClassVar[dict[str, Any]]
    account_kind: ClassVar[str | None] = None
    Config: ClassVar[type[NodeConfig]] = NodeConfig

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Find the settings model in `class Webhook(Sink[Config])`."""
        super().__init_subclass__(**kwargs)
        for base in vars(cls).get("__orig_bases__", ()):
            for argument in get_args(base):
                if inspect.isclass(argument) and issubclass(argument, NodeConfig):
                    cls.Config = argument

    def __init__(self, config: C) -> None:
        self.config = config

    @classmethod
    def summary(cls) -> str:
        """Return the first line of the docstring: one sentence."""
        return (inspect.getdoc(cls) or "").split("\n", 1)[0]

    @classmethod
    def description(cls) -> str:
        """Return the docstring after its first line."""
        return (inspect.getdoc(cls) or "").partition("\n")[2].strip()

    def secrets(self) -> Mapping[str, str]:
        """Return the secrets that the settings name: `{its key in account.secrets: its name in the workspace}`."""
        return {}

    def classify(self, status: int, headers: Any, body: bytes) -> errors.ChappeError | None:
        """Say what an answer means: None to accept it, else the error by what happens next. Pure.

        `headers` is a case-insensitive mapping of strings. The default goes by the status code alone.
        """
        return classify_status(status, headers, body)

    def usage(self, status: int, headers: Any) -> Usage | None:
        """Return what an answer's headers say of how much is left; None where they say nothing of it. Pure.

        `headers` are as in `classify`. The engine leaves the platform alone once nothing, or nearly nothing, is left.
        """
        del status, headers
        return None
