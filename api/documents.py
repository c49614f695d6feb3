"""Documents of mappings in requests and answers: YAML or JSON, as `Content-Type` and `Accept` say.

What comes as YAML is kept as it came, comments and all; what comes as JSON is kept as the YAML that says the same.
Lines and columns of findings are those of YAML that was sent; in JSON their places are JSON pointers.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from fastapi import HTTPException, Response, status

from api.errors import BadRequestError, Fault
from api.etags import TAGGED
from mappings.findings import FindingsError
from mappings.writing import yaml_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from fastapi import Request

    from mappings.findings import Finding

YAML: Final = "application/yaml"
JSON: Final = "application/json"
_YAMLS: Final = {YAML, "application/x-yaml", "text/yaml", "text/x-yaml", "text/vnd.yaml"}

BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            YAML: {"schema": {"type": "string", "description": "The document as YAML, with its comments."}},
            JSON: {"schema": {"type": "object", "description": "The document as JSON: `/mapping-schema` says how."}},
        },
    }
}
"""The description of a body that is a document."""

ANSWER: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {YAML: {"schema": {"description": "The document, with its comments."}}}},
}
TAGGED_ANSWER: Final[dict[int | str, dict[str, Any]]] = {**TAGGED, 200: {**TAGGED[200], **ANSWER[200]}}
"""The description of an answer that is a document, alone and with its ETag."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Documents as they were sent, by their names; `as_json` names those that came as JSON."""

    files: Mapping[str, str | bytes]
    parameters: Mapping[str, str] = field(default_factory=dict)
    as_json: frozenset[str] = frozenset()

    def placed(self, findings: Iterable[Finding]) -> list[Finding]:
        """Return findings with the places that the caller knows: without lines in what came as JSON."""
        return [replace(each, line=0, column=0) if each.file in self.as_json else each for each in findings]

    @contextmanager
    def telling(self) -> Iterator[None]:
        """Raise FindingsError with the places that the caller knows."""
        try:
            yield
        except FindingsError as error:
            raise FindingsError(self.placed(error.findings)) from error


def kind_of(request: Request) -> str:
    """Return what the body is, YAML or JSON; raises for anything else (415)."""
    named = request.headers.get("content-type", JSON).partition(";")[0].strip().casefold()
    if named in _YAMLS:
        return YAML
    if named == JSON or (named.startswith("application/") and named.endswith("+json")):
        return JSON
    detail = f"The body is “{named[:60]}”: send a document as {YAML} or {JSON}."
    raise HTTPException(status.HTTP_415_UNSUPPORTED_MEDIA_TYPE, detail)


def wanted_of(request: Request) -> str:
    """Return what the caller would have, YAML or JSON, which it is where both are as good; raises (406) for neither."""
    best, found = 0.0, ""
    for part in request.headers.get("accept", "*/*").split(","):
        named, *options = (piece.strip().casefold() for piece in part.split(";"))
        form = JSON if named in {JSON, "*/*", "application/*", ""} else YAML if named in _YAMLS else ""
        quality = _quality(options)
        if form and (quality > best or (quality == best and form == JSON)):
            best, found = quality, form
    if best <= 0:
        detail = f"The document is given as {JSON} or {YAML}: ask for one of these."
        raise HTTPException(status.HTTP_406_NOT_ACCEPTABLE, detail)
    return found


def _quality(options: Iterable[str]) -> float:
    for option in options:
        name, _, value = option.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def sent(body: bytes, kind: str, name: str) -> Sent:
    """Return the one document that a body is; raises BadRequestError."""
    if kind == YAML:
        return Sent({name: body})
    return sent_as({name: read_json(body)}, {})


def sent_as(documents: Mapping[str, str | dict[str, Any]], parameters: Mapping[str, str]) -> Sent:
    """Return documents that stand in a body of JSON: as data, or as texts of YAML."""
    files = {name: given if isinstance(given, str) else yaml_of(given) for name, given in documents.items()}
    as_json = frozenset(name for name, given in documents.items() if not isinstance(given, str))
    return Sent(files, parameters, as_json)


def read_json(body: bytes) -> dict[str, Any]:
    """Return the object that a body of JSON is, with none of its keys twice; raises BadRequestError."""
    try:
        data = json.loads(body, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        detail = f"The body is not JSON: {str(error)[:200]}."
        raise BadRequestError(detail, [Fault(detail, "json_invalid", pointer="")]) from None
    if not isinstance(data, dict):
        detail = "A mapping is an object of keys and values."
        raise BadRequestError(detail, [Fault(detail, "json_invalid", pointer="")])
    return data


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        message = f"the key “{twice[:40]}” stands twice in one object"
        raise ValueError(message)
    return found


def _no_number(text: str) -> Any:
    message = f"{text} is no number of JSON"
    raise ValueError(message)


def yaml_answer(text: str) -> Response:
    """Return a document as YAML."""
    return Response(text.encode(), media_type=YAML, headers={"vary": "accept"})
