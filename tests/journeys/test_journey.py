"""The main job with the real processes, on both databases: from a feed that is polled to accounts that publish."""

from __future__ import annotations

import asyncio
import json
import signal
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.journeys.house import ARRIVE_WITHIN, SECRET, House, house
from tests.journeys.waiting import until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]

MAPPING = """
mapping: news
sources:
  page: {kind: feed, url: "${SANDBOX}feeds/acme/rss.xml", every: 5s}
operators:
  offers: {kind: keep, from: page, text: {contains: hiring}}
  public: {kind: drop, from: offers, text: {contains: canteen}}
  signed: {kind: write, from: public, suffix: " – Acme"}
sinks:
  wall: {kind: webhook, from: signed, account: wall, receiver: deduplicates}
  lea: {kind: webhook, from: signed, account: lea, read_back: "${SANDBOX}receivers/lea/messages/{id}"}
  karim: {kind: webhook, from: signed, account: karim}
"""
MODES = {"wall": "dedupe", "lea": "readback", "karim": "plain"}
FIRST = ("We are hiring a baker", "We are hiring a pilot")
BACKLOG = 4
"""So many posts are on their way to the wall; more than five at once would be held for a person to look at."""

SLOW = 2.0
"""Seconds that each request takes."""

STOPS_WITHIN = timedelta(seconds=1)


async def test_a_feed_reaches_the_accounts_once_and_signed_and_a_kill_changes_nothing(
    blank_url: str, tmp_path: Path
) -> None:
    async with house(tmp_path, blank_url) as home:
        await move_in(home)
        await home.up()
        await polled(home)
        await everything_arrives(home)
        if blank_url.startswith("sqlite"):
            await refused(home)
        await killed_halfway(home)
        assert await home.end(signal.SIGINT) == 0
        assert home.log.endswith("Ended.\n")


async def move_in(home: House) -> None:
    """Set up an instance with three accounts and a mapping, all by the command line; the feed has an old entry."""
    secret = home.folder / "secret"
    secret.write_text(SECRET)
    (home.folder / "mapping.yaml").write_text(MAPPING)
    await home.publish("We were hiring long ago")
    await home.chappe("init", "acme")
    url = str(home.sandbox.base_url)

    async def account(name: str, mode: str) -> None:
        answer = await home.sandbox.put(f"receivers/{name}", json={"mode": mode, "secret": SECRET})
        answer.raise_for_status()
        address = f"url={url}receivers/{name}"
        await home.here("accounts", "add", "webhook", name, "--set", address, "--secret", f"signing=@{secret}")

    for name, mode in MODES.items():
        await account(name, mode)
    await home.here("apply", str(home.folder / "mapping.yaml"), "--param", f"SANDBOX={url}")


async def polled(home: House) -> None:
    """Wait until the source was read once: what comes from then on is new."""

    async def sources() -> list[dict[str, object]]:
        return list(json.loads(await home.here("sources", "list", "--json")))

    await until(sources, lambda rows: all(row["last_poll_at"] for row in rows), ARRIVE_WITHIN)


async def everything_arrives(home: House) -> None:
    """Publish, and see it arrive in the background: transformed, signed, in order, once, and nothing else."""
    await home.publish(FIRST[0], "The canteen is hiring a cook", "Our summer party", FIRST[1])
    for name in MODES:
        assert await home.arrived(name, len(FIRST)) == [f"{text} – Acme" for text in FIRST]
    assert {row["state"] for row in await home.settled()} == {"sent"}
    for name in MODES:
        account = await home.receiver(name)
        assert (account["published"], account["repeats"], account["refused"]) == (len(FIRST), 0, 0)
        assert all(message["signed"] for message in account["messages"])


async def refused(home: House) -> None:
    """See a second process refused, which names the first."""
    assert home.process is not None
    assert f"process {home.process.pid} on " in await home.chappe("up", code=1)


async def paused(home: House) -> list[str]:
    """Pause everything from without while all are sent to: a second later nothing is begun any more.

    Returns what was published, of which a part has gone out when all goes on.
    """
    more: list[str] = []
    pausing: list[asyncio.Task[str]] = []

    async def keep_busy() -> bool:
        came = len(await home.texts("wall")) - len(FIRST)
        while len(more) - came < BACKLOG:
            more.append(f"We are hiring number {len(more)}")
            await home.publish(more[-1])
        if came and not pausing:
            pausing.append(asyncio.create_task(home.here("pause", "everything", "--reason", "crisis")))
        return bool(pausing) and pausing[0].done()

    await until(keep_busy, bool, 2 * ARRIVE_WITHIN)
    await pausing[0]
    [switch] = json.loads(await home.here("pause", "--json"))
    since = datetime.fromisoformat(switch["since"])
    await until(lambda: home.texts("wall"), lambda _: datetime.now(UTC) > since + 2 * STOPS_WITHIN, ARRIVE_WITHIN)
    rows = await home.deliveries()
    assert [row for row in rows if row["state"] == "planned"], "all was sent before the pause"
    stories = [json.loads(await home.here("explain", post, "--json")) for post in {row["post_id"] for row in rows}]
    told = [told for story in stories for way in story["ways"] for told in way["deliveries"]]
    begun = [datetime.fromisoformat(each["started_at"]) for one in told for each in one["attempts"]]
    assert [at for at in begun if at > since + STOPS_WITHIN] == []
    await home.here("resume", "everything")
    return more


async def killed_halfway(home: House) -> None:
    """Kill while each account is being sent to, and start again: nothing is lost, and nothing doubled."""
    for name in MODES:
        await home.sandbox.post(f"receivers/{name}/faults", json={"kind": "delay", "delay": SLOW, "times": None})
    more = await paused(home)
    await home.arrived("wall", len(await home.texts("wall")) + 1)
    assert await home.end(signal.SIGKILL) == -signal.SIGKILL
    for name in MODES:
        await home.sandbox.delete(f"receivers/{name}/faults")
    await home.up()

    rows = await home.settled()
    wanted = {f"{text} – Acme" for text in (*FIRST, *more)}
    for name in ("wall", "lea"):
        texts = await home.texts(name)
        assert set(texts) == wanted
        assert len(texts) == len(wanted)
    asked = [row for row in rows if row["state"] == "check_needed"]
    assert [row["account"] for row in asked] in ([], ["karim"]), "at most one was under way for each account"
    assert {row["state"] for row in rows} - {"check_needed"} == {"sent"}
    texts = await home.texts("karim")
    assert len(texts) == len(set(texts)) >= len(wanted) - len(asked)
