"""The query of a request: a parameter that the route does not have is refused, and never overlooked.

`?stat=failed` would otherwise list everything, and who asked would not know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.errors import Fault, UnprocessableError
from api.given import asked_of
from mappings.findings import did_you_mean, there_are

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import Request
    from fastapi.dependencies.models import Dependant


def refuse_unknown(request: Request) -> None:
    """Raise UnprocessableError for parameters of the query that the route does not have; it names what there is."""
    if not request.scope["query_string"]:
        return
    known = tuple(dict.fromkeys(_declared(request.scope["route"].dependant)))
    faults = [
        Fault(_unknown(name, known), "unknown_parameter", parameter=name[:80])
        for name in dict.fromkeys(request.query_params)
        if name not in known
    ]
    if faults:
        raise UnprocessableError(" ".join(fault.detail for fault in faults[:3]), faults)


def _declared(dependant: Dependant) -> Iterator[str]:
    """Give the parameters of a route in the order in which they are declared."""
    yield from (field.alias for field in dependant.query_params)
    yield from (name for asked in asked_of(dependant) for name in asked.names)
    for inner in dependant.dependencies:
        yield from _declared(inner)


def _unknown(name: str, known: tuple[str, ...]) -> str:
    here = did_you_mean(name, known) or there_are(known) or " There is none."
    return f"There is no parameter “{name[:40]}” here.{here}"
