"""Every page holds: its links lead somewhere, its blocks parse, and the targets that it names exist."""

from __future__ import annotations

import ast
import re

import yaml

from tests.house import tree

_PAGES = [path for path in tree.committed() if path.endswith(".md")]


def _blocks(path: str, *languages: str) -> list[str]:
    fenced = re.findall(r"^```(\w+)\n(.*?)^```$", tree.text_of(path), re.MULTILINE | re.DOTALL)
    return [text for language, text in fenced if language in languages]


def _anchors(path: str) -> set[str]:
    text = tree.text_of(path)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    named = set(re.findall(r'^<a id="([^"]+)"></a>$', text, re.MULTILINE))
    return named | {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def _dead_links(path: str) -> list[str]:
    prose = re.sub(r"^```.*?^```$|`[^`]*`", "", tree.text_of(path), flags=re.MULTILINE | re.DOTALL)
    links = [
        link for link in re.findall(r"\]\(([^)\s]+)\)", prose) if "://" not in link and not link.startswith("mailto:")
    ]
    dead = []
    for link in links:
        name, _, anchor = link.partition("#")
        target = ((tree.ROOT / path).parent / name).resolve() if name else tree.ROOT / path
        if not target.exists() or (anchor and anchor not in _anchors(str(target.relative_to(tree.ROOT)))):
            dead.append(link)
    return dead


def _unreadable(path: str) -> list[str]:
    unread = [text for text in _blocks(path, "yaml", "yml") if not _is_yaml(text)]
    return unread + [text for text in _blocks(path, "python", "py") if not _is_python(text)]


def _unknown_targets(path: str) -> set[str]:
    named = set(re.findall(r"`make ([a-z-]+)", tree.text_of(path)))
    named |= {name for text in _blocks(path, "sh", "bash", "console") for name in re.findall(r"\bmake ([a-z-]+)", text)}
    return named - set(re.findall(r"^([a-z-]+):", tree.text_of("Makefile"), re.MULTILINE))


def test_a_pages_links_lead_to_files_and_headings_that_exist() -> None:
    assert {path: dead for path in _PAGES if (dead := _dead_links(path))} == {}


def test_a_pages_yaml_and_python_can_be_read() -> None:
    assert {path: unread for path in _PAGES if (unread := _unreadable(path))} == {}


def test_a_page_names_targets_of_make_that_exist() -> None:
    assert {path: unknown for path in _PAGES if (unknown := _unknown_targets(path))} == {}


def _is_yaml(text: str) -> bool:
    try:
        return list(yaml.safe_load_all(text)) != [None]
    except yaml.YAMLError:
        return False


def _is_python(text: str) -> bool:
    try:
        return ast.parse(text).body != []
    except SyntaxError:
        return False
