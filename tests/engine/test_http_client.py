"""Every way in which a request can fail becomes the error that says what happens next, and nothing stays open."""

from __future__ import annotations

import asyncio
import datetime as dt
import socket
import ssl
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from engine.errors import ChappeError, DoubtfulError, RejectedError, TransientError
from engine.http_client import Headers, HttpClient, Response
from engine.http_client.client import _open_socket
from tests.peers import faulty_server as faulty
from tests.peers.faulty_server import FAULTS, FaultyServer, answers, sends

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from tests.peers.faulty_server import Script

REASONS = {
    "closed before the request is read": "closed the connection|broke the connection off",
    "reset before the request is read": "broke the connection off|closed the connection",
    "closed after the request": "closed the connection without an answer",
    "reset after the request": r"broke the connection off \(ECONNRESET\)",
    "another protocol": "not HTTP",
    "a status line of garbage": "not HTTP",
    "a negative length": "not HTTP",
    "chunks of no size": "not HTTP",
    "half the headers": "closed the connection|not HTTP",
    "half the body": "in the middle of its answer",
    "half a chunk": "in the middle of its answer",
    "reset in the body": "in the middle of its answer",
    "more than the length": "not HTTP",
    "silence": r"no complete answer within 0\.3 s",
    "silence in the body": r"no complete answer within 0\.3 s",
    "an answer drop by drop": r"no complete answer within 0\.3 s",
}
LOOPBACK = ("127.0.0.0/8",)


def patience(case: str) -> float:
    """Return the seconds that a case may take: what ends by silence takes all of them, what does not is soon over."""
    return 0.3 if "0\\.3 s" in REASONS[case] else 10


class ToLoopback:
    """Finds every name at loopback."""

    async def resolve(self, host: str) -> Sequence[str]:
        return ["127.0.0.1"]

    async def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    async with HttpClient(allow_private=LOOPBACK, resolver=ToLoopback()) as client:
        yield client


