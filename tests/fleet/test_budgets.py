"""Budgets across processes: however many workers publish, X never sees more requests in a window than it allows.

The sandbox counts as X does, by accounts in a quarter of an hour and by the app in a day, and refuses what is too much;
here it never has to. It prints its figures (`pytest -s`).
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING

import pytest

from connectors.x.limits import LIMITS
from engine.clock import SystemClock
from tests.fleet.crowd import before_x, use_up, workers
from tests.machines.ground import until

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from engine.contract.sink import Window
    from tests.fleet.crowd import Crowd
    from tests.peers.postgres import PostgresServer

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1_200)]

WINDOWS = {window.scope: window for window in LIMITS.windows}
QUARTER, DAY = WINDOWS["account"], WINDOWS["app"]
WORKERS = 8
LEFT = 1_000
"""So many requests of its day are left to the app when they begin."""
FIRST, BEYOND = 4, 6
"""So many accounts are published for first, and each is to have so many posts more than its own window takes."""
THEN, POSTS = 40, 20
"""So many accounts follow, and so many posts for each: with them the app comes up against its window."""
CALM_S = 3.0
"""So long after all lanes rest nothing else comes: each process has looked for what is due three times."""
OWN = "This account may publish 100 posts in 15 minutes: more from "
APP = "All accounts of this app together may publish 10000 posts in 24 hours: more from "
HELD = "x takes nothing more before "
"""What a delivery that waits says: by our count, or by what X said beside its last answer."""


def test_eight_processes_share_the_windows_of_accounts_and_app(
    postgres: PostgresServer, postgres_template: str, tmp_path: Path
) -> None:
    url = postgres.create(postgres_template)
    with before_x(tmp_path, url, {"first": FIRST, "then": THEN}, LEFT) as crowd:
        use_up(crowd, DAY, LEFT)
        with workers(crowd, url, WORKERS):
            began = SystemClock().monotonic()
            crowd.arrive("first", cap_of(QUARTER) + BEYOND)
            crowd.rest(within=300)
            check_first(crowd)
            crowd.arrive("then", POSTS)
            crowd.rest(within=600)
            took = SystemClock().monotonic() - began
            check_all(crowd)
            calm(crowd)
    tell(f"{crowd.at_once} of {WORKERS} processes at once: {len(crowd.asked())} requests in {took:.0f} s")
    postgres.drop(url)


def check_first(crowd: Crowd) -> None:
    """The accounts that come first have used up their own windows, and what is left of their posts says so."""
    assert len(crowd.asked()) == FIRST * cap_of(QUARTER)
    waiting = crowd.waiting()
    assert len(waiting) == FIRST
    assert [row for row in waiting if not row.detail.startswith((OWN, HELD))] == []
    ends = [row.next_due_at for row in waiting]
    assert max(ends) <= SystemClock().now() + QUARTER.period


def check_all(crowd: Crowd) -> None:
    """X saw what it allows and no request more, nothing was refused, and the rest waits and says for what."""
    asked = crowd.asked()
    accounts = defaultdict[str, list[float]](list)
    for one in asked:
        accounts[one.account].append(one.at)
    assert len(asked) == most_within(DAY, [one.at for one in asked]) == LEFT
    assert max(most_within(QUARTER, times) for times in accounts.values()) == cap_of(QUARTER)
    assert crowd.outcomes() == {"sent": LEFT}, "something was refused, or is unclear"
    wanted = FIRST * (cap_of(QUARTER) + BEYOND) + THEN * POSTS
    assert crowd.states() == {"sent": LEFT, "planned": wanted - LEFT}
    said = [row.detail for row in crowd.waiting()]
    assert [detail for detail in said if not detail.startswith((OWN, APP, HELD))] == []
    assert crowd.at_once > WORKERS // 2, "most of them did nothing"


def calm(crowd: Crowd) -> None:
    """Nothing else comes, however often the workers look."""
    came = len(crowd.asked())
    with pytest.raises(TimeoutError):
        until(lambda: len(crowd.asked()) > came, CALM_S, *crowd.workers)


def most_within(window: Window, times: Iterable[float]) -> int:
    """Return how many of these times lie in one window at most, wherever it begins."""
    ordered = sorted(times)
    return max(bisect_left(ordered, at + window.period.total_seconds()) - number for number, at in enumerate(ordered))


def cap_of(window: Window) -> int:
    """Return how many requests a window allows."""
    assert window.cap is not None
    return window.cap


def tell(figures: str) -> None:
    sys.stdout.write(f"{figures}\n")
