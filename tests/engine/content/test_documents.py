"""JSON of strangers fits a model, or there is a clause that says why not."""

from __future__ import annotations

from functools import partial

import pytest
from pydantic import AwareDatetime, BaseModel, TypeAdapter

from engine.content.documents import Forgiving, Unreadable, read_json, read_object


class Answer(BaseModel):
    """What is expected."""

    name: str
    at: Forgiving[AwareDatetime] = None
    count: int = 0


read = partial(read_json, TypeAdapter(Answer))


def test_what_fits_is_read() -> None:
    answer = read(b'{"name": "a", "at": "2026-01-05T09:00:00Z", "count": 2, "more": 1}')
    assert isinstance(answer, Answer)
    assert (answer.name, answer.count) == ("a", 2)
    assert answer.at is not None


@pytest.mark.parametrize("at", ['"yesterday"', '"2026-01-05T09:00:00"', "[]", "{}", "true", "null"])
def test_what_is_forgiven_is_as_if_it_were_not_there(at: str) -> None:
    answer = read(f'{{"name": "a", "at": {at}}}')
    assert isinstance(answer, Answer)
    assert answer.at is None


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is not valid JSON (EOF while parsing a value at line 1 column 0)"),
        (b"{", "is not valid JSON (EOF while parsing an object at line 1 column 1)"),
        (b"<html>", "is not valid JSON (expected value at line 1 column 1)"),
        (b"[]", "has something else than expected at its top: input should be an object"),
        (b"{}", "has something else than expected at name: field required"),
        (
            b'{"name": "a", "count": "many"}',
            "has something else than expected at count: input should be a valid",
        ),
    ],
)
def test_what_does_not_fit_says_where_and_never_what_it_was(data: bytes, reason: str) -> None:
    answer = read(data)
    assert isinstance(answer, Unreadable)
    assert answer.reason.startswith(reason)
    assert "many" not in answer.reason


def test_an_object_that_is_there_already_is_read_the_same_way() -> None:
    found, refused = (read_object(TypeAdapter(Answer), value) for value in ({"name": "a"}, "a"))
    assert found == Answer(name="a")
    assert isinstance(refused, Unreadable)
