"""List what did not arrive in the last week, and why: `python list_failed.py acme`.

`CHAPPE_URL` is the address of the instance, `CHAPPE_KEY` an API key with the scope `deliveries:read`.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import httpx

from chappe_client import Chappe, ProblemError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chappe_client.models import State

WEEK: Final = timedelta(days=7)
FAILED: Final[list[State]] = ["blocked", "check_needed", "rejected", "expired"]


def failed(api: Chappe, workspace: str, since: datetime) -> Iterator[str]:
    """Give a line for each delivery that stopped on its way."""
    for one in api.list_deliveries(workspace, state=FAILED, since=since):
        yield f"{one.created_at:%Y-%m-%d %H:%M}  {one.mapping} → {one.account}  {one.state}: {one.detail or one.reason}"


def main() -> None:
    """Print them."""
    with Chappe(os.environ["CHAPPE_URL"], os.environ["CHAPPE_KEY"]) as api:
        for line in failed(api, sys.argv[1], datetime.now(UTC) - WEEK):
            print(line)


if __name__ == "__main__":
    try:
        main()
    except (ProblemError, httpx.HTTPError) as error:
        sys.exit(str(error))
