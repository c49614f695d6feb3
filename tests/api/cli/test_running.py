"""Mappings while they run: what passes, how each node does, and what was missed while one was paused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import event

from api.actions import tapping
from api.cli.tap import time_of
from api.kinds import registry
from engine.ids import earliest, new_id
from engine.store import activity, missed, passing, traces, verdicts, workspaces
from engine.store.missed import Missed, skipped
from engine.store.traces import Trace
from engine.testing.fakes import FakeClock

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from engine.store.unit import Store
    from tests.api.cli.conftest import Cli


def test_a_tap_shows_what_each_node_did_with_each_post(cast: Cli) -> None:
    cast.arrive("Our summer party")
    end = cast.arrive("We are hiring")

    lines = [
        json.loads(line) for line in cast.out("tap", "news", "--since", "1h", "--no-follow", "--json").splitlines()
    ]

    assert {(line["title"], line["node"], line["what"]) for line in lines} >= {
        ("Our summer party", "jobs", "dropped"),
        ("We are hiring", "partners", "planned"),
    }
    only = cast.out("tap", "news.jobs", "--since", "1h", "--no-follow")
    assert f"{end}  jobs" in only
    assert "partners" not in only
    assert cast.out("tap", "news", "--no-follow") == ""


def test_a_tap_shows_the_date_of_what_is_not_of_today() -> None:
    now = datetime(2026, 11, 22, 12, tzinfo=UTC)
    day = timedelta(days=1)
    assert time_of(now, now) == f"{now.astimezone():%H:%M:%S}"
    assert time_of(now - day, now) == f"{(now - day).astimezone():%d %b %Y %H:%M:%S %Z}"


def test_a_tap_names_what_is_not_there(cast: Cli) -> None:
    assert "Did you mean `jobs`?" in cast.refused(4, "tap", "news.job", "--no-follow")
    assert cast.refused(2, "tap", "news", "--since", "soon").startswith("chappe: --since: ")


def test_a_tap_gives_what_is_committed_late_and_everything_once(cast: Cli) -> None:
    end = cast.arrive("We are hiring")

    async def work(store: Store) -> list[list[str]]:
        here = (await store.read(workspaces.listed))[0].id
        place = await tapping.place(store, here, "news.jobs", registry())
        clock = FakeClock(datetime.now(UTC), autojump=True)
        [post] = {line.post_id for line in await store.read(passing.told, place, "", 10)}
        assert post.endswith(end)
        early, late = new_id(), new_id()
        now = clock.now()

        async def tell(identity: str) -> None:
            row = Trace(identity, here, post, "told", identity, now, "jobs", place.mapping_id)
            await store.write(lambda connection: traces.write(connection, [row]))

        await tell(late)
        looks = tapping.follow(store, clock, place, now - timedelta(seconds=1))
        found = [[line.sentence for line in await anext(looks) if line.what == "told"]]
        await tell(early)
        found.append([line.sentence for line in await anext(looks)])
        await looks.aclose()  # type: ignore[attr-defined]
        assert found == [[late], [early]]
        return found

    assert len(cast.inside(work)) == 2


def test_each_node_says_what_it_holds_has_open_and_did(cast: Cli) -> None:
    cast.arrive("Our summer party")
    cast.arrive("We are hiring")

    [one] = cast.data("mappings", "status", "news")

    nodes = {node["node"]: {what: n for what, n in node["counts"].items() if n} for node in one["nodes"]}
    assert nodes == {"blog": {}, "jobs": {"dropped": 1}, "partners": {"due": 1}, "friends": {"waiting": 1}}
    assert [node["kind"] for node in one["nodes"]] == ["feed", "keep", "webhook", "webhook"]
    assert one["last_at"] is not None
    [listed] = cast.data("mappings", "list")
    assert (listed["state"], listed["counts"]["dropped"], listed["counts"]["waiting"]) == ("active", 1, 1)
    assert "news     active  0     2" in cast.out("mappings", "list")
    assert "partners  webhook" in cast.out("mappings", "status")


def test_counting_reads_no_whole_table(cast: Cli) -> None:
    async def work(store: Store) -> list[str]:
        def plans(connection: Connection) -> list[str]:
            said: list[tuple[str, Any]] = []
            event.listen(connection, "before_cursor_execute", lambda *args: said.append((args[2], args[3])))
            now = datetime.now(UTC)
            activity.counts(connection, "w", now, now)
            activity.last(connection, "w", now)
            missed.listed(connection, "w", "m")
            verdicts.count(connection, "w")
            asked = list(said)
            return [
                str(row[3])
                for statement, values in asked
                for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            ]

        return await store.read(plans)

    found = cast.inside(work)
    looks = [line for line in found if line.startswith(("SCAN", "SEARCH"))]
    assert len(looks) >= 11
    assert "SEARCH routes USING INDEX ix_routes_open (state=?)" in looks
    assert "SEARCH holds USING INDEX ix_holds_wanted (workspace_id=?)" in looks
    for line in looks:
        assert "USING" in line or line == "SCAN open", line


def _missed(cli: Cli, *texts: str) -> list[str]:
    cli.out("pause", "mapping", "news")
    return [cli.arrive(text) for text in texts]


def test_of_what_was_missed_the_last_goes_on_and_the_others_say_why(cast: Cli) -> None:
    first, last = _missed(cast, "We are hiring a baker", "We are hiring a pilot")
    asked = cast.run("resume", "mapping", "news", "--missed", "run-last", given="n\n")
    assert asked.exit_code == 1
    assert "The mapping news: 1 post ends for good, 1 goes on. Resume it?" in asked.stderr
    assert cast.data("pause") != []
    assert [one["missed"] for one in cast.data("mappings", "status", "news")] == [2]
    assert "2 posts have come in and wait for `chappe resume mapping news`" in cast.out("mappings", "status", "news")

    done = cast.data("resume", "mapping", "news", "--missed", "run-last", "--yes")

    assert done["missed"] == {"go_on": 1, "skipped": 1}
    assert cast.data("pause") == []
    why = "It came while the mapping was paused: Ada resumed that with --missed run-last"
    assert why in cast.out("explain", first)
    [way] = cast.data("explain", last)["ways"]
    assert way["state"] == "new"
    book = cast.data("status")["ledger"]
    assert (book["dropped"], book["agrees"]) == (1, True)


def test_what_was_missed_is_skipped_or_goes_on_as_before(cast: Cli) -> None:
    (post,) = _missed(cast, "We are hiring")
    said = cast.out("resume", "mapping", "news", "--missed", "run-all")
    assert said == "The mapping news goes on.\nOf the posts that came in meanwhile 1 goes on, 0 have ended.\n"
    assert cast.data("explain", post)["ways"][0]["state"] == "new"

    cast.out("pause", "mapping", "news")
    skip = ("resume", "mapping", "news", "--missed", "skip", "--yes")
    assert cast.data(*skip)["missed"] == {"go_on": 0, "skipped": 0}, "what came before the pause was not missed"
    assert "is not paused" in cast.refused(5, *skip)
    assert "--missed is for a mapping" in cast.refused(2, "resume", "everything", "--missed", "skip")
    assert "Did you mean `run-last`?" in cast.refused(2, "resume", "mapping", "news", "--missed", "runlast")


def test_the_newest_of_each_source_goes_on() -> None:
    missed = [Missed(route, "w", route, node) for route, node in (("1", "a"), ("2", "b"), ("3", "a"))]
    assert [one.route_id for one in skipped(missed, "run-last")] == ["1"]
    assert [one.route_id for one in skipped(missed, "skip")] == ["1", "2", "3"]
    assert skipped(missed, "run-all") == []


def test_an_id_is_above_what_is_earliest_at_its_time() -> None:
    moment = datetime.now(UTC)
    assert earliest(moment) < new_id() < earliest(moment + timedelta(seconds=60))
