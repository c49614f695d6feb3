"""No request reaches a private address: not by name, by number, by redirect, nor by a name that changes its mind."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, ip_address
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import MappingError, RejectedError, TransientError
from engine.http_client import HttpClient
from engine.http_client.addresses import AddressPolicy, is_public, parse_target, unwrap
from engine.http_client.resolver import PinnedResolver, SystemResolver
from tests.peers.faulty_server import FaultyServer, answers, closes_when_idle

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

PRIVATE = (
    "0.0.0.0",  # noqa: S104 - an address to refuse, none to listen on
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.1.2.3",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.171",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:0:7f00:1::1",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:a00:1::1",
    "2002:a9fe:a9fe::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456:789a::1",
    "fe80::1",
    "febf::1",
    "fec0::1",
    "ff02::1",
)
DISGUISED = (
    "http://2130706433/",
    "http://017700000001/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://0x7f.0.0.1/",
    "http://0x7f.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://127.0.0.1./",
    "http://127.0.0.01/",
    "http://0x/",
    "http://0/",
    "http://999.1.1.1/",
    "http://%31%32%37.0.0.1/",
    "http://[::1%25lo]/",
    "http://[fe80::1%eth0]/",
    "http://[::1/",
    "http://user@127.0.0.1/",
    "http://user:password@acme.example/",
    "http://acme.example\\@127.0.0.1/",
    "http://acme.example:0/",
    "http://acme.example:70000/",
    "http:///path",
    "http://a..b/",
    "http://-.example/",
    "http://exa mple/",
    "http://acme.example/\nHost: other",
    " http://acme.example/",
    "ftp://acme.example/",
    "file:///etc/passwd",
    "gopher://acme.example/",
    "//acme.example/",
    "acme.example",
    "",
)
# Full-width digits, ideographic stops, circled digits: names of hosts are folded to ASCII before they are used.
LOCAL_IN_UNICODE = (
    "http://\uff11\uff12\uff17.\uff10.\uff10.\uff11/",
    "http://127\u30020\u30020\u30021/",
    "http://\u2460\u2461\u2466.0.0.1/",
    "http://[::ffff:7f00:1]/",
)


@dataclass
class ScriptedResolver:
    """Answers each question with the next of its script, the last one for all that follow."""

    script: Sequence[Sequence[str]]
    asked: list[str] = field(default_factory=list)

    async def resolve(self, host: str) -> Sequence[str]:
        answer = self.script[min(len(self.asked), len(self.script) - 1)]
        self.asked.append(host)
        return answer

    async def close(self) -> None:
        """Nothing is held."""


class RecordingLoop(asyncio.SelectorEventLoop):
    """Takes down where a connection is attempted, and lets none out."""

    def __init__(self) -> None:
        super().__init__()
        self.attempts: list[Any] = []

    async def sock_connect(self, sock: Any, address: Any) -> None:
        self.attempts.append(address)
        raise ConnectionRefusedError(111, "refused by the test")


def attempts(work: Callable[[], Awaitable[None]]) -> list[Any]:
    """Return the addresses that `work` tried to connect to."""
    loop = RecordingLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:

        async def run() -> None:
            await work()

        runner.run(run())
        return loop.attempts


def written(address: str) -> str:
    return f"[{address}]" if ":" in address else address


@pytest.mark.parametrize("operation", ["fetch", "publish"])
def test_a_private_literal_is_never_connected_to(operation: str) -> None:
    async def work() -> None:
        async with HttpClient() as client:
            for address in PRIVATE:
                with pytest.raises(RejectedError, match="CHAPPE_ALLOW_PRIVATE") as refused:
                    await getattr(client, operation)("POST", f"https://{written(address)}/in")
                assert refused.value.code == "private_address", address

    assert attempts(work) == []


@pytest.mark.parametrize("operation", ["fetch", "publish"])
def test_a_name_that_leads_to_a_private_address_is_never_connected_to(operation: str) -> None:
    async def work() -> None:
        for address in PRIVATE:
            async with HttpClient(resolver=ScriptedResolver([[address]])) as client:
                with pytest.raises(RejectedError, match=r"intranet\.example leads to") as refused:
                    await getattr(client, operation)("POST", "http://intranet.example/in")
                assert refused.value.code == "private_address", address

    assert attempts(work) == []


def test_a_malformed_or_disguised_address_is_never_connected_to() -> None:
    async def work() -> None:
        async with HttpClient(allow_private=["*"], resolver=ScriptedResolver([["127.0.0.1"]])) as client:
            for url in DISGUISED:
                with pytest.raises(RejectedError) as refused:
                    await client.fetch("GET", url)
                assert refused.value.code == "invalid_url", url

    assert attempts(work) == []


def test_a_local_address_in_other_characters_is_seen_through() -> None:
    async def work() -> None:
        async with HttpClient() as client:
            for url in LOCAL_IN_UNICODE:
                with pytest.raises(RejectedError) as refused:
                    await client.fetch("GET", url)
                assert refused.value.code == "private_address", url

    assert attempts(work) == []


def test_one_private_address_among_public_ones_refuses_the_name() -> None:
    async def work() -> None:
        async with HttpClient(resolver=ScriptedResolver([["93.184.216.34", "10.0.0.1"]])) as client:
            with pytest.raises(RejectedError):
                await client.fetch("GET", "https://mixed.example/")

    assert attempts(work) == []


def test_a_public_name_is_connected_to_at_the_very_address_that_was_checked() -> None:
    resolver = ScriptedResolver([["93.184.216.34"], ["127.0.0.1"]])

    async def work() -> None:
        async with HttpClient(resolver=resolver) as client:
            with pytest.raises(TransientError, match="could not be reached"):
                await client.fetch("GET", "https://public.example/")

    assert attempts(work) == [("93.184.216.34", 443)]
    assert resolver.asked == ["public.example"]


def test_addresses_that_carry_a_public_one_are_public() -> None:
    async def work() -> None:
        for address in ("::ffff:93.184.216.34", "64:ff9b::5db8:d822", "2002:5db8:d822::1", "2606:4700::1111"):
            async with HttpClient(resolver=ScriptedResolver([[address]])) as client:
                with pytest.raises(TransientError):
                    await client.fetch("GET", "http://public.example/")

    assert len(attempts(work)) == 4


@pytest.mark.parametrize(
    "url", ["http://public.example:8080/", "https://93.184.216.34:6379/", "http://acme.example:22/"]
)
def test_other_ports_of_public_addresses_are_refused(url: str) -> None:
    async def work() -> None:
        async with HttpClient(resolver=ScriptedResolver([["93.184.216.34"]])) as client:
            with pytest.raises(RejectedError, match="ports 80 and 443") as refused:
                await client.fetch("GET", url)
            assert refused.value.code == "port"

    assert attempts(work) == []


async def test_what_the_operator_admits_is_reached_on_any_port() -> None:
    async with FaultyServer(answers(200, b"in")) as server:
        for allowed in ("127.0.0.0/8", "127.0.0.1", "*"):
            async with HttpClient(allow_private=[allowed]) as client:
                assert (await client.fetch("GET", server.url)).body == b"in"
        async with HttpClient(allow_private=["intranet.example"], resolver=ScriptedResolver([["127.0.0.1"]])) as client:
            assert (await client.fetch("GET", f"http://intranet.example:{server.port}/")).body == b"in"
            with pytest.raises(RejectedError):
                await client.fetch("GET", f"http://other.example:{server.port}/")


async def test_a_name_that_changes_to_a_private_address_is_refused_at_the_next_connection() -> None:
    resolver = ScriptedResolver([["127.0.0.1"], ["127.0.0.2"]])
    async with (
        FaultyServer(closes_when_idle) as server,
        HttpClient(allow_private=["127.0.0.1/32"], resolver=resolver) as client,
    ):
        await client.publish("POST", f"http://rebinding.example:{server.port}/", fresh=True)
        with pytest.raises(RejectedError) as refused:
            await client.publish("POST", f"http://rebinding.example:{server.port}/", fresh=True)

        assert refused.value.code == "private_address"
        assert server.connections == 1


async def test_a_redirect_to_a_private_address_is_not_followed() -> None:
    targets = (
        "http://127.0.0.1:{}/",
        "http://[::1]:{}/",
        "http://localhost:{}/",
        "http://169.254.169.254/latest",
        "//10.0.0.1/",
    )
    async with FaultyServer(answers(200, b"secret")) as inside:
        for target in targets:
            script = answers(302, location=target.format(inside.port))
            async with (
                FaultyServer(script) as outside,
                HttpClient(
                    allow_private=["outside.example"],
                    resolver=ScriptedResolver([["127.0.0.1"]]),
                ) as client,
            ):
                with pytest.raises(RejectedError) as refused:
                    await client.fetch("GET", f"http://outside.example:{outside.port}/")
            assert refused.value.code == "private_address", target

        assert inside.connections == 0


async def test_a_name_without_an_address_is_transient_and_nothing_was_sent() -> None:
    async with HttpClient(resolver=ScriptedResolver([[]])) as client:
        with pytest.raises(TransientError, match="could not be found"):
            await client.fetch("GET", "https://nowhere.example/")
        with pytest.raises(TransientError, match="Nothing was sent"):
            await client.publish("POST", "https://nowhere.example/")


async def test_the_machine_is_asked_for_each_address_once() -> None:
    resolver = SystemResolver()
    found = await resolver.resolve("localhost")
    await resolver.close()

    assert set(found) <= {"127.0.0.1", "::1"}
    assert len(found) == len(set(found))


async def test_the_pinned_resolver_returns_what_it_checked() -> None:
    pinned = PinnedResolver(ScriptedResolver([["2606:4700::1111", "93.184.216.34"]]), AddressPolicy())

    found = await pinned.resolve("public.example", 443)

    assert [(entry["host"], entry["port"]) for entry in found] == [("2606:4700::1111", 443), ("93.184.216.34", 443)]


@pytest.mark.parametrize(
    "entry", ["10.0.0.0/33", "http://intranet.example/", "intranet.example:8080", "", "0x7f.1", "10.0.0"]
)
def test_a_setting_that_admits_nothing_is_refused_with_its_name(entry: str) -> None:
    with pytest.raises(MappingError, match="CHAPPE_ALLOW_PRIVATE"):
        AddressPolicy([entry])


@given(st.ip_addresses(v=4))
def test_a_carried_address_is_judged_like_the_address_itself(inner: IPv4Address) -> None:
    carriers = (int(inner) | 0xFFFF << 32, int(inner) | 0x64FF9B << 96, 0x2002 << 112 | int(inner) << 80)
    for number in carriers:
        ends = list(unwrap(ip_address(number)))
        assert ends == [inner]
    assert is_public(inner) <= (inner.is_global and inner not in IPv4Network("224.0.0.0/3"))


@given(
    st.text(max_size=40), st.sampled_from(["http://{}/", "https://x{}.example/", "{}", "http://h/{}", "http://{}@h/"])
)
def test_whatever_is_given_as_an_address_is_taken_or_refused(text: str, form: str) -> None:
    try:
        target = parse_target(form.format(text))
    except RejectedError as refused:
        assert refused.code == "invalid_url"  # noqa: PT017 - both outcomes are allowed
    else:
        assert target.text.isascii()
        assert target.scheme in {"http", "https"}
        assert 0 < target.port < 65536
