"""What people ask most, once on each database."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from engine.clock import SystemClock
from engine.store import budgets, workspaces
from engine.store.posts import HELD

if TYPE_CHECKING:
    from engine.store.unit import Store
    from tests.api.cli.conftest import Cli


def test_a_post_is_routed_decided_about_and_explained(either: Cli) -> None:
    end = either.arrive("We are hiring")
    [mine] = either.data("deliveries", "list", "--state", "waiting", "--post", end)
    either.out("deliveries", "approve", mine["id"])
    told = either.data("explain", end)

    [way] = told["ways"]
    assert (way["mapping"], way["planned"]) == ("news", 2)
    assert {each["account"]: each["state"] for each in way["deliveries"]} == {
        "acme-hook": "planned",
        "lea-hook": "planned",
    }
    assert [(each["account"], each["why"]) for each in way["absent"]] == [
        ("karim-hook", "Never consented: silence is no.")
    ]
    assert either.data("explain")[0]["deliveries"] == {"planned": 2}
    [status] = either.data("mappings", "status", "news")
    assert {node["node"]: node["counts"]["due"] for node in status["nodes"] if node["last_at"]} == {
        "jobs": 0,
        "partners": 1,
        "friends": 1,
    }
    assert f"{end}  jobs  passed" in either.out("tap", "news", "--since", "1h", "--no-follow")


def test_a_flood_is_seen_and_skipped(either: Cli) -> None:
    either.arrive("We are hiring", state=HELD, times=2)

    assert [each["what"] for each in either.data("status")["waiting"]] == ["flood"]
    assert len(either.data("sources", "release", "blog", "--skip", "--yes")["released"]) == 2
    assert either.data("status")["waiting"] == []


def test_people_consents_secrets_and_pauses_are_kept(either: Cli) -> None:
    either.out("secrets", "set", "hooks", given="whsec_abc")
    either.out("pause", "mapping", "news")
    either.arrive("We are hiring")
    either.out("people", "consent", "withdraw", "Léa", "--yes")

    assert [row["name"] for row in either.data("secrets", "list")] == ["hooks"]
    assert [row["what"] for row in either.data("pause")] == ["the mapping news"]
    resumed = either.data("resume", "mapping", "news", "--missed", "skip", "--yes")
    assert (resumed["missed"], resumed["still_paused"]) == ({"go_on": 0, "skipped": 1}, [])
    assert either.data("approvals", "list") == []
    people = {row["name"]: row for row in either.data("people", "list")}
    assert people["Léa"]["groups"] == ["ambassadors"]
    assert not people["Léa"]["accounts"][0]["consent"]["given"]
    assert people["Karim"]["accounts"][0]["consent"] is None


def test_the_doctor_finds_the_instance_well(either: Cli) -> None:
    looks = {look["what"]: look["verdict"] for look in either.data("doctor")}

    asked = ("database", "key file", "secrets", "clock", "ledger", "acme")
    assert {what: looks[what] for what in asked} == dict.fromkeys(asked, "ok")


def test_a_platform_that_had_us_wait_is_tried_again_when_it_is_resumed(either: Cli) -> None:
    either.inside(_have_us_wait)

    assert either.data("resume", "platform", "webhook") == {
        "what": "the platform webhook",
        "was_paused": False,
        "was_held": True,
        "still_paused": [],
    }
    either.inside(_have_us_wait)
    assert "It had asked us to wait: what waits for it is tried again now." in (
        either.out("resume", "platform", "webhook")
    )
    assert not either.data("apps", "set", "x", "client_id=M1M5")["was_held"]


async def _have_us_wait(store: Store) -> None:
    workspace = (await store.read(workspaces.listed))[0].id
    until = SystemClock().now() + timedelta(hours=1)
    await store.write(budgets.hold, workspace, "platform", "webhook", until, "Its credits are used up.")
