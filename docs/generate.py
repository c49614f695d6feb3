"""Write docs/reference/, docs/library/, the tables of docs/networks/ and the client in docs/examples/ from the code.

`python -m docs.generate` writes them; with `--check` it writes nothing, shows what would change, and fails if anything
would.
"""

from __future__ import annotations

import argparse
import difflib
import inspect
import json
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from api import cli_docs, settings_docs
from api.openapi_words import TAGS
from api.problem_list import PROBLEMS
from connectors.shipped import ALL as CONNECTORS
from docs import api_pages, client_code, library_pages, limits
from engine import errors
from engine.contract.registry import Registry
from engine.contract.sink import Sink
from engine.model.delivery import ENDS, MOVES, START, Doubt
from mappings import library, operators
from mappings.linting.reports import page_of
from mappings.rules import RULES
from mappings.schema import mapping_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from api.problem_list import Problem
    from engine.contract.node import Node
    from mappings.findings import Rule

FOLDER = Path(__file__).resolve().parent

_PROMISES = {
    Doubt.IDEMPOTENT: "a send whose answer was lost is made again: the receiver takes our key and keeps one.",
    Doubt.FINDABLE: "a send whose answer was lost is looked up where it would be, after a while.",
    Doubt.PROBE: "a send whose answer was lost is made once more: a platform that has it refuses that, and names it.",
    Doubt.ASK: "a send whose answer was lost is never made again by itself: a person decides.",
}


def delivery() -> str:
    """Return the page of a delivery's life: the picture and the table of its moves."""
    arrows = [f"    {state} --> {target}: {words(move)}" for (state, move), target in MOVES.items()]
    starts = [f"    [*] --> {state}" for state in START]
    ends = [f"    {state} --> [*]" for state in ENDS]
    rows = [(words(state), words(move), words(target)) for (state, move), target in MOVES.items()]
    picture = "\n".join(("```mermaid", "stateDiagram-v2", *starts, *arrows, *ends, "```"))
    table = tabulate(("from", "by", "to"), rows)
    return f"# The life of a delivery\n\nOne post for one account at one sink.\n\n{picture}\n\n{table}\n"


def outcomes() -> str:
    """Return the page of the errors, each with what it means."""
    named = [
        (f"`{name}`", summary_of(kind))
        for name, kind in vars(errors).items()
        if inspect.isclass(kind) and issubclass(kind, errors.ChappeError) and kind is not errors.ChappeError
    ]
    return f"# Errors\n\nEach is named by what happens next.\n\n{tabulate(('error', 'means'), named)}\n"


def nodes() -> str:
    """Return the page of every kind of source, operator and sink."""
    kinds = shipped()
    shelves = (("Sources", kinds.sources), ("Operators", kinds.operators), ("Sinks", kinds.sinks))
    parts = ["# Kinds of nodes"]
    for title, shelf in shelves:
        parts += [f"## {title}", *(one_node(kind) for _, kind in sorted(shelf.items()))]
    return "\n\n".join(parts) + "\n"


def shipped() -> Registry:
    """Return the kinds that ship, without those of installed packages."""
    return Registry([*CONNECTORS, *operators.ALL])


def findings() -> str:
    """Return the list of the linter's findings; each has a page of its own."""
    intro = "Every remark of the linter has a code that never changes its meaning."
    rows = [(f"[{rule.code}](findings/{rule.code}.md)", rule.title, rule.severity.value) for rule in RULES.values()]
    return f"# Findings\n\n{intro}\n\n{tabulate(('code', 'finding', 'is'), rows)}\n"


def one_finding(rule: Rule) -> str:
    """Return a finding's page: why it is there, what to do, and a document with and without it."""
    return f"{page_of(rule)}\n\n[All findings](../findings.md)\n"


def problems() -> str:
    """Return the list of the API's problems; each has a page of its own."""
    rows = [(str(one.status), f"[{one.slug}](problems/{one.slug}.md)", one.title) for one in PROBLEMS]
    intro = "What the API answers when it cannot do what was asked: `application/problem+json` (RFC 9457)."
    return f"# Problems\n\n{intro}\n\n{tabulate(('status', 'problem', 'says'), rows)}\n"


def one_problem(problem: Problem) -> str:
    """Return a problem's page, as the API itself serves it."""
    told = f"Its `type` is `{problem.kind}`, its status {problem.status}."
    parts = (f"# {problem.title}", told, f"When it comes: {problem.meaning}", f"What to do: {problem.remedy}")
    return "\n\n".join((*parts, "[All problems](../problems.md)")) + "\n"


def schema() -> str:
    """Return the JSON Schema of mapping documents, for editors."""
    return json.dumps(mapping_schema(shipped()), indent=2, ensure_ascii=False) + "\n"


