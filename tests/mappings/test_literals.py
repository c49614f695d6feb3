"""Words are found letter for letter: the first in the text, and there the longest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.literals import any_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

WORDS = st.lists(st.text("ab.|é", min_size=1, max_size=5), min_size=1, max_size=12)


def replaced(text: str, words: Collection[str], said: Callable[[str], str]) -> str:
    """Replace words one place after the other, as one would by hand."""
    done, at = "", 0
    while at < len(text):
        found = max((word for word in words if text.startswith(word, at)), key=len, default="")
        done += said(found) if found else text[at]
        at += len(found) or 1
    return done


@given(WORDS, st.text("ab.|é", max_size=40))
def test_the_first_word_is_found_and_there_the_longest(words: list[str], text: str) -> None:
    assert any_of(words).sub(lambda match: f"<{match[0]}>", text) == replaced(text, words, lambda word: f"<{word}>")


@pytest.mark.parametrize("last", ["", "b"])
def test_words_that_begin_alike_make_no_pattern_that_is_too_deep(last: str) -> None:
    words = ["a" * size + last for size in range(1, 201)]
    found = any_of(words)
    assert found.findall("a" * 450 + last) == (["a" * 200, "a" * 200, "a" * 50] if not last else ["a" * 200 + "b"])
