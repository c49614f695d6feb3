"""What a node declares is found on its class, and settings are strict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from pydantic import Field, ValidationError

from engine.contract.node import Node, NodeConfig
from engine.contract.operator import Decision, Operator, Pass
from engine.contract.sink import Sink
from engine.contract.source import Source

if TYPE_CHECKING:
    from engine.contract.context import WalkContext
    from engine.model.post import Post


class Settings(NodeConfig):
    words: tuple[str, ...] = Field(default=(), description="Words.")


class Shout(Operator[Settings]):
    """Write every post in capitals.

    It says more
    on more lines.
    """

    kind = "shout"
    title = "Shout"
    example: ClassVar[dict[str, Any]] = {"words": ["Acme"]}

    def decide(self, post: Post, ctx: WalkContext) -> Decision:
        return Pass(post.model_copy(update={"text": post.text.upper()}))


class Louder(Shout):
    """Shout, louder."""

    kind = "louder"


def test_the_settings_model_is_taken_from_the_type_argument() -> None:
    assert Shout.Config is Settings
    assert Louder.Config is Settings


def test_a_class_may_name_another_settings_model_itself() -> None:
    class Other(Settings):
        pass

    class Whisper(Shout):
        """Shout, not so loud."""

        Config = Other

    assert Whisper.Config is Other


def test_a_node_without_settings_has_the_empty_ones() -> None:
    class Bare(Node[NodeConfig]):
        """Do nothing."""

    assert Bare.Config is NodeConfig


def test_the_docstring_gives_one_sentence_and_the_rest() -> None:
    assert Shout.summary() == "Write every post in capitals."
    assert Shout.description() == "It says more\non more lines."
    assert Louder.description() == ""


def test_settings_refuse_unknown_keys_and_cannot_be_set() -> None:
    settings = Settings(words=("Acme",))

    with pytest.raises(ValidationError, match="Extra inputs"):
        Settings.model_validate({"word": []})
    with pytest.raises(ValidationError, match="frozen"):
        settings.words = ()  # type: ignore[misc]


def test_a_node_names_no_secrets_unless_it_says_so() -> None:
    assert Shout(Settings()).secrets() == {}


@pytest.mark.parametrize(("base", "needed"), [(Operator, {"decide"}), (Sink, {"wire", "commit"}), (Source, {"fetch"})])
def test_what_an_author_must_write_cannot_be_left_out(base: type[Node[Any]], needed: set[str]) -> None:
    forgetful = type("Forgetful", (base,), {"kind": "forgetful"})

    with pytest.raises(TypeError, match="abstract") as refused:
        forgetful(NodeConfig())
    assert all(name in str(refused.value) for name in needed)
