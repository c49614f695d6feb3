"""`chappe explain`: why a post went out, or why not."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from api.actions import explaining, naming
from api.actions.explaining import Brief, Story, Told, Way
from api.cli.deliveries import as_data, show_attempts
from api.cli.session import AsJson, InWorkspace, Session, inside, print_json, when
from api.cli.show import clean, count, heading, panel, say, table, words
from api.cli.texts import state_of, title_of, why
from api.kinds import registry
from engine.ids import short
from engine.model.delivery import OPEN
from engine.store import posts, routes

app = typer.Typer(add_completion=False)

_WAYS = {
    routes.NEW: " (not taken yet)",
    routes.STUCK: " (put aside until the mapping has another version)",
    routes.ROUTING: " (being planned)",
    routes.ROUTED: "",
}
_STATES = {
    "new": "It is about to be routed.",
    "routed": "",
    "seen": "It was there before, and is not routed.",
    "held": "It is held: a person must release its source.",
    "echo": "It is our own publication, and is not routed.",
    "stale": "It was too old when it was first seen, and is not routed.",
    "derived": "It was made here of other posts.",
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
    [{"mapping", "state", "dropped", "held", "planned", "made", "traces", "waits", "deliveries": [as in `deliveries
    list`, with "attempts" and "decisions"], "absent": [{"account", "person", "sink", "why"}], "paused": {"what",
    "since", "reason", "do"} or null}], "paused", "clicks": {address: number}}; without a post, a list of {"id",
    "source", "state", "reason", "seen_at", "permalink", "title", "deliveries": {state: number}, "before":
    {held|paused|stuck|on_its_way|in_a_digest: number}}.

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
    if story.clicks:
        table(("Clicks", "Address of a short link"), [(str(number), url) for url, number in story.clicks.items()])
    said = {way.paused.what for way in story.ways if way.paused and _is_open(way)}
    going = story.post.state in {posts.NEW, posts.HELD} or any(map(_is_open, story.ways))
    for each in story.paused if going else ():
        if each.what in said:
            continue
        say(
            f"Paused since {when(each.since)}: {each.what}{f' ({each.reason})' if each.reason else ''}.", style="yellow"
        )


def _newest(workspace: str | None, limit: int, *, as_json: bool) -> None:
    briefs = inside(workspace, lambda opened: explaining.newest(opened.store, opened.workspace.id, limit))
    if as_json:
        keys = ("id", "state", "reason", "seen_at", "permalink")
        print_json(
            [
                {key: getattr(one.post, key) for key in keys}
                | {"source": one.source, "title": title_of(one.post), "deliveries": one.deliveries}
                | {"before": one.before}
                for one in briefs
            ]
        )
        return
    shown = [
        (short(one.post.id), one.source, when(one.post.seen_at), title_of(one.post, 50), _became(one)) for one in briefs
    ]
    table(("Post", "Source", "Seen", "Title", "What became of it"), shown, empty="No post has been read yet.")


def _became(one: Brief) -> str:
    if counts := one.deliveries | one.before:
        return ", ".join(f"{number} {words(state)}" for state, number in counts.items())
    return one.post.state if one.post.state != posts.ROUTED else "nothing planned"


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
    far = f", {passage.made:,} of {passage.planned:,}" if passage.state == routes.ROUTING else ""
    heading(f"{passage.mapping}, from {passage.source}{_WAYS.get(passage.state, f' ({passage.state})')}{far}")
    rows = [(when(line.at), line.node, words(line.what), line.sentence) for line in way.traces]
    if rows or not way.paused:
        table(("When", "Node", "What", "Said"), rows, empty="It is about to be taken.")
    if way.paused and _is_open(way):
        stop, why_so = way.paused, f" ({way.paused.reason})" if way.paused.reason else ""
        begun = f"{stop.what[0].upper()}{stop.what[1:]} is paused since {when(stop.since)}{why_so}"
        say(f"{begun}: the post goes on when it is resumed, by `{stop.do}`.", style="yellow")
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


def _is_open(way: Way) -> bool:
    """Tell whether something of a way is still to come, which a pause stops."""
    going = any(told.delivery.state in OPEN for told in way.deliveries)
    return going or bool(way.stays) or way.passage.state in {routes.NEW, routes.ROUTING}


def _as_data(story: Story) -> dict[str, Any]:
    post = {key: getattr(story.post, key) for key in ("id", "state", "reason", "seen_at")}
    return {
        "post": post | {"source": story.source, "document": json.loads(story.post.document)},
        "traces": [_line(line) for line in story.traces],
        "ways": [_way_data(way) for way in story.ways],
        "paused": story.paused,
        "clicks": story.clicks,
    }


def _way_data(way: Way) -> dict[str, Any]:
    passage = way.passage
    return {
        "mapping": passage.mapping,
        "state": passage.state,
        "dropped": passage.dropped,
        "held": passage.held,
        "planned": passage.planned,
        "made": passage.made,
        "traces": [_line(line) for line in way.traces],
        "waits": [stay._asdict() for stay in way.stays],
        "deliveries": [_told_data(told) for told in way.deliveries],
        "absent": way.absent,
        "paused": way.paused,
    }


def _told_data(told: Told) -> dict[str, Any]:
    return as_data(told.delivery) | {"attempts": told.attempts, "decisions": [_line(line) for line in told.decisions]}


def _line(line: Any) -> dict[str, Any]:
    return {"at": line.at, "node": line.node, "what": line.what, "sentence": line.sentence}
