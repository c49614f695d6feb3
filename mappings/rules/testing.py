"""CH501 and CH502: the tests of a mapping."""

from __future__ import annotations

from mappings.findings import Rule
from mappings.rules.sample import sample


def _tested(test: str, more: str = "") -> str:
    return f"{sample()}tests:\n  - {test}\n" + (f"  - {more}\n" if more else "")


NO_SUCH_NODE = Rule(
    code="CH501",
    title="A test of a node that does not exist",
    explanation="Under `given:` stand nodes at which posts go in, under `decided:` nodes that ask a person, under "
    "`expect:` nodes that are looked at, or one output of a router as `router.port`.",
    remedy="Correct the spelling, or add the node.",
    failing=_tested("{name: all go out, given: {blog: Hello}, expect: {hooks: {count: 1}}}"),
    mended=_tested("{name: all go out, given: {blog: Hello}, expect: {hook: {count: 1}}}"),
)
SAME_NAME = Rule(
    code="CH502",
    title="Two tests of one name",
    explanation="A test is told from the others by its name, on the screen and in the file of its snapshots.",
    remedy="Give one of them another name.",
    failing=_tested(
        "{name: all go out, given: {blog: Hello}, expect: {hook: {count: 1}}}",
        "{name: all go out, given: {blog: Lunch}, expect: {hook: {count: 1}}}",
    ),
    mended=_tested(
        "{name: news goes out, given: {blog: Hello}, expect: {hook: {count: 1}}}",
        "{name: lunch goes out, given: {blog: Lunch}, expect: {hook: {count: 1}}}",
    ),
)

RULES = (NO_SUCH_NODE, SAME_NAME)
