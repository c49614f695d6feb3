"""`chappe deliveries`: look at deliveries, and decide about them."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import typer

from api.actions import deciding
from api.actions.deciding import Decided, Move
from api.actions.pausing import effect
from api.cli.editing import edited
from api.cli.main import EXIT_CONFLICT
from api.cli.session import AsJson, InWorkspace, Session, Yes, confirmed, inside, print_json, when
from api.cli.show import count, panel, say, short_text, table
from api.cli.texts import state_of, why
from api.errors import UsageError
from engine.ids import short
from engine.model.delivery import State
from engine.model.post import Content
from engine.run import person
from engine.store import deliveries
from engine.store.deliveries import DeliveryRow

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="List, approve, edit, retry, cancel and confirm deliveries."
)

Ids = Annotated[list[str], typer.Argument(help="Deliveries, by the end of their ids.", show_default=False)]
Id = Annotated[str, typer.Argument(help="A delivery, by the end of its id.", show_default=False)]


@app.command("list")
def list_(  # noqa: PLR0913  # each is a filter
    *,
    state: Annotated[
        list[str] | None, typer.Option("--state", "-s", help="Only these states; may be repeated.")
    ] = None,
    mapping: Annotated[str | None, typer.Option(help="Only this mapping.")] = None,
    account: Annotated[str | None, typer.Option(help="Only this account.")] = None,
    post: Annotated[str | None, typer.Option(help="Only this post: the end of its id, or its address.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """List deliveries, newest first.

    With --json: a list of {"id", "post_id", "mapping", "sink", "account", "state", "reason", "detail", "due_at",
    "tries", "url", "remote_id", "sent_at", "created_at"}.

    Example: chappe deliveries list --state waiting
    """
    states = deciding.states_of(state or ())

    async def work(opened: Session) -> list[DeliveryRow]:
        return await deciding.chosen(
            opened.store, opened.workspace.id, states=states, mapping=mapping, account=account, post=post, limit=limit
        )

    rows = inside(workspace, work)
    if as_json:
        print_json([as_data(row) for row in rows])
        return
    shown = [
        (
            short(row.id),
            short(row.post_id),
            f"{row.mapping}/{row.sink}",
            row.account,
            state_of(row),
            short_text(why(row)),
        )
        for row in rows
    ]
    table(("Delivery", "Post", "Mapping/sink", "Account", "State", "Why"), shown, empty="No delivery is like that.")
    if any(row.state == State.WAITING for row in rows):
        say("\nWhat waits is let out by `chappe deliveries approve ID`, and ended by `chappe deliveries reject ID`.")
    if len(rows) == limit:
        say(f"These are the newest {limit}: --limit shows more.")


@app.command()
def show(delivery: Id, *, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Show a delivery: its words, where it stands and why, and every attempt.

    With --json: as in `list`, with {"content": {...}, "attempts": [{"number", "started_at", "ended_at", "outcome",
    "detail", "key"}]}.

    Example: chappe deliveries show 1f3a9c20
    """

    async def work(opened: Session) -> tuple[DeliveryRow, Content, list[dict[str, Any]]]:
        row = await person.find(opened.desk(), opened.workspace.id, delivery)
        return row, await opened.desk().content(row.content_id), await opened.store.read(deliveries.attempts_of, row.id)

    row, content, attempts = inside(workspace, work)
    if as_json:
        print_json(as_data(row) | {"content": content.model_dump(mode="json"), "attempts": attempts})
        return
    panel(f"{row.account} by {row.mapping}/{row.sink}", content.text, foot=content.link or "")
    say(f"{state_of(row)}{f': {why(row)}' if why(row) else '.'}")
    show_attempts(attempts)


