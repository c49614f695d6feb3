"""CH601 to CH604: what is beside the mappings in a repository: values files, links, files that are too many."""

from __future__ import annotations

from typing import Final

from mappings.findings import Rule, Severity, Tree
from mappings.rules.sample import sample

VALUES: Final = "values.yaml"
_PRESS = sample().replace("mapping: news", "mapping: press")
_OF_COMPANY = sample(title='"News of ${COMPANY} in ${CITY}"')


NO_VALUE = Rule(
    code="CH601",
    title="Not a value",
    explanation="A values file has a line `NAME: value` for each parameter. A name has letters, digits and "
    "underscores, a value is a text or a number.",
    remedy="Write the value behind the name; use quotes for a text with colons or braces in it, and for an empty one.",
    failing=_OF_COMPANY,
    mended=_OF_COMPANY,
    beside=VALUES,
    failing_beside="COMPANY: Acme\nCITY: Paris\nchecked-by: Karim\n",
    mended_beside="COMPANY: Acme\nCITY: Paris\n# Checked by Karim\n",
)
UNUSED_VALUE = Rule(
    code="CH602",
    title="A value that nobody asks for",
    explanation="A values file says what a parameter stands for that no mapping has. It may be misspelt.",
    remedy="Correct the name, or delete the line.",
    failing=_OF_COMPANY,
    mended=_OF_COMPANY,
    beside=VALUES,
    failing_beside="COMPANY: Acme\nCITY: Paris\nCOUNTRY: France\n",
    mended_beside="COMPANY: Acme\nCITY: Paris\n",
    severity=Severity.WARNING,
)
LINK = Rule(
    code="CH603",
    title="A link in a repository",
    explanation="Symbolic links and submodules of a git repository are not followed: they may lead anywhere.",
    remedy="Put the mapping itself where the link is.",
    severity=Severity.WARNING,
    tree=Tree(
        "repository",
        failing={"news.yaml": sample(), "press.yaml": "../shared/press.yaml"},
        mended={"news.yaml": sample(), "shared/press.yaml": _PRESS},
        links=frozenset({"press.yaml"}),
    ),
)
BAD_NAME = Rule(
    code="CH604",
    title="A file name that cannot be used",
    explanation="The path of a mapping in a repository is UTF-8, without control characters, `..` or backslashes, and "
    "differs from every other by more than the case of its letters: it must mean the same on every machine.",
    remedy="Rename the file.",
    tree=Tree(
        "repository",
        failing={"News.yaml": sample(), "news.yaml": _PRESS},
        mended={"news.yaml": sample(), "press.yaml": _PRESS},
    ),
)

RULES = (NO_VALUE, UNUSED_VALUE, LINK, BAD_NAME)
