"""What an answer looks like when a fault has its turn."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from fastapi.responses import HTMLResponse, JSONResponse, Response

from sandbox.wire import GARBAGE, HALF, break_off

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from fastapi import Request

    from sandbox.faults import Turn
    from sandbox.network import Network

ERROR_PAGE = """<!doctype html><html><head><title>502 Bad Gateway</title></head>
<body><center><h1>502 Bad Gateway</h1></center><hr><center>proxy</center></body></html>
"""
NONSENSE = b'{"ok": tru\xff\x00'


async def played(
    network: Network, request: Request, operation: str, account: str, do: Callable[[], Awaitable[Response]]
) -> Response:
    """Answer a request of an operation by an account: well, by `do`, or as the network's next fault says."""
    fault = network.faults.next(operation, account)
    if fault is None:
        return await do()
    network.changed()
    if fault.delay:
        await network.clock.sleep(fault.delay)
    if fault.kind == "revoke":
        network.authority.kill(account, fault.error or "revoked")
        return await do()
    well = await do() if fault.commit or fault.kind == "delay" else Response(b"{}", media_type="application/json")
    if fault.kind == "error":
        return network.error(fault.error)
    if fault.kind == "half":
        break_off(request, after=_half(well))
    elif fault.kind == "nonsense":
        return Response(NONSENSE, media_type="application/json")
    return answer_of(fault, request, well)


def answer_of(fault: Turn, request: Request, well: Response) -> Response:
    """Return the answer, or break the connection off; `well` is what would have been answered."""
    match fault.kind:
        case "delay":
            return well
        case "status":
            return JSONResponse({"error": "This receiver was told to fail."}, fault.status)
        case "limit":
            wait = {} if fault.retry_after is None else {"retry-after": str(fault.retry_after)}
            return JSONResponse({"error": "Too many requests."}, 429, wait)
        case "html":
            return HTMLResponse(ERROR_PAGE, 502)
        case "reset":
            break_off(request)
        case "garbage":
            break_off(request, after=GARBAGE)
        case "half":
            break_off(request, after=HALF)
    return Response(status_code=500)  # nobody is there any more to read it


def _half(well: Response) -> bytes:
    """Return an answer as it stands on the wire, up to its middle: that of its body, or of its head without one."""
    lines = [f"HTTP/1.1 {well.status_code} {HTTPStatus(well.status_code).phrase}".encode()]
    head = b"\r\n".join([*lines, *(name + b": " + value for name, value in well.raw_headers)]) + b"\r\n\r\n"
    body = bytes(well.body)
    return head + body[: len(body) // 2] if body else head[: len(head) // 2]