@app.command()
def approve(ids: Ids, *, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Let waiting deliveries out.

    With --json: a list of {"id", "done": bool, "state", "why"}, as for every command here that decides.

    Example: chappe deliveries approve 1f3a9c20 77b0e1d4
    """
    _decide(workspace, ids, person.approve, "Approved", as_json=as_json)


@app.command()
def reject(
    ids: Ids,
    *,
    note: Annotated[str, typer.Option(help="Why, for the trace.")] = "",
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Say no to waiting deliveries: they are not sent.

    Example: chappe deliveries reject 1f3a9c20 --note "not before Monday"
    """
    _decide(
        workspace,
        ids,
        partial(person.reject, note=note),
        "Rejected",
        as_json=as_json,
    )


@app.command()
def edit(
    delivery: Id,
    *,
    text: Annotated[str | None, typer.Option(help="The new words; without them your editor opens.")] = None,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Change the words of one delivery that has not gone out; others of the same post keep theirs.

    Where an approval is asked for, the new words need one, too. With --json: {"id", "text", "state"}.

    Example: chappe deliveries edit 1f3a9c20 --text "We are hiring in Lyon."
    """

    async def look(opened: Session) -> tuple[DeliveryRow, str]:
        row = await person.find(opened.desk(), opened.workspace.id, delivery)
        return row, (await opened.desk().content(row.content_id)).text

    row, before = inside(workspace, look)
    after = text if text is not None else edited(before)
    if after == before:
        say("The words are the same: nothing was changed.")
        return
    state = inside(workspace, lambda opened: person.edit(opened.desk(), row, opened.by, after))
    if as_json:
        print_json({"id": row.id, "text": after, "state": state})
    else:
        panel(f"{row.account} by {row.mapping}/{row.sink}", after)
        say("Changed. It waits for an approval." if state is State.WAITING else "Changed.")


@app.command()
def retry(ids: Ids, *, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Plan deliveries again, now, with all their tries: rejected, expired, cancelled, blocked or put off.

    Those that need an approval and never got it wait for it.

    Example: chappe deliveries retry 1f3a9c20
    """
    _decide(
        workspace,
        ids,
        person.retry,
        "Planned again",
        as_json=as_json,
    )


@app.command()
def cancel(ids: Ids, *, yes: Yes = False, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """End deliveries that have not gone out. It asks first where they are several.

    Example: chappe deliveries cancel 1f3a9c20
    """
    if len(ids) > 1:
        confirmed(f"Cancel {count(len(ids), 'delivery', 'deliveries')}?", yes=yes)
    _decide(workspace, ids, person.cancel, "Cancelled", as_json=as_json)


@app.command()
def confirm(
    delivery: Id,
    *,
    is_there: Annotated[bool, typer.Option("--is-there", help="You looked: it is on the account.")] = False,
    send: Annotated[bool, typer.Option("--send", help="You looked: it is not there, and shall be sent.")] = False,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Settle a delivery that may have gone out, after you have looked at the account: nobody else can tell.

    Example: chappe deliveries confirm 1f3a9c20 --is-there
    """
    if is_there == send:
        raise UsageError("Look at the account, then say --is-there or --send.")
    done = "Noted as sent" if is_there else "Sent again"
    _decide(
        workspace,
        [delivery],
        partial(person.confirm, is_there=is_there),
        done,
        as_json=as_json,
    )


def as_data(row: DeliveryRow) -> dict[str, Any]:
    """Return a delivery for programs."""
    keys = (
        "id", "post_id", "mapping", "sink", "account", "state", "reason", "detail", "due_at", "tries", "url",
        "remote_id", "sent_at", "created_at",
    )  # fmt: skip
    return {key: getattr(row, key) for key in keys}


def show_attempts(attempts: list[dict[str, Any]]) -> None:
    """Print every attempt of a delivery."""
    rows = [
        (each["number"], when(each["started_at"]), each["outcome"] or "under way", short_text(each["detail"], 120))
        for each in attempts
    ]
    if rows:
        table(("Try", "Begun", "Outcome", "What was said"), rows)


def _decide(workspace: str | None, ends: list[str], move: Move, done: str, *, as_json: bool) -> None:
    async def work(opened: Session) -> list[Decided]:
        desk = opened.desk()
        rows = await deciding.found(desk, opened.workspace.id, ends)
        return await deciding.decide(desk, rows, move, opened.by)

    results = inside(workspace, work)
    if as_json:
        print_json([{"id": row.id, "done": not why, "state": state, "why": why} for row, state, why, _ in results])
    else:
        for row, state, problem, paused in results:
            said = "It waits for an approval" if state is State.WAITING else done
            say(
                f"{short(row.id)} {row.account}: {problem or f'{said}.{effect(paused)}'}",
                style="red" if problem else "",
            )
    if any(each.why for each in results):
        raise typer.Exit(EXIT_CONFLICT)
