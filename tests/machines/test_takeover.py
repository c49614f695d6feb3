"""Two workers on two machines, the database on a third: one is killed, stopped, or loses its way to the database.

Each test prints its figures (`pytest -s`).
"""

from __future__ import annotations

import signal
import sys
import time
from collections import defaultdict
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.machines.ground import ACCOUNTS, LEASE_S, POSTS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from contextlib import AbstractContextManager

    from tests.machines.ground import Ground, Held, Worker
    from tests.peers.machines import Machine
    from tests.peers.receiver import Entry

    Away = Callable[[Ground, Worker], AbstractContextManager[None]]

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1_200)]

ALL = 3 * ACCOUNTS * POSTS
MIDDLE = ALL // 2
"""So many are out when it happens: more come while that is seen."""
DOUBTFUL_S = 60.0
AT_ONCE_S = 3.0
"""So long at most nothing arrives when a worker is killed: the database hears of it at once."""
SILENT_S = 25.0
STOPPED_S = 35.0
"""And when it vanishes from the network, or stands still: until then the locks of its open transaction may stand."""
BACK_S = 30.0
"""So soon it works again when its way is back."""
AWAY_S = 75.0
"""How long a worker is away: until well after its leases have ended."""


def test_a_worker_that_is_killed_leaves_the_other_all_other_rows_at_once(ground: Ground) -> None:
    with ground.worker(ground.one) as one, ground.worker(ground.two) as two:
        ground.arrive()
        ground.until(lambda: len(ground.entries()) >= MIDDLE, 60, one, two)
        killed = one.kill()
        held = ground.held(one.name)
        claimed = {lane.delivery_id for lane in held if lane.delivery_id}
        doubtful = ground.until(lambda: not ground.sending(claimed), DOUBTFUL_S, two)
        ground.until(ground.is_settled, 300, two)
        settled = time.time() - killed

    assert claimed, "it was killed when nothing was under way"
    free = goes_on(ground, killed, held, AT_ONCE_S)
    then = f"doubtful after {doubtful:.1f} s, settled after {settled:.0f} s"
    tell(f"killed with {len(held)} lanes and {len(claimed)} claims; {free}; {then}")
    check(ground)


@contextmanager
def stopped(ground: Ground, worker: Worker) -> Iterator[None]:
    """Let a worker stand still, as in a machine that is being moved, while its connections are kept."""
    del ground
    worker.process.send_signal(signal.SIGSTOP)
    yield
    worker.process.send_signal(signal.SIGCONT)


def cut(ground: Ground, worker: Worker) -> AbstractContextManager[None]:
    """Lose all between a worker and its database, without a word to either."""
    del worker
    return ground.router.losing((ground.data, ground.one), (ground.one, ground.data))


def deafened(ground: Ground, worker: Worker) -> AbstractContextManager[None]:
    """Let what a worker asks come to its database, and lose the answers: its claims hold, and it does not know."""
    del worker
    return ground.router.losing((ground.data, ground.one))


@pytest.mark.parametrize(("away", "pause"), [(cut, SILENT_S), (deafened, SILENT_S), (stopped, STOPPED_S)])
def test_a_worker_without_its_database_sends_nothing_after_its_leases(ground: Ground, away: Away, pause: float) -> None:
    with ground.worker(ground.one) as one, ground.worker(ground.two) as two:
        ground.arrive()
        ground.until(lambda: len(ground.entries()) >= MIDDLE, 60, one, two)
        with away(ground, one):
            since = time.time()
            held = leases_of(ground, one, two, until=since + AWAY_S)
        back = time.time()
        ground.arrive()
        after = ground.until(lambda: sent_by(ground, ground.one)[-1].at > back, BACK_S, one)
        ground.until(ground.is_settled, 300, one, two)

    check_fence(ground, held, since, back)
    free = goes_on(ground, since, held.values(), pause)
    tell(f"{away.__name__} with {len(held)} lanes; {free}; it worked again after {after:.1f} s")
    check(ground)


def leases_of(ground: Ground, one: Worker, two: Worker, until: float) -> dict[str, Held]:
    """Watch until then, and return the last lease of each lane that the first worker held."""
    held: dict[str, Held] = {}

    def watched() -> bool:
        held.update({lane.account_id: lane for lane in ground.held(one.name)})
        return time.time() >= until

    ground.until(watched, AWAY_S + 10, one, two)
    return held


def check_fence(ground: Ground, held: dict[str, Held], since: float, back: float) -> None:
    """Nothing came from the first machine after the lease of its lane."""
    came = [one for one in sent_by(ground, ground.one) if since < one.at < back]
    last = max((one.at - since for one in came), default=0.0)
    tell(f"{len(came)} came from who was away, the last after {last:.1f} s")
    assert [one for one in came if one.at > held[ground.account(one)].until] == []
    assert back > max(lane.until for lane in held.values()), "it was back before the leases had ended"


def goes_on(ground: Ground, since: float, held: Collection[Held], within: float) -> str:
    """Check that what was not the first worker's went on, without a long pause, and was out before a lease ended."""
    taken = {lane.account_id for lane in held}
    free: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in ground.entries():
        if entry.published and ground.account(entry) not in taken:
            free[ground.account(entry)].append(entry)
    rows = [entry for entries in free.values() for entry in entries[:POSTS]]  # the rows that were there
    times = sorted(entry.at for entry in rows if entry.at > since)
    pause = max(later - earlier for earlier, later in pairwise([since, *times]))
    assert pause < within, f"nothing arrived for {pause:.1f} s"
    assert times[-1] < since + LEASE_S
    return f"{len(times)} free rows went on, no pause above {pause:.2f} s, all out after {times[-1] - since:.1f} s"


def sent_by(ground: Ground, machine: Machine) -> list[Entry]:
    """Return what came from a machine, in order."""
    return [one for one in ground.entries() if one.peer == machine.address]


def check(ground: Ground) -> None:
    """Nothing is lost, nothing doubled where that is promised, nothing resent where a person decides."""
    for mode, verdict in ground.verdicts().items():
        tell(f"{mode}: {verdict}")
        assert verdict.faults == ()


def tell(figures: str) -> None:
    sys.stdout.write(f"{figures}\n")
