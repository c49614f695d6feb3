"""What feeds what, as the linter sees it: also where some of the nodes cannot be made."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from engine.contract.node import NodeConfig
from engine.contract.operator import Drop, Operator
from engine.contract.sink import Sink
from engine.contract.source import Source
from engine.graph import Feed, Graph, OperatorNode, SinkNode, SourceNode, flaws
from engine.model.duration import Duration
from mappings.document import is_feed
from mappings.findings import clipped, did_you_mean, listed, there_are
from mappings.operators.slots import Slots
from mappings.rules import shape, wiring

if TYPE_CHECKING:
    from engine.contract.context import WalkContext
    from engine.contract.node import Node
    from engine.contract.operator import Decision
    from engine.graph import Flaw
    from engine.model.post import Post
    from mappings.findings import Path, Rule
    from mappings.known import Known
    from mappings.reading.loaded import Loaded


class _Unmade(Operator[NodeConfig]):
    """Stands where a node has errors, so that the arrows around it can be looked at."""

    kind = "unmade"
    title = "Unmade"
    example: ClassVar[dict[str, Any]] = {}

    def decide(self, post: Post, ctx: WalkContext) -> Decision:
        """Drop the post."""
        del post, ctx
        return Drop("This node has errors.")


_UNMADE = _Unmade(NodeConfig())
_HERE = timedelta(0)


@dataclass(slots=True)
class Sketch:
    """The nodes of a document by their roles, with what each says of itself, right or wrong.

    `nodes` are those that could be made, `kinds` the kinds of all whose kind is known.
    """

    nodes: dict[str, Node[Any]]
    kinds: dict[str, type[Node[Any]]] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    data: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, role: str, name: str, data: Any) -> None:
        """Take a node in."""
        self.roles[name] = role
        self.data[name] = data if isinstance(data, dict) else {}

    def of(self, role: str) -> list[str]:
        """Return the names of the nodes of a role."""
        return [name for name, its in self.roles.items() if its == role]

    def path(self, name: str, *keys: str | int) -> Path:
        """Return where a node, or a value of it, stands."""
        return (self.roles[name], name, *keys)

    def texts(self, name: str, key: str) -> list[tuple[Path, str]]:
        """Return the texts under a key, one or a list of them, with where each stands."""
        value = self.data[name].get(key)
        if isinstance(value, str):
            return [(self.path(name, key), value)]
        items = value if isinstance(value, list) else []
        return [(self.path(name, key, nth), item) for nth, item in enumerate(items) if isinstance(item, str)]

    def feeds(self, name: str) -> list[tuple[Path, Feed]]:
        """Return what feeds a node, with where each is said."""
        said = [(path, text.partition(".")) for path, text in self.texts(name, "from") if is_feed(text)]
        return [(path, Feed(name, port or None)) for path, (name, _, port) in said]


def remark_wiring(loaded: Loaded, sketch: Sketch, known: Known | None = None) -> bool:
    """Remark on arrows that lead nowhere, and on sources and sinks without their accounts.

    Tells whether all arrows are as they should be.
    """
    for name in sketch.of("sources"):
        _source(loaded, sketch, name)
    for name in sketch.of("sinks"):
        _for_whom(loaded, sketch, name)
        _same_words(loaded, sketch, name, known)
    _zones(loaded, sketch)
    return _arrows(loaded, sketch)


def _source(loaded: Loaded, sketch: Sketch, name: str) -> None:
    source, data = sketch.kinds.get(name), sketch.data[name]
    if source is None or not issubclass(source, Source):
        return
    if source.account_kind and data.get("account") is None:
        sentence = f"The source {source.kind} is read with an account. Add `account:` with the name of one."
        loaded.add(wiring.NO_ACCOUNT, sketch.path(name), sentence, key=True)
    if not source.account_kind and "account" in data:
        sentence = f"The source {source.kind} is read without an account. Delete this line."
        loaded.add(wiring.NO_ACCOUNT, sketch.path(name, "account"), sentence, key=True)
    every = parsed(data.get("every"))
    if every is not None and every < source.fastest_every:
        least = int(source.fastest_every.total_seconds())
        sentence = f"This is too often for the source {source.kind}. Write {_spoken(least)} or more."
        loaded.add(shape.TOO_OFTEN, sketch.path(name, "every"), sentence)


def parsed(value: Any) -> timedelta | None:
    """Return a duration that is written as it should be."""
    try:
        return Duration.parse(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _spoken(seconds: int) -> str:
    return f"{seconds // 60}m" if seconds % 60 == 0 else f"{seconds}s"


def _for_whom(loaded: Loaded, sketch: Sketch, name: str) -> None:
    sink, data = sketch.nodes.get(name), sketch.data[name]
    said = [key for key in ("audience", "account", "accounts") if data.get(key) is not None]
    own = isinstance(sink, Sink) and sink.own_address is not None
    if own and said:
        sentence = f"This sink has an address of its own, and `{said[0]}` too. Keep one of them."
        loaded.add(wiring.FOR_WHOM, sketch.path(name, said[0]), sentence, key=True)
    elif len(said) > 1:
        sentence = f"A sink publishes for one of them, and this one names {listed(said)}. Keep one."
        loaded.add(wiring.FOR_WHOM, sketch.path(name, said[1]), sentence, key=True)
    elif sink is not None and not own and not said:
        sentence = f"`{name}` does not say for whom it publishes. Add `audience:`, `account:` or `accounts:`."
        loaded.add(wiring.FOR_WHOM, sketch.path(name), sentence, key=True)


def _same_words(loaded: Loaded, sketch: Sketch, name: str, known: Known | None) -> None:
    sink, data = sketch.nodes.get(name), sketch.data[name]
    if not (isinstance(sink, Sink) and sink.words_alone) or data.get("approval", "none") != "none":
        return
    accounts = len(sketch.texts(name, "accounts"))
    least = ""
    if data.get("audience") is not None:
        members = known.members if known is not None else None
        accounts = 2 if members is None else len(members.get((str(data["audience"]), sink.account_kind or ""), ()))
        least = "" if members is None else f", {accounts} of them"
    if len(sketch.texts(name, "variants")) < accounts and accounts > 1:
        sentence = (
            f"{sink.title} forbids the same words from several accounts. Give `variants:`{least}, or an `approval:`."
        )
        loaded.add(wiring.SAME_WORDS, sketch.path(name), sentence, key=True)


def _zones(loaded: Loaded, sketch: Sketch) -> None:
    for name, node in sketch.nodes.items():
        if isinstance(node, Slots) and node.config.timezone is None and "timezone" not in (loaded.data or {}):
            sentence = f"The times of `{name}` are UTC, since the mapping has no `timezone:`. Add one."
            loaded.add(wiring.NO_ZONE, sketch.path(name), sentence, key=True)


def _arrows(loaded: Loaded, sketch: Sketch) -> bool:
    found = flaws(_graph(sketch))
    broken = [flaw for flaw in found if flaw.code not in ("idle", "unfed")]
    for flaw in broken:
        rule, sentence = _explained(sketch, flaw)
        loaded.add(rule, _arrow(sketch, flaw), sentence)
    whole = not broken and all(sketch.feeds(name) for role in ("operators", "sinks") for name in sketch.of(role))
    for flaw in found if whole else ():
        if flaw.code == "idle":
            name = flaw.nodes[0]
            sentence = f"What leaves `{name}` reaches no sink. Name it in the `from:` of a node that leads to one."
            loaded.add(wiring.LEADS_NOWHERE, sketch.path(name), sentence, key=True)
    return whole


def _arrow(sketch: Sketch, flaw: Flaw) -> Path:
    """Return where the arrow is said that a flaw is about: that of a circle is the one that closes it."""
    fed, feeder = flaw.nodes[0], flaw.nodes[-1 if flaw.code == "circle" else 1]
    return next((path for path, feed in sketch.feeds(fed) if feed.name == feeder), sketch.path(fed))


def _explained(sketch: Sketch, flaw: Flaw) -> tuple[Rule, str]:
    if flaw.code == "unknown":
        missing = flaw.nodes[1]
        givers = [name for name, role in sketch.roles.items() if role != "sinks" and name != flaw.nodes[0]]
        advice = did_you_mean(missing, givers) or there_are(givers)
        return wiring.NO_SUCH_NODE, f"There is no node “{clipped(missing)}”.{advice}"
    rules = {"circle": wiring.CIRCLE, "leaf": wiring.FED_BY_SINK, "port": wiring.NO_SUCH_OUTPUT}
    return rules[flaw.code], flaw.sentence


def _graph(sketch: Sketch) -> Graph:
    """Return a graph with the arrows of a document and with stand-ins for what could not be made."""
    unmade = sketch.roles.keys() - sketch.nodes.keys()
    fed = {name: _known_feeds(sketch, name, unmade) for name in sketch.roles}
    made: Any = sketch.nodes
    return Graph(
        mapping="",
        title="",
        zone=ZoneInfo("UTC"),
        max_age=_HERE,
        sources={name: SourceNode(name, made.get(name)) for name in sketch.of("sources")},
        operators={name: OperatorNode(name, made.get(name, _UNMADE), fed[name]) for name in sketch.of("operators")},
        sinks={name: SinkNode(name, made.get(name), fed[name]) for name in sketch.of("sinks")},
    )


def _known_feeds(sketch: Sketch, name: str, unmade: set[str]) -> tuple[Feed, ...]:
    """Return a node's feeds; those from a node that could not be made without their port, which nobody knows."""
    return tuple(Feed(feed.name) if feed.name in unmade else feed for _, feed in sketch.feeds(name))
