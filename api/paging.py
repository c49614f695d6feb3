"""Long lists, page by page: a cursor that says after which row to go on, never how many rows to skip.

A cursor is opaque: the ordering key of the last row, the list it belongs to, and a check sum, so that one that was
mistyped, or comes from another list or another order, is refused instead of giving a wrong page. It is no secret and
gives no right: every query names its workspace besides.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final, Generic, TypeVar
from urllib.parse import quote, urlencode

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from api.errors import BadRequestError, Fault
from api.given import Asked
from mappings.findings import did_you_mean, there_are

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

LIMIT: Final = 20
MOST: Final = 200
LONGEST: Final = 500
"""Characters of a cursor; ours are far shorter."""

_CHECK: Final = 6

R = TypeVar("R")
T = TypeVar("T")
Key = tuple[str, ...]
"""What a list is ordered by: the values of one row, the last of them unique."""


class Order(StrEnum):
    """Which end of a list comes first."""

    NEWEST = "newest"
    OLDEST = "oldest"


Sort = Annotated[Order, Query(description="Which come first; a cursor of one order is none of the other.")]
"""A route's parameter for the order of a list that an index serves both ways."""


class Listed(BaseModel, Generic[T]):
    """One page of a list."""

    model_config = ConfigDict(extra="forbid")

    items: list[T] = Field(description="The things of this page.")
    next: str | None = Field(description="The cursor of the next page, to be sent as `after`; null on the last page.")


@dataclass(frozen=True, slots=True)
class Page:
    """Which page a caller wants: `limit` rows after `cursor`."""

    request: Request
    response: Response
    limit: int
    cursor: str | None

    @property
    def most(self) -> int:
        """Return how many rows to ask the store for: one more than the page has, to know whether there is a next."""
        return self.limit + 1

    def after(self, name: str, width: int = 1) -> Key | None:
        """Return the ordering key after which to go on, None from the start; raises BadRequestError.

        `width` is how many values the key of that list has.
        """
        return None if self.cursor is None else read_cursor(self.cursor, name, width)

    def last_id(self, name: str) -> str | None:
        """Return the id after which to go on in a list that is ordered by id alone."""
        key = self.after(name)
        return None if key is None else str(key[0])

    def body(
        self, name: str, rows: Sequence[R], shape: Callable[[R], Any], key: Callable[[R], Key | str]
    ) -> Listed[Any]:
        """Return the page out of up to `most` rows, and set the `Link` header to the next one.

        `shape` makes the item of a row, or what the answer's shape reads it from: all items in one go, when the answer
        is written, which costs a good deal less than one by one. `key` gives a row's ordering key.
        """
        items = [shape(row) for row in rows[: self.limit]]
        return Listed.model_construct(items=items, next=self._next(name, rows, key))

    def _next(self, name: str, rows: Sequence[R], key: Callable[[R], Key | str]) -> str | None:
        if len(rows) <= self.limit:
            return None
        last = key(rows[self.limit - 1])
        following = cursor_of(name, (last,) if isinstance(last, str) else last)
        asked = [pair for pair in self.request.query_params.multi_items() if pair[0] != "after"]
        target = f"{quote(self.request.scope['path'])}?{urlencode([*asked, ('after', following)])}"
        self.response.headers.append("link", f'<{target}>; rel="next"')
        return following


@dataclass(frozen=True, slots=True)
class _Where:
    limit: Annotated[int, Query(ge=1, le=MOST, description="How many at most.")] = LIMIT
    after: Annotated[str | None, Query(max_length=LONGEST, description="The `next` of the page before.")] = None


class Paged:
    """A dependency that says which page is wanted."""

    asked: Final = Asked(_Where)

    async def __call__(self, request: Request, response: Response) -> Page:
        """Return which page is wanted."""
        where = self.asked.of(request)
        return Page(request, response, where.limit, where.after)


ThePage = Annotated[Page, Depends(Paged())]