@pytest.fixture
async def full_port() -> AsyncIterator[int]:
    """A port whose queue is full: a connection to it is neither taken nor refused."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(server.getsockname())
        yield server.getsockname()[1]
        for one in waiting:
            one.close()


@pytest.mark.parametrize("case", FAULTS)
async def test_a_publish_without_a_whole_answer_is_doubtful(case: str, client: HttpClient) -> None:
    async with FaultyServer(FAULTS[case]) as server:
        with pytest.raises(DoubtfulError, match=f"The post may be out.*({REASONS[case]})"):
            await client.publish("POST", server.url, content=b"{}", timeout=patience(case))

        assert len(server.requests) <= 1
        assert server.connections == 1
        await server.until(lambda it: it.open == 0)


@pytest.mark.parametrize("case", FAULTS)
async def test_a_fetch_without_a_whole_answer_is_transient(case: str, client: HttpClient) -> None:
    async with FaultyServer(FAULTS[case]) as server:
        with pytest.raises(TransientError, match=REASONS[case]):
            await client.fetch("GET", server.url, timeout=patience(case))

        assert server.connections == 1
        await server.until(lambda it: it.open == 0)


@pytest.mark.parametrize("fresh", [False, True])
async def test_a_refused_connection_is_transient_nothing_was_sent(client: HttpClient, fresh: bool) -> None:
    async with FaultyServer(answers()) as server:
        url = server.url
    with pytest.raises(TransientError, match=r"Nothing was sent.*could not be reached \(ECONNREFUSED\)"):
        await client.publish("POST", url, content=b"{}", fresh=fresh)


async def test_a_connection_that_is_not_taken_is_transient_nothing_was_sent(client: HttpClient, full_port: int) -> None:
    with pytest.raises(TransientError, match=r"Nothing was sent.*did not take a connection"):
        await client.publish("POST", f"http://127.0.0.1:{full_port}/", content=b"{}", timeout=0.3)


async def test_a_full_pool_is_transient_nothing_was_sent() -> None:
    async with FaultyServer(faulty.hangs) as server, HttpClient(allow_private=LOOPBACK, connections=1) as client:
        first = asyncio.create_task(client.publish("POST", server.url, content=b"{}"))
        await server.until(lambda it: len(it.requests) == 1)
        with pytest.raises(TransientError, match="Nothing was sent"):
            await client.publish("POST", server.url, content=b"{}", timeout=0.3)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)

        assert server.connections == 1


@pytest.mark.parametrize("status", [200, 201, 204, 301, 303, 307, 400, 401, 403, 422, 429, 500, 503])
async def test_a_publish_returns_every_status_and_follows_no_redirect(status: int, client: HttpClient) -> None:
    async with FaultyServer(answers(status, location="/elsewhere", retry_after="7")) as server:
        response = await client.publish("POST", server.url, headers={"X-Key": "k"}, content=b'{"a": 1}')

        assert (response.status, response.url) == (status, server.url)
        assert response.headers["RETRY-AFTER"] == response.headers["retry-after"] == "7"
        assert [(it.method, it.body, it.headers["x-key"]) for it in server.requests] == [("POST", b'{"a": 1}', "k")]


async def test_a_request_introduces_us_and_asks_for_no_coding_that_we_cannot_cap(client: HttpClient) -> None:
    async with FaultyServer(answers()) as server:
        await client.publish("POST", server.url, content=b"{}", headers={"Content-Type": "application/json"})

        sent = server.requests[0].headers
        assert sent["user-agent"].startswith("Chappe/")
        assert sent["accept-encoding"] == "gzip, deflate"
        assert sent["content-type"] == "application/json"
        assert sent["host"] == f"127.0.0.1:{server.port}"
        assert "cookie" not in sent


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
@pytest.mark.parametrize("operation", ["fetch", "publish"])
async def test_a_request_on_a_stale_connection_is_not_sent_again(
    operation: str, method: str, client: HttpClient
) -> None:
    async with FaultyServer(faulty.goes_stale, answers()) as server:
        send = getattr(client, operation)
        assert (await send(method, server.url, content=b"{}")).body == b"first"
        with pytest.raises(DoubtfulError if operation == "publish" else TransientError):
            await send(method, server.url, content=b"{}")

        assert (server.connections, len(server.requests)) == (1, 2)


async def test_a_fresh_publish_never_meets_a_stale_connection(client: HttpClient) -> None:
    async with FaultyServer(faulty.goes_stale) as server:
        for _ in range(3):
            assert (await client.publish("POST", server.url, content=b"{}", fresh=True)).status == 200
            await server.until(lambda it: it.open == 0)

        assert server.connections == 3


async def test_a_connection_that_the_server_closed_in_the_meantime_is_replaced(client: HttpClient) -> None:
    async with FaultyServer(faulty.closes_when_idle) as server:
        for _ in range(3):
            assert (await client.publish("POST", server.url, content=b"{}")).status == 200
            await server.until(lambda it: it.open == 0)
            for _ in range(20):
                await asyncio.sleep(0)

        assert server.connections == 3


async def test_a_connection_is_used_again_by_the_next_request(client: HttpClient) -> None:
    async with FaultyServer(answers(200, b"ok")) as server:
        for _ in range(5):
            await client.publish("POST", server.url, content=b"{}")

        assert (server.connections, len(server.requests)) == (1, 5)


@pytest.mark.parametrize("operation", ["fetch", "publish"])
@pytest.mark.parametrize("script", [faulty.hangs, faulty.hangs_in_body])
async def test_cancelling_a_request_leaves_nothing_open(operation: str, script: Script) -> None:
    async with (
        FaultyServer(script, answers(200, b"next")) as server,
        HttpClient(allow_private=LOOPBACK, connections=1) as client,
    ):
        task = asyncio.create_task(getattr(client, operation)("POST", server.url, content=b"{}"))
        await server.until(lambda it: len(it.requests) == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        await server.until(lambda it: it.open == 0)
        assert (await client.publish("POST", server.url, content=b"{}")).body == b"next"


async def test_stopping_ends_what_is_under_way_in_doubt(client: HttpClient) -> None:
    async with FaultyServer(faulty.hangs) as server:
        task = asyncio.create_task(client.publish("POST", server.url, content=b"{}"))
        await server.until(lambda it: len(it.requests) == 1)
        await client.stop()
        with pytest.raises(DoubtfulError):
            await task
        await server.until(lambda it: it.open == 0)


async def test_a_header_that_would_break_the_line_is_refused_before_anything_is_sent(client: HttpClient) -> None:
    async with FaultyServer(answers()) as server:
        with pytest.raises(RejectedError, match="Authorization") as refused:
            await client.publish("POST", server.url, headers={"Authorization": "Bearer a\r\nX-Evil: 1"}, content=b"")

        assert refused.value.code == "invalid_header"
        assert "Bearer" not in str(refused.value)
        assert server.connections == 0


async def test_long_headers_of_an_answer_are_read(client: HttpClient) -> None:
    async with FaultyServer(answers(201, content_security_policy="x" * 30_000)) as server:
        assert (await client.publish("POST", server.url, content=b"{}")).status == 201


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="the system has no such option")
def test_a_socket_gives_up_on_a_server_that_takes_nothing() -> None:
    with _open_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 1))) as opened:
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 20_000


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate of its own for acme.example, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "acme.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2099, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("acme.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "acme.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(pem))
    return path


def _serving(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


async def test_tls_is_checked_against_the_name_and_not_the_pinned_address(certificate: Path) -> None:
    trusting = ssl.create_default_context(cafile=str(certificate))
    async with (
        FaultyServer(answers(200, b"safe"), tls=_serving(certificate)) as server,
        HttpClient(allow_private=LOOPBACK, resolver=ToLoopback(), tls=trusting) as client,
    ):
        response = await client.publish("POST", f"https://acme.example:{server.port}/in", content=b"{}")

        assert response.body == b"safe"
        assert server.requests[0].headers["host"] == f"acme.example:{server.port}"
        with pytest.raises(TransientError, match=r"Nothing was sent.*certificate that cannot be trusted"):
            await client.publish("POST", f"https://other.example:{server.port}/in", content=b"{}")
        assert len(server.requests) == 1


async def test_an_unknown_certificate_is_transient_nothing_was_sent(certificate: Path, client: HttpClient) -> None:
    async with FaultyServer(answers(), tls=_serving(certificate)) as server:
        with pytest.raises(TransientError, match=r"Nothing was sent.*certificate that cannot be trusted"):
            await client.publish("POST", f"https://acme.example:{server.port}/", content=b"{}")

        assert server.requests == []


@pytest.mark.parametrize("script", [faulty.closes_at_once, faulty.resets_at_once, sends(b"HTTP/1.1 400 Bad\r\n\r\n")])
async def test_a_handshake_that_fails_is_transient_nothing_was_sent(script: Script, client: HttpClient) -> None:
    async with FaultyServer(script) as server:
        with pytest.raises(TransientError, match="Nothing was sent"):
            await client.publish("POST", f"https://127.0.0.1:{server.port}/", content=b"{}", timeout=1.5)


@pytest.mark.parametrize(
    ("declared", "body", "text"),
    [
        ("text/plain", "déjà".encode(), "déjà"),
        ("text/plain; charset=iso-8859-1", "déjà".encode("latin-1"), "déjà"),
        ("text/plain; charset=nonsense", "déjà".encode(), "déjà"),
        ("text/plain; charset=idna", b"abc", "abc"),
        ("", b"a\xffb", "a\ufffdb"),
    ],
)
def test_text_is_read_by_the_declared_charset(declared: str, body: bytes, text: str) -> None:
    assert Response(200, Headers({"Content-Type": declared}), body, "https://acme.example/").text() == text


def test_json_is_read_or_refused() -> None:
    assert Response(200, Headers(), b'{"id": "7"}', "https://acme.example/").json() == {"id": "7"}
    with pytest.raises(ValueError, match="Expecting"):
        Response(200, Headers(), b"<html>", "https://acme.example/").json()


async def test_errors_of_the_client_are_ours(client: HttpClient) -> None:
    with pytest.raises(ChappeError):
        await client.fetch("GET", "http://127.0.0.1:1/")
