"""Formatting: one order and layout, comments beside what they are about, and nothing said otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.findings import FindingsError
from mappings.formatting import formatted
from mappings.reading.loading import load

if TYPE_CHECKING:
    import random

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.yaml"))
MESSY = """\
# What this file is.
timezone: Europe/Paris   # where we are
sinks:
    hook:
        from: later
        # nobody else may know
        url: https://hooks.example.org/${TOKEN}
        kind: webhook
        headers:
            X-Note: |
                # not a comment

                  of ours
operators:
    later:
        for: 1h
        from: feed          # the blog
        kind: delay
sources:
    feed: {kind: feed,   url: "https://example.org/feed"}
# It is called so for old times' sake.
mapping: blog
"""
TIDY = """\
# What this file is.
# It is called so for old times' sake.
mapping: blog
timezone: Europe/Paris   # where we are
sources:
  feed: {kind: feed, url: "https://example.org/feed"}
operators:
  later:
    kind: delay
    from: feed              # the blog
    for: 1h
sinks:
  hook:
    kind: webhook
    from: later
    # nobody else may know
    url: https://hooks.example.org/${TOKEN}
    headers:
      X-Note: |
        # not a comment

          of ours
"""


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.name))
def test_our_examples_are_as_they_should_be(path: Path) -> None:
    text = path.read_text()
    assert formatted(text) == text


def test_keys_are_put_into_order_with_their_comments() -> None:
    assert formatted(MESSY) == TIDY


@settings(max_examples=6)
@given(st.randoms(use_true_random=False))
def test_whatever_the_order_was_it_says_the_same_and_keeps_every_comment(chance: random.Random) -> None:
    text = EXAMPLES[0].read_text()
    head, *blocks = text.split("\n\n")
    chance.shuffle(blocks)
    mixed = "\n\n".join(block.rstrip("\n") for block in [head, *blocks]) + "\n"
    after = formatted(mixed)

    assert load(after, "after").data == load(text, "before").data
    assert formatted(after) == after
    assert sorted(line.partition("#")[2] for line in after.splitlines() if "#" in line) == sorted(
        line.partition("#")[2] for line in mixed.splitlines() if "#" in line
    )


def test_what_cannot_be_read_is_refused_with_its_place() -> None:
    with pytest.raises(FindingsError, match="CH003"):
        formatted("mapping: [", "bad.yaml")


def test_no_text_is_broken_and_no_line_ends_in_a_space() -> None:
    words = "wort " * 30
    quoted = f'"{words}{{{{ post.title }}}}\\n\\n{{{{ post.link }}}} {words}end"'
    text = (
        f"mapping: blog\ntitle: {words.strip()}\noperators:\n"
        f"  say: {{kind: write, from: feed, text: {quoted}, hashtags: [{'a' * 60}, {'b' * 60}], title: '{words}.'}}\n"
    )
    after = formatted(text)

    assert quoted in after
    assert f"title: {words.strip()}\n" in after
    assert f"'{words}.'" in after
    assert [line for line in after.splitlines() if line != line.rstrip()] == []
    assert formatted(after) == after
