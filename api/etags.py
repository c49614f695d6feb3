"""Conditional requests: a strong ETag for what can change, `If-None-Match` to read it, `If-Match` to change it.

A resource's tag is made of what names its state: a version's id, a revision, the time it was last written. A route that
reads sends it along (`tagged`), and answers 304 where the caller has it already; a route that changes compares what the
caller has seen (`Seen`) with what is there, within the same unit of work that writes.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Depends, Header, Request, Response, status

from api.errors import BadRequestError, ChangedError, Fault, UnconditionalError

if TYPE_CHECKING:
    from pydantic import BaseModel

_TAGS: Final = re.compile(r'\s*(?:\*|(?:W/)?"[\x21\x23-\x7e]*")\s*(?:,\s*(?:\*|(?:W/)?"[\x21\x23-\x7e]*")\s*)*')
_TAG: Final = re.compile(r'\*|(?:W/)?"[\x21\x23-\x7e]*"')
_FORM: Final = re.compile(r'-[a-z]+"$')
_LONGEST: Final = 2_000
_LENGTH: Final = 24
_VIEW: Final = 16
_LETTERS: Final = str.maketrans("0123456789", "ghijklmnop")

TAGGED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"headers": {"ETag": {"$ref": "#/components/headers/ETag"}}},
    304: {"description": "It is as `If-None-Match` says.", "headers": {"ETag": {"$ref": "#/components/headers/ETag"}}},
}
"""The description of an answer that comes with its ETag."""


@dataclass(frozen=True, slots=True)
class Now:
    """A thing as it is: what names its state, and for the person who is refused, who changed it last, and when.

    `told` is a sentence about what has become of it.
    """

    tag: str
    changed_by: str = ""
    changed_at: datetime | None = None
    told: str = ""


def tag_of(*parts: object) -> str:
    """Return the strong ETag of a state that these values name."""
    said = "\0".join(part.astimezone(UTC).isoformat() if isinstance(part, datetime) else str(part) for part in parts)
    return f'"{hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:_LENGTH]}"'


def viewed(tag: str, shape: BaseModel) -> str:
    """Return the ETag of a state as it is shown, where what is shown depends on more than the state.

    Whoever changes the thing is held to its state alone, whoever reads it to all that is shown.
    """
    digest = hashlib.sha256(shape.model_dump_json(by_alias=True).encode("utf-8", "replace")).hexdigest()
    return in_form(tag, digest[:_VIEW].translate(_LETTERS))


def tagged(request: Request, shape: BaseModel, tag: str) -> Response:
    """Return a thing as JSON with its ETag, or 304 where the caller has it already."""
    return unless_known(request, Response(shape.model_dump_json(by_alias=True), media_type="application/json"), tag)


def unless_known(request: Request, answer: Response, tag: str) -> Response:
    """Give an answer its ETag and return it, or 304 where the caller has it already.

    What may come in another form as well is told apart by `Accept`, and each form has a strong tag of its own.
    """
    headers = {"etag": tag, "cache-control": "private, no-cache", "vary": "accept"}
    known = request.headers.get("if-none-match")
    if known is not None and _weakly_has(_read("If-None-Match", known), tag):
        return Response(None, status.HTTP_304_NOT_MODIFIED, headers)
    answer.headers.update(headers)
    return answer


def in_form(tag: str, form: str) -> str:
    """Return the ETag of the same state in another form than JSON, such as `yaml`."""
    return f'{tag[:-1]}-{form}"'


@dataclass(frozen=True, slots=True)
class Seen:
    """What a caller says to have seen of the thing they change; `tags` is None where they say nothing."""

    tags: tuple[str, ...] | None

    def fits(self, tag: str) -> bool:
        """Tell whether the caller has seen the thing as it is, or does not say."""
        return self.tags is None or "*" in self.tags or tag in map(_state_of, self.tags)

    def check(self, now: Now) -> None:
        """Go on where the caller has seen the thing as it is; raises ChangedError, which says who changed it."""
        if self.fits(now.tag):
            return
        if _weakly_has(tuple(map(_state_of, self.tags or ())), now.tag):
            raise ChangedError("A weak ETag does not say that you have seen all of it: send it without the `W/`.")
        by = f" by {now.changed_by}" if now.changed_by else ""
        at = f" at {now.changed_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if now.changed_at else ""
        told = f" {now.told}" if now.told else ""
        raise ChangedError(f"It was changed{by}{at}, after you read it.{told} Read it again, then decide.")


class Condition:
    """A dependency that reads `If-Match`; `required` makes its absence an error."""

    def __init__(self, *, required: bool) -> None:
        self.required = required

    async def __call__(
        self,
        if_match: Annotated[str | None, Header(description="The `ETag` of the thing as you have read it.")] = None,
    ) -> Seen:
        """Return what the caller has seen; raises BadRequestError, UnconditionalError."""
        if if_match is not None:
            return Seen(_read("If-Match", if_match))
        if self.required:
            raise UnconditionalError("Send the `ETag` of what you have read as `If-Match`, or `*` for whatever it is.")
        return Seen(None)


def IfMatch(*, required: bool = False) -> Any:  # noqa: N802  # read as a mark in a signature, as FastAPI's `Depends` is
    """Mark a route's parameter, a `Seen`, as what the caller has seen; where it is required, its absence is a 428."""
    return Depends(Condition(required=required))


def _read(name: str, value: str) -> tuple[str, ...]:
    if len(value) > _LONGEST or not _TAGS.fullmatch(value):
        detail = f'{name} is no list of ETags: write it as it came, in quotes, such as "1f3a".'
        raise BadRequestError(detail, [Fault(detail, "bad_etag", parameter=name)])
    return tuple(_TAG.findall(value))


def _state_of(tag: str) -> str:
    """Return the tag of the state, whichever form it was read in: `in_form` is undone."""
    return _FORM.sub('"', tag)


def _weakly_has(tags: tuple[str, ...], tag: str) -> bool:
    """Compare as RFC 9110 §13.1.2 does for reading: a cache may have made the tag weak."""
    return "*" in tags or tag in {each.removeprefix("W/") for each in tags}
