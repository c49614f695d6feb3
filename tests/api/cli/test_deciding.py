"""Deliveries, sources and pauses: looked at and decided about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, update

from api.actions import standing
from api.kinds import registry
from engine.model.delivery import Reason, State
from engine.store import accounts, deliveries, sources, tables, workspaces
from engine.store.deliveries import Change
from engine.store.posts import HELD
from tests.api.cli.conftest import MAPPING

if TYPE_CHECKING:
    from engine.store.unit import Store
    from tests.api.cli.conftest import Cli


@pytest.fixture
def waiting(cast: Cli) -> str:
    """Give the end of the id of a delivery that waits for its owner's yes."""
    cast.arrive("We are hiring")
    [row] = cast.data("deliveries", "list", "--state", "waiting")
    return str(row["id"][-8:])


def _state(cli: Cli, end: str) -> str:
    return str(cli.data("deliveries", "show", end)["state"])


def test_deliveries_are_listed_by_state_mapping_account_and_post(cast: Cli) -> None:
    end = cast.arrive("We are hiring")

    assert {row["account"]: row["state"] for row in cast.data("deliveries", "list", "--post", end)} == {
        "acme-hook": "planned",
        "lea-hook": "waiting",
    }
    assert [row["account"] for row in cast.data("deliveries", "list", "--account", "lea-hook")] == ["lea-hook"]
    assert cast.out("deliveries", "list", "-s", "check-needed") == "No delivery is like that.\n"
    assert cast.refused(2, "deliveries", "list", "-s", "planed") == (
        "chappe: “planed” is not a state. Did you mean `planned`?\n"
    )
    assert cast.refused(4, "deliveries", "list", "--mapping", "new") == (
        "chappe: There is no mapping new in this workspace. Did you mean `news`?\n"
    )


def test_what_waits_is_listed_with_the_commands_that_decide_about_it(cast: Cli, waiting: str) -> None:
    assert waiting in cast.out("deliveries", "list")
    hint = "What waits is let out by `chappe deliveries approve ID`, and ended by `chappe deliveries reject ID`.\n"
    assert cast.out("deliveries", "list").endswith(hint)
    cast.out("deliveries", "approve", waiting)
    assert "What waits" not in cast.out("deliveries", "list")


def test_an_approved_delivery_is_planned(cast: Cli, waiting: str) -> None:
    assert cast.out("deliveries", "approve", waiting) == f"{waiting} lea-hook: Approved.\n"
    assert _state(cast, waiting) == "planned"


def test_an_approval_under_a_pause_says_what_must_be_resumed_first(cast: Cli, waiting: str) -> None:
    for words in (("platform", "webhook"), ("account", "acme-hook"), ("account", "lea-hook"), ("mapping", "news")):
        cast.out("pause", *words)

    assert cast.out("deliveries", "approve", waiting) == (
        f"{waiting} lea-hook: Approved. It takes effect when the platform webhook and the account lea-hook "
        "and the mapping news are resumed.\n"
    )


def test_a_decision_that_the_state_does_not_allow_ends_with_its_own_code(cast: Cli, waiting: str) -> None:
    cast.out("deliveries", "approve", waiting)
    result = cast.run("deliveries", "approve", waiting)

    assert result.exit_code == 5
    assert result.stdout == f"{waiting} lea-hook: A delivery that is planned cannot be approved.\n"
    assert cast.refused(4, "deliveries", "approve", "ffffffff") == (
        "chappe: No delivery ends with ffffffff: `chappe deliveries list` shows them.\n"
    )


def test_a_rejected_delivery_keeps_the_note_and_can_be_planned_again(cast: Cli, waiting: str) -> None:
    cast.out("deliveries", "reject", waiting, "--note", "not today")

    assert cast.data("deliveries", "show", waiting)["detail"] == "Rejected by Ada: not today"
    assert cast.out("deliveries", "retry", waiting) == f"{waiting} lea-hook: It waits for an approval.\n"
    cast.out("deliveries", "approve", waiting)
    cast.out("deliveries", "cancel", waiting)
    assert _state(cast, waiting) == "cancelled"
    assert cast.out("deliveries", "retry", waiting) == f"{waiting} lea-hook: Planned again.\n"
    assert _state(cast, waiting) == "planned"


def test_what_is_too_old_to_be_sent_again_says_so_at_once_and_stays_as_it_is(cast: Cli, waiting: str) -> None:
    cast.out("deliveries", "reject", waiting)
    cast.inside(_forget_texts)

    result = cast.run("deliveries", "retry", waiting)
    assert result.exit_code == 5
    assert "Its text is no longer kept: texts go 90 days after they were written" in result.stdout
    [row] = cast.data("deliveries", "list", "--account", "lea-hook")
    assert row["state"] == "cancelled"
    assert "Rejected by Ada." in cast.out("explain", row["post_id"][-8:])


async def _forget_texts(store: Store) -> None:
    await store.write(lambda connection: connection.execute(delete(tables.contents)).rowcount)


