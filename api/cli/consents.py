"""`chappe people consent`: what a person allows, recorded on their word."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any, NamedTuple

import typer

from api.actions import consenting, naming
from api.actions.consenting import MODES, Standing, Wish
from api.actions.hours import typed_in
from api.cli.session import AsJson, InWorkspace, Session, Yes, confirmed, inside, print_json, when
from api.cli.show import count, say, table
from api.errors import UsageError
from engine.ids import short
from engine.model.consent import Head, Mode, Terms
from engine.model.duration import Duration
from engine.store import consents as records
from engine.store.consents import Effect, Record, Verdict
from engine.store.people import Person
from mappings.findings import did_you_mean, listed

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="What people allow for their accounts: given, withdrawn, shown."
)

PersonName = Annotated[str, typer.Argument(help="Who, by name.", show_default=False)]
AccountName = Annotated[str | None, typer.Option("--account", help="One account; else all that the person has.")]
_LABELS = {
    "mode": "mode", "notice_hours": "hours of notice", "mappings": "mappings",
    "max_per_hour": "posts an hour", "max_per_day": "posts a day",
    "hours": "hours", "days": "days", "zone": "time zone", "how": "said by", "until": "until",
}  # fmt: skip
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


ModeName = Annotated[
    str | None,
    typer.Option(
        help="ask-me, tell-first (by mail, with time to say no), post-for-me. Without it: as now, else ask-me."
    ),
]
NoticeHours = Annotated[
    int | None,
    typer.Option(min=1, max=168, help="With tell-first: how long to say no, in hours. Without it: as now, else 24."),
]
MappingNames = Annotated[
    list[str] | None, typer.Option(help="Only this mapping; may be repeated. Without it: as now, else all.")
]
AllMappings = Annotated[bool, typer.Option("--all-mappings", help="All mappings, where it was for some.")]
PerHour = Annotated[
    int | None, typer.Option(min=0, max=60, help="At most so many posts an hour. Without it: as now, else 2.")
]
PerDay = Annotated[
    int | None, typer.Option(min=0, max=200, help="At most so many posts a day. Without it: as now, else 8.")
]
Hours = Annotated[
    list[str] | None, typer.Option(help="Only so: 09:00-18:00; may be repeated. Without it: as now, else all hours.")
]
Days = Annotated[
    list[str] | None, typer.Option(help="Only so: mon-fri; may be repeated. Without it: as now, else all days.")
]
ZoneName = Annotated[
    str | None, typer.Option("--zone", help="The time zone of hours and days: Europe/Paris. Without it: as now.")
]
AnyTime = Annotated[bool, typer.Option("--any-time", help="All hours and days, where it was for some.")]
Until = Annotated[str, typer.Option(help="How long, such as 14d, or until which day: 2027-01-31.")]
Evidence = Annotated[str, typer.Option(help="Where the person's own yes can be read: a mail, a form.")]


class Given(NamedTuple):
    """What a person allows for an account now, and the terms in its place."""

    standing: Standing
    terms: Terms


@app.command()
def give(  # noqa: PLR0913  # each is a term of the consent
    person: PersonName,
    *,
    mode: ModeName = None,
    notice_hours: NoticeHours = None,
    mapping: MappingNames = None,
    all_mappings: AllMappings = False,
    max_per_hour: PerHour = None,
    max_per_day: PerDay = None,
    hours: Hours = None,
    days: Days = None,
    zone: ZoneName = None,
    any_time: AnyTime = False,
    until: Until = "30d",
    evidence: Evidence,
    account: AccountName = None,
    yes: Yes = False,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Record a person's yes for their accounts. What you type in ends after 30 days: it is not their own signature.

    What is not named stays as the person allows it now. Where that becomes more or less, both are shown, and it asks.

    With --json: {"person", "accounts": [{"account", "seq", "cancelled", "sending", "terms": {...}}], "until"}.

    Example: chappe people consent give "Léa Martin" --mode post-for-me --until 14d --evidence "mail of 3 May"
    """
    _check(evidence, mapping, all_mappings=all_mappings)
    chosen, times = _mode(mode) if mode else None, typed_in(hours, days, zone, any_time=any_time)

    async def look(opened: Session) -> tuple[Person, list[Given], datetime]:
        store, here, now = opened.store, opened.workspace.id, opened.clock.now()
        who = await naming.person(store, here, person)
        names = [(await naming.mapping(store, here, each)).name for each in mapping or ()]
        wish = Wish(
            until=_until(until, now), evidence=evidence, mode=chosen, notice_hours=notice_hours,
            max_per_hour=max_per_hour, max_per_day=max_per_day, times=times,
            mappings=tuple(names) if names or all_mappings else None,
        )  # fmt: skip
        found = await consenting.standings(store, who, account)
        return who, [Given(one, wish.terms(one.head, now)) for one in found], now

    who, given, now = inside(workspace, look)
    _ask(person, given, now, yes=yes, as_json=as_json)
    effects = inside(workspace, lambda opened: _record(opened, who, given, now))
    if as_json:
        print_json(_as_given(person, given, effects))
    else:
        _say_given(person, given, effects)


