"""The numbers as Prometheus reads them. Every label has few values: never an account, a mapping or a workspace.

Counts are of the process that answers, and are added up over all; gauges are of the whole instance, whichever process
answers, so that of several only one counts (`max`).
"""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from engine.run.tally import BOUNDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from prometheus_client.metrics_core import Metric

    from api.metrics.numbers import Numbers
    from engine.run.tally import Latency, Tally
    from engine.store.gauges import Gauges
    from engine.store.unit import Pool

_NOBODY: Final = CollectorRegistry()
"""Collectors of the library enter a registry when they are made: they are put into one of our own, page by page."""

_PROCESS: Final = (
    ProcessCollector(registry=_NOBODY), PlatformCollector(registry=_NOBODY), GCCollector(registry=_NOBODY)
)  # fmt: skip


def page(numbers: Numbers, accept: str) -> tuple[bytes, str]:
    """Return the page, in the form that the reader takes, and the name of the form."""
    registry = CollectorRegistry(auto_describe=False)
    for collector in (_Given(numbers), *_PROCESS):
        registry.register(collector)
    encode, kind = choose_encoder(accept)
    return encode(registry), kind


class _Given(Collector):
    """Shows numbers that are known already."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers

    def describe(self) -> list[Metric]:
        """Name nothing beforehand."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Give all families."""
        numbers = self._numbers
        yield InfoMetricFamily("chappe", "The version that runs.", value={"version": numbers.version})
        yield from _done(numbers.tally)
        yield _by("chappe_breakers_open", "What rests since it failed too often, as this process saw it.", "scope",
                  numbers.resting)  # fmt: skip
        if numbers.pool is not None:
            yield from _pool(numbers.pool)
        if numbers.clock_ahead is not None:
            told = "Seconds by which the machine's clock is ahead of the database's, by which all processes go."
            yield _one("chappe_clock_ahead_seconds", told, numbers.clock_ahead)
        yield _one("chappe_database_up", "Whether the database answers.", float(numbers.gauges is not None))
        if numbers.gauges is not None:
            yield from _waiting(numbers.gauges, numbers.queue_age)


def _done(tally: Tally) -> Iterator[Metric]:
    attempts = CounterMetricFamily(
        "chappe_publish_attempts", "Publishing requests, by how they ended.", labels=("platform", "outcome")
    )
    for (platform, outcome), count in sorted(tally.attempts.items()):
        attempts.add_metric((platform, outcome), count)
    yield attempts
    latency = HistogramMetricFamily(
        "chappe_publish_seconds", "How long publishing requests took.", labels=("platform",)
    )
    for platform, one in sorted(tally.latencies.items()):
        latency.add_metric((platform,), _buckets(one), one.seconds)
    yield latency
    polls = CounterMetricFamily("chappe_polls", "Readings of sources, by how they ended.", labels=("outcome",))
    for outcome in ("read", "unchanged", "failed"):
        polls.add_metric((outcome,), tally.polls[outcome])
    yield polls


def _buckets(latency: Latency) -> list[tuple[str, float]]:
    names: Iterable[str] = (*map(str, BOUNDS), "+Inf")
    return list(zip(names, accumulate(latency.counts), strict=True))


def _pool(pool: Pool) -> Iterator[Metric]:
    yield _one("chappe_database_connections_busy", "Connections to the database in use.", pool.busy)
    yield _one("chappe_database_connections_max", "Connections that there may be.", pool.size)
    yield _one("chappe_database_writes_waiting", "Units that wait for the one writer of SQLite.", pool.waiting)


def _waiting(gauges: Gauges, age: float) -> Iterator[Metric]:
    yield _one("chappe_queue_age_seconds", "For how long the oldest delivery that is due waits.", age)
    yield _one("chappe_deliveries_due", "Deliveries that should go out, or be looked at, by now.", gauges.due)
    yield _by("chappe_deliveries", "Deliveries in the states in which they do not stay.", "state", gauges.deliveries)
    yield _by("chappe_routes", "Posts on their way through a mapping, not planned to the end.", "state", gauges.routes)
    yield _by("chappe_buckets_held", "What is left alone because its platform asked, or failed.", "scope", gauges.held)
    yield _one(
        "chappe_events_behind", "Events, 10000 at most, that the slowest webhook has not taken up.", gauges.behind
    )


def _one(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(name, told, value=value)


def _by(name: str, told: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, told, labels=(label,))
    for key, value in sorted(values.items()):
        family.add_metric((key,), value)
    return family
