"""How the API is called: one connection, an API key, pages, problems, and POSTs that are done once."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError

from chappe_client.models import Error, Problem
from chappe_client.shape import Shape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

T = TypeVar("T")
Given = str | int | bool | datetime | list[Any] | None
Body = Shape | dict[str, Any] | str | None

TIMEOUT = httpx.Timeout(30.0)
IDEMPOTENCY_KEY = "Idempotency-Key"
_EVENTS = "text/event-stream"


class ProblemError(Exception):
    """What could not be done, as the API says it (RFC 9457); `type` never changes its meaning."""

    def __init__(self, problem: Problem) -> None:
        """Take what the API answered."""
        places = [f"\n  {one.pointer or one.parameter or ''} {one.detail}".rstrip() for one in problem.errors or ()]
        super().__init__(f"{problem.status} {problem.title}: {problem.detail}{''.join(places)}")
        self.type: str = problem.type
        self.title: str = problem.title
        self.status: int = problem.status
        self.detail: str = problem.detail
        self.request_id: str = problem.instance
        self.errors: list[Error] = problem.errors or []


@dataclass(frozen=True)
class Event:
    """Something that happened; `id` goes into `last_event_id` to go on after it."""

    id: str
    kind: str
    data: str


class Caller:
    """A connection to one instance with one API key; not for several threads at once."""

    def __init__(self, url: str, key: str, *, transport: httpx.BaseTransport | None = None) -> None:
        """Take the address of the instance and an API key, `chappe_…`."""
        headers = {"authorization": f"Bearer {key}", "accept": "application/json"}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT, transport=transport)

    def __enter__(self) -> Self:
        """Begin; the connection is closed at the end of the block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Given] | None = None,
        headers: Mapping[str, str | None] | None = None,
        body: Body = None,
    ) -> httpx.Response:
        """Return the answer; raises ProblemError, and what httpx raises where there is none."""
        sent = {name: value for name, value in (headers or {}).items() if value is not None}
        if headers is not None and IDEMPOTENCY_KEY in headers:
            sent.setdefault(IDEMPOTENCY_KEY, uuid.uuid4().hex)
        kind, content = _written(body)
        request = self._http.build_request(
            method, path, params=_asked(query), headers={**sent, **kind}, content=content
        )
        if method != "GET" and IDEMPOTENCY_KEY not in sent:
            return _good(self._http.send(request))
        try:
            return _good(self._http.send(request))
        except httpx.TransportError:  # the answer was lost: asking again does nothing twice
            return _good(self._http.send(request))

    def _read(self, answer: type[T], method: str, path: str, **said: Any) -> T:
        """Return the body of an answer in its shape, with its ETag."""
        response = self._call(method, path, **said)
        found = TypeAdapter(answer).validate_json(response.content)
        if isinstance(found, Shape):
            found.tagged(response.headers.get("etag"))
        return found

    def _pages(self, answer: type[T], path: str, query: Mapping[str, Given]) -> Iterator[T]:
        """Give what is on all pages of a list, each asked for when it is needed."""
        shape, after = TypeAdapter(list[answer]), None  # type: ignore[valid-type]  # a type that is known when it runs
        while True:
            page = self._call("GET", path, query={**query, "after": after}).json()
            yield from shape.validate_python(page["items"])
            after = page["next"]
            if after is None:
                return

    def _lines(self, path: str, query: Mapping[str, Given]) -> Iterator[dict[str, Any]]:
        """Give the objects of an answer that has one on each line."""
        shape = TypeAdapter(dict[str, Any])
        with self._http.stream("GET", path, params=_asked(query)) as response:
            for line in _opened(response).iter_lines():
                yield shape.validate_json(line)

    def _events(
        self, path: str, query: Mapping[str, Given], headers: Mapping[str, str | None] | None = None
    ) -> Iterator[Event]:
        """Give events as they come, until the instance ends the stream."""
        sent = {name: value for name, value in (headers or {}).items() if value is not None} | {"accept": _EVENTS}
        # Nothing may happen for long: the instance says every while that it is still there.
        with self._http.stream("GET", path, params=_asked(query), headers=sent, timeout=TIMEOUT) as response:
            said: dict[str, str] = {}
            for line in _opened(response).iter_lines():
                name, _, value = line.partition(":")
                if name:
                    said[name] = f"{said['data']}\n{value[1:]}" if name == "data" and "data" in said else value[1:]
                elif line == "" and "data" in said:
                    yield Event(said.get("id", ""), said.get("event", "message"), said["data"])
                    said = {}


def _part(value: object) -> str:
    """Return a part of a path."""
    return quote(str(value), safe="")


def _asked(query: Mapping[str, Given] | None) -> httpx.QueryParams:
    """Return a query: a list as its name several times, what is None not at all."""
    pairs = [(name, one) for name, given in (query or {}).items() for one in _each(given)]
    return httpx.QueryParams([(name, _text(one)) for name, one in pairs])


def _each(given: Given) -> list[Any]:
    return [] if given is None else given if isinstance(given, list) else [given]


def _text(value: str | int | datetime) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _written(body: Body) -> tuple[dict[str, str], bytes | None]:
    """Return the header and the bytes of a body: a text is YAML, all else JSON."""
    if body is None:
        return {}, None
    if isinstance(body, str):
        return {"content-type": "application/yaml"}, body.encode()
    if isinstance(body, Shape):
        content = body.model_dump_json(exclude_unset=True, by_alias=True).encode()
    else:
        content = TypeAdapter(dict[str, Any]).dump_json(body)
    return {"content-type": "application/json"}, content


def _opened(response: httpx.Response) -> httpx.Response:
    if not response.is_success:
        response.read()
    return _good(response)


def _good(response: httpx.Response) -> httpx.Response:
    """Return an answer that something was done; raises ProblemError for any other."""
    if response.is_success:
        return response
    try:
        raise ProblemError(Problem.model_validate_json(response.content))
    except ValidationError:  # a proxy in between has answered
        response.raise_for_status()
        raise
