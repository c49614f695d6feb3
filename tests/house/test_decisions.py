"""Every load-bearing decision is a page in docs/adr/: numbered, with a status, the five headings, and in the index."""

from __future__ import annotations

import re

import pytest

from tests.house import tree

HEADINGS = ["Context", "Decision", "Consequences", "Alternatives", "References"]
PAGE_LINES = 70

_STATUS = re.compile(
    r"^Status: (?:proposed|accepted|superseded by (?P<successor>\d{4})), \d{4}-\d{2}-\d{2}$", re.MULTILINE
)
_DECISIONS = [path for path in tree.committed() if re.match(r"docs/adr/\d{4}-", path)]
_INDEX = "docs/adr/README.md"


def _title(path: str) -> str:
    return tree.text_of(path).splitlines()[0]


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(path.split("/")[-1][:4]) for path in _DECISIONS]

    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers


@pytest.mark.parametrize("path", _DECISIONS)
def test_a_decision_has_its_number_and_a_sentence_for_title(path: str) -> None:
    number = path.rsplit("/", maxsplit=1)[-1][:4]

    assert re.fullmatch(rf"# {number}\. [A-Z].+[^.]", _title(path))
    assert re.fullmatch(r"docs/adr/\d{4}(?:-[a-z0-9]+)+\.md", path)


@pytest.mark.parametrize("path", _DECISIONS)
def test_a_decision_has_a_status_and_the_five_headings(path: str) -> None:
    text = tree.text_of(path)

    assert _STATUS.search(text)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS


@pytest.mark.parametrize("path", _DECISIONS)
def test_a_decision_leaves_no_heading_empty_and_fits_a_page(path: str) -> None:
    text = tree.text_of(path)
    sections = re.split(r"^## .+$", text, flags=re.MULTILINE)[1:]

    assert all(section.strip() for section in sections)
    assert text.count("\n") <= PAGE_LINES


@pytest.mark.parametrize("path", _DECISIONS)
def test_a_superseded_decision_names_one_that_exists(path: str) -> None:
    status = _STATUS.search(tree.text_of(path))
    successor = status["successor"] if status else None

    assert successor is None or any(other.startswith(f"docs/adr/{successor}-") for other in _DECISIONS)


def test_the_index_lists_every_decision_by_its_title() -> None:
    listed = re.findall(r"^- \[(\d{4}\. .+)\]\((.+)\)$", tree.text_of(_INDEX), re.MULTILINE)

    assert listed == [(_title(path).removeprefix("# "), path.removeprefix("docs/adr/")) for path in _DECISIONS]


def test_the_template_has_what_a_decision_needs() -> None:
    template = tree.text_of("docs/adr/template.md")

    assert re.findall(r"^## (.+)$", template, re.MULTILINE) == HEADINGS
    assert "\nStatus: proposed" in template


def test_every_decision_that_the_code_cites_exists() -> None:
    numbers = {path.split("/")[-1][:4] for path in _DECISIONS}
    unknown = [
        f"{module.path} cites ADR {number}"
        for module in tree.modules(*tree.PACKAGES, "tests", "bench")
        for number in re.findall(r"ADR (\d{4})", module.text)
        if number not in numbers
    ]

    assert unknown == []
