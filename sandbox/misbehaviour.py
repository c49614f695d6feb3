"""What an answer looks like when a fault has its turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi.responses import HTMLResponse, JSONResponse, Response

from sandbox.wire import GARBAGE, HALF, break_off

if TYPE_CHECKING:
    from fastapi import Request

    from sandbox.receivers import Fault

ERROR_PAGE = """<!doctype html><html><head><title>502 Bad Gateway</title></head>
<body><center><h1>502 Bad Gateway</h1></center><hr><center>proxy</center></body></html>
"""


def answer_of(fault: Fault, request: Request, well: Response) -> Response:
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
