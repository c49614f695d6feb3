"""What a request brings along, however it is written: in its address, as a form with or without files, as JSON."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import HTTP
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from fastapi import Request


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form."""

    name: str
    media: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """Values by their names, the address's first; `files` by the names of their fields.

    `whole` is false where the body is not what its content type says.
    """

    values: dict[str, str]
    files: dict[str, Upload] = field(default_factory=dict)
    whole: bool = True


async def form_of(request: Request) -> Form:
    """Read a request; values of JSON that are not text are kept as JSON."""
    body = await request.body()
    values = dict(request.query_params)
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return _multipart(values, request.headers["content-type"], body)
    if kind == "application/json":
        return _json(values, body)
    return Form({**values, **dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))})


def basic_of(request: Request) -> tuple[str, str] | None:
    """Return the name and the password of HTTP's basic authentication; None where there is none, or none that fits."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, password) if colon else None


def bearer_of(request: Request) -> str:
    """Return the token in a request's head, "" without one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() in {"bearer", "oauth"} else ""


def _json(values: dict[str, str], body: bytes) -> Form:
    try:
        given: Any = json.loads(body or b"{}")
    except ValueError:
        return Form(values, whole=False)
    if not isinstance(given, dict):
        return Form(values, whole=False)
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in given.items()}
    return Form({**values, **texts})


def _multipart(values: dict[str, str], content_type: str, body: bytes) -> Form:
    head = f"content-type: {content_type}\r\n\r\n".encode()
    message = message_from_bytes(head + body, policy=HTTP)
    files = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        data = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(data, bytes):
            continue
        if filename := part.get_filename():
            files[name] = Upload(filename, part.get_content_type(), data)
        else:
            values[name] = data.decode(errors="replace")
    return Form(values, files, whole=message.is_multipart() and not message.defects)
