"""The small mapping that the examples of the rules are made of."""

from __future__ import annotations

BLOG = "blog: {kind: feed, url: https://example.org/feed}"
HOOK = "url: https://hooks.example.org/in"


def sample(  # each is a line of the mapping
    operator: str = "",
    *,
    title: str = "",
    source: str = BLOG,
    feeds: str = "blog",
    kind: str = "webhook",
    sink: str = HOOK,
) -> str:
    """Return a mapping with one source, operator lines, and one sink of that kind with these settings."""
    lines = ["mapping: news", *([f"title: {title}"] if title else []), "sources:", f"  {source}"]
    lines += ["operators:", *(f"  {line}" for line in operator.splitlines())] if operator else []
    return "\n".join([*lines, "sinks:", "  hook:", f"    kind: {kind}", f"    from: {feeds}", f"    {sink}", ""])
