"""Let out what waits for a yes, after a look at each: `python approve_waiting.py acme`.

`CHAPPE_URL` is the address of the instance, `CHAPPE_KEY` an API key with the scopes `deliveries:read` and
`deliveries:write`. What somebody else has changed or decided meanwhile is left as it is.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

import httpx

from chappe_client import Chappe, ProblemError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chappe_client.models import DeliveryFull

MEANWHILE: Final = (409, 412)


def approve(api: Chappe, workspace: str, *, good: Callable[[DeliveryFull], bool]) -> Iterator[str]:
    """Approve each delivery that is good, in the very words that were looked at; give a line for each."""
    for waiting in api.list_deliveries(workspace, state="waiting"):
        seen = api.show_delivery(workspace, waiting.id)
        if not good(seen):
            continue
        try:
            now = api.approve_delivery(workspace, seen.id, if_match=seen.etag)
        except ProblemError as problem:
            if problem.status not in MEANWHILE:
                raise
            yield f"{seen.account}: {problem.detail}"
        else:
            yield f"{now.account}: {now.state}, {now.due_at:%Y-%m-%d %H:%M} UTC"


def asked(delivery: DeliveryFull) -> bool:
    """Ask whoever sits there."""
    words = (delivery.content or {}).get("text", "")
    return input(f"{delivery.account}: {words}\nLet it out? [y/N] ").strip().lower() == "y"


def main() -> None:
    """Ask about each, and approve."""
    with Chappe(os.environ["CHAPPE_URL"], os.environ["CHAPPE_KEY"]) as api:
        for line in approve(api, sys.argv[1], good=asked):
            print(line)


if __name__ == "__main__":
    try:
        main()
    except (ProblemError, httpx.HTTPError) as error:
        sys.exit(str(error))