def test_other_words_than_those_approved_wait_for_another_yes(cast: Cli, waiting: str) -> None:
    cast.out("deliveries", "approve", waiting)

    assert "It waits for an approval." in cast.out("deliveries", "edit", waiting, "--text", "We are hiring, come")
    assert _state(cast, waiting) == "waiting"


def test_an_edit_changes_the_words_of_one_delivery_alone(cast: Cli, waiting: str) -> None:
    cast.out("deliveries", "edit", waiting, "--text", "I work there, and we are hiring")
    [other] = cast.data("deliveries", "list", "--account", "acme-hook")

    assert cast.data("deliveries", "show", waiting)["content"]["text"] == "I work there, and we are hiring"
    assert cast.data("deliveries", "show", other["id"])["content"]["text"] == "We are hiring"
    assert cast.refused(5, "deliveries", "edit", waiting, "--text", " ") == (
        "chappe: An empty text is not published: cancel the delivery instead.\n"
    )


def test_an_edit_without_words_opens_the_editor(cast: Cli, waiting: str) -> None:
    result = cast.run("deliveries", "edit", waiting, EDITOR="sed -i s/hiring/recruiting/", VISUAL="")

    assert result.exit_code == 0
    assert cast.data("deliveries", "show", waiting)["content"]["text"] == "We are recruiting"
    failed = cast.run("deliveries", "edit", waiting, EDITOR="false", VISUAL="")
    assert failed.exit_code == 1
    assert failed.stderr.startswith("chappe: The editor false failed")


def test_cancelling_several_asks_first(cast: Cli) -> None:
    cast.arrive("We are hiring")
    ends = [row["id"][-8:] for row in cast.data("deliveries", "list")]

    assert cast.run("deliveries", "cancel", *ends, given="n\n").exit_code == 1
    assert {row["state"] for row in cast.data("deliveries", "list")} == {"planned", "waiting"}
    cast.out("deliveries", "cancel", *ends, "--yes")
    assert {row["state"] for row in cast.data("deliveries", "list")} == {"cancelled"}


def test_confirm_wants_to_know_what_was_seen(cast: Cli, waiting: str) -> None:
    assert cast.refused(2, "deliveries", "confirm", waiting) == (
        "chappe: Look at the account, then say --is-there or --send.\n"
    )
    assert cast.run("deliveries", "confirm", waiting, "--is-there").exit_code == 5


def test_a_source_is_polled_by_name_and_a_wrong_name_gets_the_nearest(cast: Cli) -> None:
    assert cast.out("sources", "poll", "blog") == "blog is due now: `chappe up` reads it within seconds.\n"
    hook = cast.data("sources", "hook", "blog")
    assert hook["path"].startswith("/hooks/acme/sources/")
    assert hook["secret"].startswith("whsec_")
    assert cast.out("sources", "hook", "blog", "--remove") == "Nobody wakes blog any more.\n"
    assert cast.refused(4, "sources", "poll", "blgo") == (
        "chappe: There is no source blgo in this workspace. Did you mean `blog`?\n"
    )


def test_a_source_that_nobody_reads_any_more_is_kept_and_counts_no_more(cast: Cli) -> None:
    moved = cast.write("news.yaml", MAPPING.replace("feed.xml", "atom.xml"))
    cast.inside(_fail_sources)
    cast.out("apply", moved)

    assert [(row["state"], bool(row["next_poll_at"]), row["mappings"]) for row in cast.data("sources", "list")] == [
        ("failing", False, []),
        ("live", True, ["news"]),
    ]
    found = cast.data("status")
    assert (found["sources"], found["waiting"]) == ({"live": 1, "failing": 0, "held": 0}, [])
    assert "not read" in cast.out("sources", "list")
    assert cast.out("sources", "poll", "blog").startswith("blog is due now")
    cast.refused(5, "sources", "poll", cast.data("sources", "list")[0]["id"])


def test_two_sources_of_one_name_are_told_apart_by_their_ids(cast: Cli) -> None:
    other = MAPPING.replace("mapping: news", "mapping: more").replace("feed.xml", "atom.xml")
    cast.out("apply", cast.write("more.yaml", other))
    cast.inside(_fail_sources)
    ends = [row["id"][-8:] for row in cast.data("sources", "list")]

    assert cast.refused(5, "sources", "poll", "blog") == (
        f"chappe: 2 sources are called blog: name the one you mean by its id, {ends[0]} or {ends[1]}. "
        "`chappe sources list` shows which is which.\n"
    )
    assert [each["do"] for each in cast.data("status")["waiting"]] == [f"chappe sources poll {end}" for end in ends]
    cast.out("sources", "poll", ends[1])


async def _fail_sources(store: Store) -> None:
    failing = update(tables.sources).values(state=sources.FAILING, failures=3, note="It answered 500.")
    await store.write(lambda connection: connection.execute(failing).rowcount)


@pytest.mark.parametrize(("option", "state"), [((), "new"), (("--skip",), "seen")])
def test_held_posts_are_released_or_skipped(cast: Cli, option: tuple[str, ...], state: str) -> None:
    cast.arrive("We are hiring", state=HELD, times=3)

    assert [(row["state"], row["held"]) for row in cast.data("sources", "list")] == [("held", 3)]
    assert cast.run("sources", "release", "blog", *option, given="n\n").exit_code == 1
    assert len(cast.data("sources", "release", "blog", *option, "--yes")["released"]) == 3
    assert [(row["state"], row["held"]) for row in cast.data("sources", "list")] == [("live", 0)]
    assert {row["state"] for row in cast.data("explain")} == {state}
    assert cast.out("sources", "release", "blog") == "Nothing of blog is held.\n"