async def _record(opened: Session, who: Person, given: list[Given], now: datetime) -> list[Effect]:
    done = [consenting.give(opened.store, who, [one.standing.account], one.terms, now) for one in given]
    return [effect for each in done for effect in await each]


@app.command()
def withdraw(
    person: PersonName,
    *,
    account: AccountName = None,
    yes: Yes = False,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Withdraw a person's consent: everything that is not already being sent in their name is cancelled.

    With --json: {"person", "accounts": [{"account", "seq", "cancelled", "sending"}]}.

    Example: chappe people consent withdraw "Léa Martin"
    """
    confirmed(f"Withdraw the consent of {person}? What is planned in that name is cancelled.", yes=yes)

    async def work(opened: Session) -> tuple[list[str], list[Effect]]:
        who = await naming.person(opened.store, opened.workspace.id, person)
        rows = await consenting.owned(opened.store, who, account)
        return [row.name for row in rows], await consenting.withdraw(opened.store, who, rows, opened.clock.now())

    names, effects = inside(workspace, work)
    if as_json:
        print_json({"person": person, "accounts": _effects(names, effects)})
        return
    for name, effect in zip(names, effects, strict=True):
        say(f"Nothing more goes out for {person} by {name}.")
        _tell(effect)


@app.command()
def show(person: PersonName, *, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Show what a person allows, and every record of it.

    With --json: {"person", "accounts": [as in `people list`], "records": [{"seq", "account", "at", "given", "terms",
    "hash"}], "intact": bool}.

    Example: chappe people consent show "Léa Martin"
    """

    async def work(opened: Session) -> tuple[Person, list[Standing], list[Record], Verdict]:
        store, here = opened.store, opened.workspace.id
        who = await naming.person(store, here, person)
        return (
            who,
            await consenting.standings(store, who),
            await store.read(records.history, here, who.id),
            await store.read(records.verify_chain, here, who.id),
        )

    who, standings, history, verdict = inside(workspace, work)
    names = {each.account.id: each.account.name for each in standings}
    said = [(record, json.loads(record.text)) for record in history]
    if as_json:
        lines = [
            {"seq": record.seq, "account": names.get(record.account_id), "at": record.at, "given": text["given"]}
            | {"terms": text["terms"], "hash": record.hash}
            for record, text in said
        ]
        intact = verdict.broken_at is None
        print_json(
            {"person": who.name, "accounts": [as_data(one) for one in standings], "records": lines, "intact": intact}
        )
        return
    table(
        ("Account", "Allows", "Mappings", "An hour", "A day", "When", "Until"),
        [_row(standing) for standing in standings],
    )
    say()
    rows = [
        (record.seq, when(record.at), names.get(record.account_id), "yes" if text["given"] else "withdrawn",
         text["terms"]["how"], text["terms"]["evidence"])
        for record, text in said
    ]  # fmt: skip
    table(
        ("No.", "Recorded", "Account", "Said", "By", "Evidence"), rows, empty="Nothing was ever recorded: that is a no."
    )
    if verdict.broken_at is not None:
        say(f"Record {verdict.broken_at} is not as it was written: somebody has changed it.", style="red")


def as_data(standing: Standing) -> dict[str, Any]:
    """Return what is allowed for an account, for programs."""
    head, account = standing.head, standing.account
    consent = None if head is None else {"given": head.given} | head.terms.model_dump(mode="json")
    return {"name": account.name, "platform": account.platform, "state": account.state, "consent": consent}


def in_words(head: Head | None) -> str:
    """Return what a head allows, in a few words."""
    if head is None:
        return "nothing: never asked"
    if not head.given:
        return "nothing: withdrawn"
    return f"{in_words_of_mode(head.terms.mode)}, until {when(head.terms.until)}"


def in_words_of_mode(mode: Mode) -> str:
    """Return a mode as people say it."""
    return {
        Mode.ASK_ME: "ask me for each post",
        Mode.TELL_FIRST: "tell me first",
        Mode.POST_FOR_ME: "post for me",
    }[mode]


def _row(standing: Standing) -> tuple[Any, ...]:
    head = standing.head
    if head is None or not head.given:
        return standing.account.name, in_words(head), "", "", "", "", ""
    terms = head.terms
    mappings = "all" if terms.mappings is None else ", ".join(terms.mappings)
    mode = in_words_of_mode(terms.mode)
    caps = terms.max_per_hour, terms.max_per_day
    return standing.account.name, mode, mappings, *caps, terms.times, when(terms.until)


def _ask(person: str, given: list[Given], now: datetime, *, yes: bool, as_json: bool) -> None:
    """Show what becomes more or less, and ask."""
    rows = [
        (one.standing.account.name, _LABELS[name], term(one.standing.head.terms, name), term(one.terms, name))
        for one in given
        if one.standing.head
        for name in consenting.changes(one.standing.head, one.terms, now)
    ]
    if not rows:
        return
    if not as_json:
        table(("Account", "What", "Allowed now", "Then"), rows)
    confirmed(f"{person} allows something else now. Record this instead?", yes=yes)


def label_of(name: str) -> str:
    """Return what people call a term."""
    return _LABELS[name]


def term(terms: Terms, name: str) -> str:
    """Return one term in words."""
    value = getattr(terms, name)
    match name:
        case "mode":
            return in_words_of_mode(value)
        case "mappings":
            return "all" if value is None else ", ".join(value)
        case "hours" | "days":
            return ", ".join(value) or "all"
        case "zone":
            return value or "–"
        case "how":
            return "the person" if value == "person" else "an operator"
        case "until":
            return when(value)
        case _:
            return str(value)


def in_full(terms: Terms) -> str:
    """Return how far terms go, in words, but not until when."""
    where = "all mappings" if terms.mappings is None else f"the mappings {', '.join(terms.mappings)}"
    caps = f"at most {terms.max_per_hour} an hour and {terms.max_per_day} a day"
    times = "" if terms.any_time else f", {terms.times}"
    return f"{in_words_of_mode(terms.mode)}, {where}, {caps}{times}"


def _mode(text: str) -> Mode:
    mode = MODES.get(text.replace("_", "-"))
    if mode is None:
        advice = did_you_mean(text, MODES) or f" There are {listed(MODES)}."
        raise UsageError(f"“{text}” is not a mode.{advice}")
    return mode


def _until(text: str, now: datetime) -> datetime:
    """Read a duration from now, or a day: its end, by this machine's clock."""
    try:
        if _DAY.fullmatch(text):
            day = datetime.fromisoformat(text).date() + timedelta(days=1)
            return datetime.combine(day, time(0)).astimezone().astimezone(UTC)
        return now + Duration.parse(text)
    except ValueError as error:
        raise UsageError(f"--until: {error}") from None


def _check(evidence: str, mapping: list[str] | None, *, all_mappings: bool) -> None:
    if not evidence.strip():
        raise UsageError("A consent needs its evidence: say where the person's own yes can be read.")
    if mapping and all_mappings:
        raise UsageError("--mapping and --all-mappings exclude each other: name some, or all.")


def _say_given(person: str, given: list[Given], effects: list[Effect]) -> None:
    for one, effect in zip(given, effects, strict=True):
        say(f"{person} allows {one.standing.account.name} until {when(one.terms.until)}: {in_full(one.terms)}.")
        _tell(effect)


def _as_given(person: str, given: list[Given], effects: list[Effect]) -> dict[str, Any]:
    names = [one.standing.account.name for one in given]
    terms = [{"terms": one.terms.model_dump(mode="json")} for one in given]
    lines = [line | more for line, more in zip(_effects(names, effects), terms, strict=True)]
    return {"person": person, "accounts": lines, "until": given[0].terms.until}


def _effects(names: list[str], effects: list[Effect]) -> list[dict[str, Any]]:
    return [
        {"account": name, "seq": effect.seq, "cancelled": effect.cancelled, "sending": effect.sending}
        for name, effect in zip(names, effects, strict=True)
    ]


def _tell(effect: Effect) -> None:
    if effect.cancelled:
        say(f"  {count(effect.cancelled, 'delivery', 'deliveries')} cancelled.")
    if effect.sending:
        say(f"  One had already begun and may still go out: {short(effect.sending)}.")
