"""The pages and pictures of the library, made from its mappings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mappings import library
from mappings.compiling import compile_document
from mappings.drawing import svg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from engine.contract.registry import Registry
    from engine.graph import Graph
    from mappings.library import Ready

    Tabulate = Callable[[tuple[str, ...], list[tuple[str, ...]]], str]

INTRODUCTION: Final = """# The library

Mappings to begin with: each is whole, says what it needs, and has tests that hold for whatever you fill in.

```sh
chappe library list
chappe library show ambassadors
chappe library new ambassadors -o ambassadors.yaml
```

`chappe library new` asks for each parameter on a terminal; elsewhere it takes `--set NAME=VALUE`, and defaults for the
others. What it writes is a mapping like any other, which is yours to change."""

PARAMETERS: Final = """## Parameters of your own

Any mapping may say what its `${NAME}` mean; values come from `-p NAME=VALUE` or from
[a values file](../git.md#parameters-of-an-environment). One without either has its `default:`; where there is none, the
linter says what is missing by its title and description ([CH010](../reference/findings/CH010.md)).

```yaml
mapping: news
title: News of ${COMPANY}
timezone: ${ZONE}
parameters:
  COMPANY: {title: Company, description: Its name as people say it., example: Acme}
  ZONE: {title: Time zone, kind: zone, default: Europe/Paris}
```

`kind:` is one of `text` (so it is where nothing is said), `name`, `url`, `account`, `audience`, `zone`, `duration`,
`time`, `date` and `hashtag`; a default or example that is not of its kind is an error, and so is what
`chappe library new` is given. A parameter stands in a text, not in the place of a number or a list; its default has no
parameters itself."""


def index(tabulate: Tabulate) -> str:
    """Return the list of the library."""
    rows: list[tuple[str, ...]] = [
        (f"[{ready.name}]({ready.name}.md)", ready.summary) for ready in map(library.find, library.NAMES)
    ]
    return "\n\n".join((INTRODUCTION, tabulate(("mapping", "for"), rows), PARAMETERS)) + "\n"


def page(name: str, registry: Registry, tabulate: Tabulate) -> str:
    """Return the page of one mapping."""
    ready = library.find(name)
    heads = list(ready.told)
    parts = [f"# {name}"]
    for heading in heads:
        parts += [f"## {heading}", ready.told[heading]]
        if heading == "What it does":
            parts += [f"![A picture of it](../pictures/library/{name}.svg)", _made_of(_graph(ready, registry))]
        if heading == "To begin":
            lines = (f"chappe {words} {name}.yaml" for words in (f"library new {name} -o", "test", "check", "apply"))
            parts.append("\n".join(("```sh", *lines, "```")))
            parts.append(tabulate(("parameter", "is", "default", "such as"), list(_rows(ready))))
    parts.append(f"[Its text](../../mappings/library/{name}.yaml). [All of the library](README.md).")
    return "\n\n".join(parts) + "\n"


def picture(name: str, registry: Registry) -> str:
    """Return the picture of one mapping, filled in with its examples."""
    return svg(_graph(library.find(name), registry))


def _graph(ready: Ready, registry: Registry) -> Graph:
    return compile_document(ready.text, registry, ready.examples(), file=ready.name)


def _rows(ready: Ready) -> Iterable[tuple[str, ...]]:
    for name, one in ready.parameters.items():
        shown = (f"`{value}`" if value else "" for value in (one.default, one.example))
        yield f"`{name}`", f"{one.title}: {one.description}", *shown


def _made_of(graph: Graph) -> str:
    """Name the kinds that it is made of, each with a link to what is told of it."""
    operators = dict.fromkeys(node.operator.kind for node in graph.operators.values())
    ends = [node.source.kind for node in graph.sources.values()] + [node.sink.kind for node in graph.sinks.values()]
    links = [f"[`{kind}`](../operators/{kind}.md)" for kind in operators]
    links += [f"[`{kind}`](../reference/nodes.md#{kind})" for kind in dict.fromkeys(ends)]
    return f"It is made of {', '.join(links[:-1])} and {links[-1]}."
