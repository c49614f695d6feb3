"""`chappe explain`: why a post went out, or why not."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from api.actions import explaining, naming
from api.actions.explaining import Story, Told, Way
from api.cli.deliveries import as_data, show_attempts
from api.cli.session import AsJson, InWorkspace, Session, inside, print_json, when
from api.cli.show import clean, count, heading, panel, say, table, words
from api.cli.texts import state_of, title_of, why
from api.kinds import registry
from engine.ids import short
from engine.store import posts, sources, telling
from engine.store.posts import PostRow

app = typer.Typer(add_completion=False)

_STATES = {
    "new": "It is about to be routed.",
    "routed": "",
    "seen": "It was there before, and is not routed.",
    "held": "It is held: a person must release its source.",
    "echo": "It is our own publication, and is not routed.",
    "stale": "It was too old when it was first seen, and is not routed.",
}


@app.command()
def explain(
    post: Annotated[
        str | None,
        typer.Argument(help="The post: the end of its id, or its address. Without it: the newest.", show_default=False),
    ] = None,
    *,
    limit: Annotated[int, typer.Option(min=1, max=500, help="How many of the newest.")] = 20,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Say why a post went out, or why not: node by node, account by account, every attempt with its time.

    Without a post: the newest posts and what became of each.

    With --json: {"post": {"id", "source", "state", "reason", "seen_at", "document"}, "traces": [...], "ways":
    [{"mapping", "state", "dropped", "held", "planned", "traces", "waits", "deliveries": [as in `deliveries list`, with
    "attempts" and "decisions"], "absent": [{"account", "person", "sink", "why"}]}], "paused"}; without a post, a list
    of {"id", "source", "state", "reason", "seen_at", "permalink", "title", "deliveries": {state: number}}.

    Example: chappe explain 9c41d07e
    """
    if post is None:
        _newest(workspace, limit, as_json=as_json)
        return
    kinds = registry()

    async def work(opened: Session) -> Story:
        found = await naming.post(opened.store, opened.workspace.id, post)
        return await explaining.explain(opened.store, found, kinds, opened.clock.now())

    story = inside(workspace, work)
    if as_json:
        print_json(_as_data(story))
        return
    _head(story)
    for way in story.ways:
        _way(way)
    for each in story.paused:
        say(
            f"Paused since {when(each.since)}: {each.what}{f' ({each.reason})' if each.reason else ''}.", style="yellow"
        )


def _newest(workspace: str | None, limit: int, *, as_json: bool) -> None:
    async def work(opened: Session) -> tuple[list[PostRow], dict[str, str], dict[str, dict[str, int]]]:
        store, here = opened.store, opened.workspace.id
        rows = await store.read(posts.newest, here, limit=limit)
        names = {row.id: row.name for row in await store.read(sources.listed, here)}
        return rows, names, await store.read(telling.counts, here, [row.id for row in rows])

    rows, names, counts = inside(workspace, work)
    if as_json:
        keys = ("id", "state", "reason", "seen_at", "permalink")
        print_json(
            [
                {key: getattr(row, key) for key in keys}
                | {"source": names.get(row.source_id), "title": title_of(row), "deliveries": counts[row.id]}
                for row in rows
            ]
        )
        return
    shown = [
        (short(row.id), names.get(row.source_id), when(row.seen_at), title_of(row, 50), _became(row, counts[row.id]))
        for row in rows
    ]
    table(("Post", "Source", "Seen", "Title", "What became of it"), shown, empty="No post has been read yet.")


def _became(row: PostRow, counts: dict[str, int]) -> str:
    if counts:
        return ", ".join(f"{number} {words(state)}" for state, number in counts.items())
    return row.state if row.state != posts.ROUTED else "nothing planned"


def _head(story: Story) -> None:
    document = json.loads(story.post.document)
    text = "\n".join(filter(None, (document.get("title"), document.get("text"))))
    panel(f"{story.source}  {short(story.post.id)}", text[:2_000], foot=story.post.permalink or "")
    published = f", published {when(story.post.published_at)}" if story.post.published_at else ""
    say(
        f"Seen {when(story.post.seen_at)}{published}. {story.post.reason or _STATES.get(story.post.state, '')}".rstrip()
    )
    if story.traces:
        table(("When", "What", "Said"), [(when(line.at), words(line.what), line.sentence) for line in story.traces])
    if not story.ways and story.post.state == posts.ROUTED:
        say("No active mapping read its source at that time.")


def _way(way: Way) -> None:
    passage = way.passage
    heading(f"{passage.mapping}, from {passage.source} ({passage.state})")
    rows = [(when(line.at), line.node, words(line.what), line.sentence) for line in way.traces]
    table(("When", "Node", "What", "Said"), rows, empty="It has not been walked yet.")
    for stay in way.stays:
        until = f"; looked at again {when(stay.until)}" if stay.until else ""
        say(f"It waits at {stay.node} since {when(stay.since)}: {stay.reason}{until}", style="yellow")
    if way.deliveries:
        say()
        shown = [
            (short(told.delivery.id), told.delivery.account, told.delivery.sink, state_of(told.delivery),
             why(told.delivery))
            for told in way.deliveries
        ]  # fmt: skip
        table(("Delivery", "Account", "Sink", "State", "Why"), shown)
    for told in way.deliveries:
        if told.decisions:
            say(clean(f"\n{told.delivery.account}, what was decided:"))
            table(("When", "What", "Said"), [(when(line.at), line.what, line.sentence) for line in told.decisions])
        if len(told.attempts) > 1 or (told.attempts and told.delivery.state != "sent"):
            say(clean(f"\n{told.delivery.account}, {count(len(told.attempts), 'try', 'tries')}:"))
            show_attempts(told.attempts)
    if way.absent:
        say()
        absent = [(each.account, each.person, each.sink, each.why) for each in way.absent]
        table(("Not for", "Person", "Sink", "Why not"), absent)


def _as_data(story: Story) -> dict[str, Any]:
    post = {key: getattr(story.post, key) for key in ("id", "state", "reason", "seen_at")}
    return {
        "post": post | {"source": story.source, "document": json.loads(story.post.document)},
        "traces": [_line(line) for line in story.traces],
        "ways": [_way_data(way) for way in story.ways],
        "paused": story.paused,
    }


def _way_data(way: Way) -> dict[str, Any]:
    passage = way.passage
    return {
        "mapping": passage.mapping,
        "state": passage.state,
        "dropped": passage.dropped,
        "held": passage.held,
        "planned": passage.planned,
        "traces": [_line(line) for line in way.traces],
        "waits": [stay._asdict() for stay in way.stays],
        "deliveries": [_told_data(told) for told in way.deliveries],
        "absent": way.absent,
    }


def _told_data(told: Told) -> dict[str, Any]:
    return as_data(told.delivery) | {"attempts": told.attempts, "decisions": [_line(line) for line in told.decisions]}


def _line(line: Any) -> dict[str, Any]:
    return {"at": line.at, "node": line.node, "what": line.what, "sentence": line.sentence}