def one_node(kind: type[Node[Any]]) -> str:
    """Return a kind's section: what it does, what it promises, an example, its settings."""
    parts = [f"### {kind.kind}", kind.summary(), *filter(None, (inspect.cleandoc(kind.description()),))]
    if issubclass(kind, Sink):
        parts.append(f"By default, {_PROMISES[kind.doubtful]}")
    example = yaml.safe_dump({"kind": kind.kind, **kind.example}, sort_keys=False, allow_unicode=True).rstrip()
    parts.append(f"```yaml\n{example}\n```")
    if kind.Config.model_fields:
        parts.append(tabulate(("setting", "is", "default"), list(settings_of(kind))))
    return "\n\n".join(parts)


def settings_of(kind: type[Node[Any]]) -> Iterable[tuple[str, str, str]]:
    """Give a row for each setting of a kind: its name, its description, its default."""
    for name, field in kind.Config.model_fields.items():
        value = field.get_default(call_default_factory=True)
        default = "required" if field.is_required() else "" if value is None else f"`{value}`"
        yield f"`{field.alias or name}`", field.description or field.title or "", default


def tabulate(heading: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return a table in Markdown."""
    body = [heading, tuple("---" for _ in heading), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in body)


def words(name: str) -> str:
    """Return a name of the code as words."""
    return name.replace("_", " ")


def summary_of(kind: type) -> str:
    """Return the first paragraph of a docstring, on one line."""
    return " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())


def network(name: str) -> str:
    """Return a page of docs/networks/ as it stands, with its tables as the sinks declare them."""
    sinks = {kind: sink for kind, sink in shipped().sinks.items() if kind in limits.PAGES}
    heading = ("network", "text", "pictures", "no answer")
    tables = {"networks": lambda: tabulate(heading, limits.compared(sinks))}
    for kind, sink in sinks.items():
        tables[f"limits of {kind}"] = partial(one_sink, sink)
    return limits.filled((FOLDER / name).read_text(encoding="utf-8"), tables)


def one_sink(kind: type[Sink[Any]]) -> str:
    """Return what Chappe keeps of a network's limits, and the facts behind it."""
    kept = tabulate(("of", "Chappe keeps"), list(limits.kept(kind)))
    return f"{kept}\n\n{tabulate(('fact', 'source', 'read on'), limits.facts(kind))}"


PAGES: dict[str, Callable[[], str]] = {
    "reference/delivery.md": delivery,
    "reference/errors.md": outcomes,
    "reference/nodes.md": nodes,
    "reference/findings.md": findings,
    "reference/mapping.schema.json": schema,
    "reference/settings.md": settings_docs.page,
    "reference/cli.md": cli_docs.page,
} | {f"networks/{name}": partial(network, f"networks/{name}") for name in ("README.md", *limits.PAGES.values())}
PAGES |= {f"reference/findings/{code}.md": partial(one_finding, rule) for code, rule in RULES.items()}
PAGES |= {"reference/problems.md": problems}
PAGES |= {f"reference/problems/{one.slug}.md": partial(one_problem, one) for one in PROBLEMS}
PAGES |= {"reference/openapi.json": api_pages.written, "reference/api/README.md": partial(api_pages.index, tabulate)}
PAGES |= {f"reference/api/{tag['name']}.md": partial(api_pages.page, tag["name"], tabulate) for tag in TAGS}
PAGES |= {f"{client_code.PLACE}/calls.py": client_code.calls, f"{client_code.PLACE}/models.py": client_code.shapes}
PAGES |= {"library/README.md": partial(library_pages.index, tabulate)}
PAGES |= {f"library/{name}.md": partial(library_pages.page, name, shipped(), tabulate) for name in library.NAMES}
PAGES |= {f"pictures/library/{name}.svg": partial(library_pages.picture, name, shipped()) for name in library.NAMES}


def differences() -> list[str]:
    """Return the lines in which the pages on disk differ from what they should be."""
    lines: list[str] = []
    for name, page in PAGES.items():
        path = FOLDER / name
        there, wanted = path.read_text(encoding="utf-8") if path.exists() else "", page()
        if there.splitlines() != wanted.splitlines():  # to compare line by line takes long
            lines += difflib.unified_diff(there.splitlines(), wanted.splitlines(), f"docs/{name}", "generated")
    return lines


def write() -> None:
    """Write every page."""
    for name, page in PAGES.items():
        (FOLDER / name).parent.mkdir(exist_ok=True)
        (FOLDER / name).write_text(page(), encoding="utf-8")
        print(f"Wrote docs/{name}.")


def main() -> int:
    """Write the pages, or check them."""
    parser = argparse.ArgumentParser(description="Write the reference pages from the code.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page would change")
    if not parser.parse_args().check:
        write()
        return 0
    if lines := differences():
        print("\n".join(lines))
        print("Generated pages are not as the code says: make generate.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
