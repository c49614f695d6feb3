"""An editor looks at posts that wait, and decides: in the words that were shown, once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from api.wiring import make_core
from engine.clock import SystemClock
from engine.model.post import Link, Post
from engine.model.rewording import reworded
from engine.run.hold import release
from engine.store import holds, verdicts, workspaces
from engine.store.verdicts import Said

if TYPE_CHECKING:
    from engine.store.unit import Store
    from tests.api.cli.conftest import Cli

MAPPING = """\
mapping: news
sources:
  blog: {kind: feed, url: https://blog.example.org/feed.xml}
operators:
  gate: {kind: approve, from: blog, note: "Is the salary right?", timeout: 24h}
  signed: {kind: write, from: gate, suffix: " (Acme)"}
sinks:
  partners: {kind: webhook, from: signed, accounts: [acme-hook]}
"""
WAITS = {"then": "drop", "note": "Is the salary right?", "mapping": "news", "node": "gate"}


@pytest.fixture
def gate(cast: Cli) -> Cli:
    """Give an instance in which one post waits for an editor."""
    cast.out("apply", cast.write("news.yaml", MAPPING))
    cast.arrive("We are hiring")
    return cast


def _waiting(cli: Cli) -> dict[str, Any]:
    [row] = cli.data("approvals", "list")
    return dict(row)


def _asked(cli: Cli) -> None:
    """Ask the node, as the process that runs does."""

    async def work(store: Store) -> None:
        core = make_core(store, key_file=cli.folder / "chappe.key", allow_private=())
        for key in await store.read(holds.due, datetime.now(UTC), 10):
            await release(core, key)

    cli.inside(work)


def test_what_waits_is_listed_with_its_note_and_its_time(gate: Cli) -> None:
    row = _waiting(gate)
    assert row.items() >= (WAITS | {"text": "We are hiring"}).items()
    assert (datetime.fromisoformat(row["until"]) - datetime.fromisoformat(row["since"])).days == 1
    listed = gate.out("approvals", "list")
    assert row["id"][-8:] in listed
    assert "then it ends  Is the salary right?" in listed
    status = gate.data("status")["waiting"]
    assert [one["sentence"] for one in status] == ["1 post waits for an editor's decision."]


def test_approving_shows_what_goes_where_and_asks(gate: Cli) -> None:
    end = _waiting(gate)["id"][-8:]

    result = gate.run("approvals", "approve", end, given="n\n")

    assert result.exit_code == 1
    assert "--- partners, for acme-hook\nWe are hiring (Acme)\n" in result.stdout
    assert "Approve 1 post?" in result.stderr
    assert _waiting(gate)["id"].endswith(end)
    [sink] = gate.data("approvals", "show", end)["sinks"].values()
    assert (sink["for"], sink["variants"][0]["text"]) == ("for acme-hook", "We are hiring (Acme)")


def test_what_is_approved_is_planned_in_the_words_that_were_shown(gate: Cli) -> None:
    row = _waiting(gate)
    end = row["id"][-8:]
    assert "It waits for your decision." in gate.out("approvals", "edit", end, "--text", "We hire in Lyon")

    assert gate.data("approvals", "approve", end, "--note", "fine", "--yes") == [
        {"id": row["id"], "done": True, "why": ""}
    ]
    _asked(gate)

    [sent] = gate.data("deliveries", "list")
    assert gate.data("deliveries", "show", sent["id"])["content"]["text"] == "We hire in Lyon (Acme)"
    told = gate.out("explain", row["post_id"][-8:])
    assert "Approved by Ada: fine" in told
    assert "Edited by Ada. The text was: We are hiring" in told
    assert gate.out("approvals", "list") == "No post waits for an editor.\n"
    assert "No" in gate.refused(4, "approvals", "approve", end, "--yes")


def test_an_approval_in_a_paused_workspace_says_when_it_takes_effect(gate: Cli) -> None:
    end = _waiting(gate)["id"][-8:]
    gate.out("pause", "workspace")

    said = gate.out("approvals", "approve", end, "--yes")
    assert said.endswith(f"{end} news: Approved. It takes effect when the workspace is resumed.\n")


def test_what_is_rejected_ends_and_explain_says_who_and_why(gate: Cli) -> None:
    row = _waiting(gate)
    assert "--note" in gate.refused(2, "approvals", "reject", row["id"][-8:], "--note", " ", "--yes")

    assert gate.out("approvals", "reject", row["id"][-8:], "--note", "Not before Monday.", "--yes").endswith(
        "news: Rejected.\n"
    )
    _asked(gate)

    assert gate.data("deliveries", "list") == []
    assert "gate  dropped  Rejected by Ada: Not before Monday." in gate.out("explain", row["post_id"][-8:])
    assert gate.data("status")["ledger"].items() >= {"dropped": 1, "held": 0, "agrees": True}.items()


def test_a_decision_is_for_the_words_that_were_shown(gate: Cli) -> None:
    """Another editor changes the post between the look and the yes."""

    async def work(store: Store) -> tuple[bool, bool, bool]:
        here = (await store.read(workspaces.listed))[0].id
        [seen] = await store.read(verdicts.listed, here)
        now = SystemClock().now()
        edited = await store.write(verdicts.edit, seen, seen.document, "Edited.", now)
        late = await store.write(verdicts.decide, seen, Said(yes=True, by="Ada"), now)
        [again] = await store.read(verdicts.listed, here)
        return edited, late, await store.write(verdicts.decide, again, Said(yes=True, by="Ada"), now)

    assert gate.inside(work) == (True, False, True)


def test_an_edit_without_words_is_refused_and_the_same_words_change_nothing(gate: Cli) -> None:
    end = _waiting(gate)["id"][-8:]
    assert "reject it instead" in gate.refused(5, "approvals", "edit", end, "--text", " ")
    assert gate.data("approvals", "edit", end, "--text", "We are hiring")["changed"] is False


def test_new_words_bring_their_links_and_tags_and_the_sources_own_stay() -> None:
    post = Post(
        key="k",
        text="Old https://a.example #old",
        links=(Link(url="https://a.example"), Link(url="https://card.example", title="Card")),
        hashtags=("old", "category"),
        html="<p>Old</p>",
    )
    after = reworded(post, text="New https://b.example #new")
    assert [link.url for link in after.links] == ["https://card.example", "https://b.example"]
    assert (after.hashtags, after.html) == (("category", "new"), None)
    assert reworded(post, title="Title") == post.model_copy(update={"title": "Title"})