def test_pauses_are_set_listed_and_ended_by_name(cast: Cli) -> None:
    cast.out("pause", "account", "lea-hook", "--reason", "on leave")
    cast.out("pause", "platform", "webhook")
    cast.out("pause", "mapping", "news")

    assert [(each["what"], each["reason"]) for each in cast.data("pause")] == [
        ("the account lea-hook", "on leave"),
        ("the platform webhook", ""),
        ("the mapping news", ""),
    ]
    assert cast.data("resume", "account", "lea-hook")["was_paused"]
    assert not cast.data("resume", "account", "lea-hook")["was_paused"]
    assert [each["what"] for each in cast.data("pause")] == ["the platform webhook", "the mapping news"]


def test_everything_is_paused_and_goes_on(cast: Cli) -> None:
    assert cast.out("pause", "everything") == (
        "Paused everything: nothing of it is sent until `chappe resume everything`.\n"
    )
    assert cast.out("resume") == "Everything goes on.\n"


def test_what_cannot_be_paused_is_said(cast: Cli) -> None:
    assert cast.refused(2, "pause", "everythin") == "chappe: “everythin” cannot be paused. Did you mean `everything`?\n"
    assert cast.refused(2, "pause", "account") == "chappe: Which account? Say its name too.\n"
    assert cast.refused(4, "pause", "platform", "webhok") == (
        "chappe: There is no platform webhok in this workspace. Did you mean `webhook`?\n"
    )


def test_status_names_what_waits_and_the_command_for_it(cast: Cli) -> None:
    cast.arrive("We are hiring")
    cast.arrive("We are hiring", state=HELD, times=2)
    cast.inside(_lose)
    found = cast.data("status")

    assert {each["what"]: each["do"] for each in found["waiting"]} == {
        "approval": "chappe deliveries list --state waiting",
        "flood": "chappe sources release blog (or --skip)",
        "blocked": "chappe deliveries list --state blocked",
        "account": "chappe accounts reconnect acme-hook",
    }
    assert found["ledger"]["agrees"]
    assert found["deliveries"]["waiting"] == 1
    assert "1 delivery waits for an approval." in cast.out("status")
    assert cast.inside(_waits) == sum(each["count"] for each in found["waiting"])


async def _waits(store: Store) -> int:
    """Return the number that the web page shows."""
    return sum(item.count for item in await standing.waiting(store, registry(), now=datetime.now(UTC)))


async def _lose(store: Store) -> None:
    workspace = (await store.read(workspaces.listed))[0]
    row = await store.read(accounts.by_name, workspace.id, "acme-hook")
    note = "It answered 401."
    await store.write(accounts.set_state, workspace.id, row.id, "lost", note=note, now=row.created_at)


def test_what_was_decided_stays_readable_after_the_next_move(cast: Cli, waiting: str) -> None:
    for decision in ("approve", "cancel", "retry"):
        cast.out("deliveries", decision, waiting)
    [row] = cast.data("deliveries", "list", "--account", "lea-hook")

    told = cast.out("explain", row["post_id"][-8:])
    sentences = (
        "Approved by Ada. Before, it was waiting: The owner wants to be asked first.",
        "Cancelled by Ada. Before, it was planned: Approved by Ada.",
        "Planned again by Ada. Before, it was cancelled: Cancelled by Ada.",
    )
    assert [each for each in sentences if each not in told] == []
    [way] = cast.data("explain", row["post_id"][-8:])["ways"]
    [delivery] = [each for each in way["deliveries"] if each["account"] == "lea-hook"]
    assert [line["what"] for line in delivery["decisions"]] == ["approved", "cancelled", "retried"]
    assert not {"approved", "cancelled", "retried"} & {line["what"] for line in way["traces"]}


async def _block(store: Store) -> None:
    workspace = (await store.read(workspaces.listed))[0]
    [row] = await store.read(deliveries.listed, workspace.id, account="acme-hook")
    change = Change(State.BLOCKED, "The secret hooks is not set.", Reason.MAPPING)
    await store.write(deliveries.settle_planned, row.id, change, row.created_at)


def test_what_a_missing_secret_blocked_goes_on_when_it_is_set_or_the_mapping_is_applied(cast: Cli) -> None:
    cast.arrive("We are hiring")
    cast.inside(_block)
    assert cast.out("secrets", "set", "hooks", given="whsec_abc\n").endswith("1 blocked delivery goes on.\n")
    assert {row["state"] for row in cast.data("deliveries", "list", "--account", "acme-hook")} == {"planned"}
    cast.inside(_block)
    assert "1 blocked delivery goes on." in cast.out("apply", str(cast.folder / "news.yaml"))
    assert {row["state"] for row in cast.data("deliveries", "list", "--account", "acme-hook")} == {"planned"}
