"""The network as a node sees it: its own judgement of each answer, and nothing doubtful in what only reads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from engine.contract.node import Node, NodeConfig
from engine.errors import ChappeError, DoubtfulError, RateLimitedError, RejectedError, TransientError
from engine.http_client import HttpClient
from engine.run.network import BoundHttp
from engine.testing.loopback import Answer, Loopback, always
from tests.peers.faulty_server import FaultyServer, answers, hangs

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Particular(Node[NodeConfig]):
    """Refuses a 200 whose body says so."""

    kind = "particular"
    title = "Particular"
    example: ClassVar[dict[str, Any]] = {}

    def classify(self, status: int, headers: Any, body: bytes) -> ChappeError | None:
        if body == b"no":
            return RejectedError("It says no.", code="no")
        return super().classify(status, headers, body)


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    async with HttpClient(allow_private=["127.0.0.1"]) as started:
        yield started


@pytest.fixture
async def server() -> AsyncIterator[Loopback]:
    async with Loopback(always(Answer(200, body=b"yes"))) as started:
        yield started


@pytest.fixture
def http(client: HttpClient) -> BoundHttp:
    return BoundHttp(client, Particular(NodeConfig()), timeout=5.0)


async def test_what_the_node_accepts_is_returned(http: BoundHttp, server: Loopback) -> None:
    assert (await http.fetch("GET", f"{server.url}/a", headers={"X-A": "1"})).body == b"yes"
    assert (await http.publish("POST", f"{server.url}/b", content=b"words")).status == 200
    read, published = server.received
    assert (read.path, read.headers["x-a"]) == ("/a", "1")
    assert (published.method, published.body) == ("POST", b"words")


async def test_what_the_node_refuses_is_raised(http: BoundHttp, server: Loopback) -> None:
    server.respond = always(Answer(200, body=b"no"))
    with pytest.raises(RejectedError, match="It says no"):
        await http.fetch("GET", server.url)
    with pytest.raises(RejectedError, match="It says no"):
        await http.publish("POST", server.url)


async def test_a_server_error_is_doubtful_for_a_publish_and_never_for_a_fetch(
    http: BoundHttp, server: Loopback
) -> None:
    server.respond = always(Answer(500))
    with pytest.raises(TransientError, match="500"):
        await http.fetch("GET", server.url)
    with pytest.raises(DoubtfulError, match="500"):
        await http.publish("POST", server.url)


async def test_statuses_that_are_answers_are_not_judged(http: BoundHttp, server: Loopback) -> None:
    server.respond = always(Answer(404, body=b"no"))
    assert (await http.fetch("GET", server.url, accept={304, 404})).status == 404
    with pytest.raises(RejectedError):
        await http.fetch("GET", server.url, accept={304})


async def test_a_wait_is_handed_on(http: BoundHttp, server: Loopback) -> None:
    server.respond = always(Answer(429, {"Retry-After": "30"}))
    for call in (http.fetch, http.publish):
        with pytest.raises(RateLimitedError) as caught:
            await call("GET", server.url)
        assert caught.value.wait is not None
        assert caught.value.wait.total_seconds() == 30


async def test_silence_is_transient_for_a_fetch_and_doubtful_for_a_publish(client: HttpClient) -> None:
    hasty = BoundHttp(client, Particular(NodeConfig()), timeout=0.1)
    async with FaultyServer(hangs) as server:
        with pytest.raises(TransientError):
            await hasty.fetch("GET", server.url)
        with pytest.raises(DoubtfulError):
            await hasty.publish("POST", server.url, content=b"words")


async def test_more_bytes_than_asked_for_are_not_read(http: BoundHttp, server: Loopback) -> None:
    server.respond = always(Answer(200, body=b"x" * 2_000))
    with pytest.raises(RejectedError) as caught:
        await http.fetch("GET", server.url, max_bytes=1_000)
    assert caught.value.code == "too_large"


@pytest.mark.parametrize(("fresh", "connections"), [(True, 3), (False, 1)])
async def test_a_sink_in_need_of_it_publishes_on_connections_of_its_own(
    client: HttpClient, fresh: bool, connections: int
) -> None:
    async with FaultyServer(answers()) as server:
        http = BoundHttp(client, Particular(NodeConfig()), fresh=fresh)
        for _ in range(3):
            await http.publish("POST", server.url)
        assert server.connections == connections
