"""Write how many deliveries of the last 30 days stand where, as CSV: `python export_statistics.py acme > news.csv`.

`CHAPPE_URL` is the address of the instance, `CHAPPE_KEY` an API key with the scope `deliveries:read`.
"""

from __future__ import annotations

import csv
import os
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, TextIO

import httpx

from chappe_client import Chappe, ProblemError

if TYPE_CHECKING:
    from collections.abc import Mapping

MONTH: Final = timedelta(days=30)
HEADING: Final = ("mapping", "sink", "account", "state", "deliveries")


def counted(api: Chappe, workspace: str, since: datetime) -> Mapping[tuple[str, str, str, str], int]:
    """Return how many there are, by mapping, sink, account and state."""
    found = api.list_deliveries(workspace, since=since, limit=200)
    return Counter((one.mapping, one.sink, one.account, one.state) for one in found)


def export(numbers: Mapping[tuple[str, str, str, str], int], into: TextIO) -> None:
    """Write the table."""
    table = csv.writer(into)
    table.writerow(HEADING)
    table.writerows([*place, number] for place, number in sorted(numbers.items()))


def main() -> None:
    """Count, and write."""
    with Chappe(os.environ["CHAPPE_URL"], os.environ["CHAPPE_KEY"]) as api:
        export(counted(api, sys.argv[1], datetime.now(UTC) - MONTH), sys.stdout)


if __name__ == "__main__":
    try:
        main()
    except (ProblemError, httpx.HTTPError) as error:
        sys.exit(str(error))