def cursor_of(name: str, key: Key) -> str:
    """Return the cursor after a row with this key, in the list of that name."""
    payload = json.dumps(key, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_check(name, payload) + payload).decode().rstrip("=")


def read_cursor(cursor: str, name: str, width: int = 1) -> Key:
    """Return the key in a cursor; raises BadRequestError where it is none of this list."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        check, payload = raw[:_CHECK], raw[_CHECK:]
        key = tuple(json.loads(payload)) if check == _check(name, payload) else ()
    except (ValueError, TypeError):  # no base64, no UTF-8, no JSON, no list
        raise _bad_cursor() from None
    if len(key) != width or not all(map(_is_plain, key)):
        raise _bad_cursor()
    return key


def _check(name: str, payload: bytes) -> bytes:
    return hashlib.blake2b(name.encode() + b"\0" + payload, digest_size=_CHECK).digest()


def _is_plain(part: Any) -> bool:
    """Tell a text that a database takes: anybody may compute the check sum of any other."""
    return isinstance(part, str) and "\0" not in part and part.encode("utf-8", "ignore").decode() == part


def _bad_cursor() -> BadRequestError:
    detail = "This is no cursor of this list: use the `next` of the page before, with the same sorting."
    return BadRequestError(detail, [Fault(detail, "bad_cursor", parameter="after")])


class ListedFields(BaseModel):
    """One page of a list, its items with the wanted fields alone."""

    model_config = ConfigDict(extra="forbid")

    items: list[dict[str, Any]] = Field(description="The things of this page, with the fields that `fields` names.")
    next: str | None = Field(description="The cursor of the next page, to be sent as `after`; null on the last page.")


@dataclass(frozen=True, slots=True)
class Sparse:
    """Which fields of the items a caller wants; None for all. `whole` writes a page of all fields."""

    names: frozenset[str] | None
    whole: TypeAdapter[Any]

    def answer(self, page: Page, body: Listed[Any]) -> Response:
        """Return the answer of a page, whose items have the wanted fields alone."""
        wanted: Any = None if self.names is None else {"items": {"__all__": self.names}, "next": True}
        written = self.whole.dump_json(self.whole.validate_python(body, from_attributes=True), include=wanted)
        return Response(written, headers=dict(page.response.headers), media_type="application/json")


@dataclass(frozen=True, slots=True)
class _Which:
    fields: Annotated[str | None, Query(description="The fields to give, with commas between them.")] = None


class _Choice:
    """A dependency that reads `?fields=id,state` against the fields of a shape."""

    asked: Final = Asked(_Which)

    def __init__(self, shape: type[BaseModel]) -> None:
        self.known = tuple(shape.model_fields)
        self.whole: TypeAdapter[Any] = TypeAdapter(Listed[shape])  # type: ignore[valid-type]  # a shape that is given

    async def __call__(self, request: Request) -> Sparse:
        fields = self.asked.of(request).fields
        wanted = None if fields is None else frozenset(chosen("fields", fields.split(","), self.known))
        return Sparse(wanted, self.whole)


def Fields(shape: type[BaseModel]) -> Any:  # noqa: N802  # read as a mark in a signature, as FastAPI's `Depends` is
    """Mark a route's parameter, a `Sparse`, as the fields that are wanted of that shape; an unknown one is a 400."""
    return Depends(_Choice(shape))


def chosen(parameter: str, given: Iterable[str], known: Sequence[str]) -> list[str]:
    """Return the words of a parameter, without doubles; raises BadRequestError for one that is not known."""
    words = list(dict.fromkeys(word.strip() for word in given if word.strip()))
    faults = [Fault(_unknown(word, known), "unknown_name", parameter=parameter) for word in words if word not in known]
    if faults:
        raise BadRequestError(" ".join(fault.detail for fault in faults[:3]), faults)
    return words


def _unknown(word: str, known: Sequence[str]) -> str:
    meant = did_you_mean(word, known)
    return f"There is no “{word[:40]}”.{meant or there_are(known)}"
