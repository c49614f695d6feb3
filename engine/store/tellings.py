"""Telling and asking owners by mail: of which deliveries, who was told of what, and whose silence has lasted.

A delivery waits because of `telling`, or of `approval` where its owner is asked. One mail tells a person of all
deliveries of a post. Who is told, and not asked, has the hours of notice that the consent names, from when a server
took the mail. The order of locks is lanes, mails, deliveries.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import and_, func, literal_column, or_, select, update

from engine.ids import new_id
from engine.model.address import read_address
from engine.model.birth import MAPPING_ASKS, OWNER_ASKS, told
from engine.model.consent import Mode, Terms
from engine.model.delivery import Move, Reason, State, after
from engine.store import lanes, mails, traces
from engine.store.consents import read_terms
from engine.store.decisions import NO_CONSENT
from engine.store.mails import Fate, Mail, MailState
from engine.store.tables import accounts, consent_heads, contents, deliveries, mappings, people, routes
from engine.store.traces import Trace

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement, Connection, Select

TELL: Final = "tell"
"""The kind of a mail that tells a person of a post."""
ASK: Final = "ask"
"""The kind of a mail that asks a person for a yes to a post."""
NOBODY: Final = ""
"""Stands for the mail of what nobody is asked of by mail."""
MOST: Final = 1_000
GATHERED_AFTER: Final = timedelta(seconds=5)
"""So long nothing new has come of a post before its owners are told, so that one mail tells of all of it."""
DEFAULT_NOTICE: Final = 24
WANTS: Final = "The owner wants to be told first, "
WAITS: Final = " So it waits for a yes."
NO_MAILER: Final = (
    f"{WANTS}and no mail can be sent: set CHAPPE_SMTP_URL, CHAPPE_MAIL_FROM and CHAPPE_PUBLIC_URL.{WAITS}"
)
NO_MAILS: Final = f"{WANTS}and wants no mails: `chappe people set --mails` changes it.{WAITS}"
NO_ADDRESS: Final = f"{WANTS}and has no e-mail address: `chappe people set` gives one.{WAITS}"


class _Row(NamedTuple):
    id: str
    workspace_id: str
    account_id: str
    post_id: str
    mapping_id: str
    sink: str
    person_id: str | None
    name: str | None
    email: str | None
    mailed: bool | None
    detail: str
    due_at: datetime
    told_at: datetime | None
    given: bool | None
    terms: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """A delivery as a mail tells of it; `document` is its content as JSON."""

    id: str
    account: str
    platform: str
    mapping: str
    document: str
    due_at: datetime
    terms: Terms | None

    @property
    def notice_hours(self) -> int:
        """How long the owner has to say no."""
        return self.terms.notice_hours if self.terms is not None else DEFAULT_NOTICE


def due(connection: Connection, now: datetime) -> bool:
    """Tell whether somebody is to be told, or has been silent for long enough."""
    untold = and_(deliveries.c.mail_id.is_(None), deliveries.c.updated_at <= now - GATHERED_AFTER)
    silent = and_(deliveries.c.told_at.is_not(None), deliveries.c.due_at <= now)
    query = select(deliveries.c.id).where(*_TELLING, or_(untold, silent)).limit(1)
    return connection.execute(query).first() is not None


def gather(connection: Connection, now: datetime, *, can_tell: bool) -> list[str]:
    """Put a mail into the outbox for each person and post that nobody told of; returns the mails.

    Where nobody can be told, the delivery waits for a yes, and says why.
    """
    made = []
    for rows in _new(connection, TELL, now):
        address, why = _address(rows[0], can_tell=can_tell)
        if rows[0].person_id is None or why:
            _ask(connection, rows, why, now)
        elif mail_id := _announce(connection, TELL, rows, address, now):
            made.append(mail_id)
    return made


def unasked(connection: Connection, now: datetime) -> bool:
    """Tell whether something waits for a yes of which nobody has looked yet whether its owner is asked by mail."""
    fresh = (deliveries.c.mail_id.is_(None), deliveries.c.updated_at <= now - GATHERED_AFTER)
    return connection.execute(select(deliveries.c.id).where(*_ASKING, *fresh).limit(1)).first() is not None


def ask(connection: Connection, now: datetime) -> list[str]:
    """Put a mail into the outbox for each person and post that waits for that person's yes; returns the mails.

    What waits for somebody else's, or whose owner cannot be written to, is passed over for good.
    """
    made = []
    for rows in _new(connection, ASK, now):
        address, why = _address(rows[0], can_tell=True)
        asked = [row for row in rows if not why and _is_asked(row)]
        mail_id = _announce(connection, ASK, asked, address, now) if asked else None
        if mail_id is not None:
            made.append(mail_id)
        passed = (deliveries.c.id.in_([row.id for row in rows]), deliveries.c.mail_id.is_(None), *_ASKING)
        connection.execute(update(deliveries).where(*passed).values(mail_id=NOBODY))
    return made


def _is_asked(row: _Row) -> bool:
    """Tell whether it is the owner whose yes is missing: an editor's would not be theirs to give."""
    others = row.detail.endswith((MAPPING_ASKS.detail, NO_CONSENT.detail))
    return row.person_id is not None and bool(row.given) and not others


def _new(connection: Connection, kind: str, now: datetime) -> list[list[_Row]]:
    """Return what no mail tells of yet, by post and person, with its lanes held."""
    planned = and_(routes.c.id == deliveries.c.route_id, routes.c.workspace_id == deliveries.c.workspace_id)
    query = (
        _ROWS.join(routes, planned)
        .where(*_WAITS[kind], deliveries.c.mail_id.is_(None), deliveries.c.updated_at <= now - GATHERED_AFTER)
        .where(routes.c.state != "routing")
        .order_by(deliveries.c.post_id, accounts.c.person_id, deliveries.c.id)
        .limit(MOST)
    )
    rows = _held(connection, query)
    return [list(group) for _, group in groupby(rows, lambda row: (row.post_id, row.person_id))]


def shown(connection: Connection, mail: Mail) -> list[Told]:
    """Return what a mail has to tell, as it stands now; nothing where all of it was decided meanwhile."""
    here = and_(deliveries.c.workspace_id == mail.workspace_id, deliveries.c.mail_id == mail.id)
    content = and_(contents.c.id == deliveries.c.content_id, contents.c.workspace_id == deliveries.c.workspace_id)
    drawn = and_(mappings.c.id == deliveries.c.mapping_id, mappings.c.workspace_id == deliveries.c.workspace_id)
    query = (
        select(
            deliveries.c.id, accounts.c.name, accounts.c.platform, mappings.c.name.label("mapping"),
            contents.c.document, deliveries.c.due_at, consent_heads.c.terms,
        )
        .join(accounts, _OWN_ACCOUNT).join(contents, content).join(mappings, drawn)
        .outerjoin(consent_heads, _OWN_HEAD).where(here, *_WAITS[mail.kind]).order_by(deliveries.c.id)
    )  # fmt: skip
    rows = connection.execute(query)
    return [Told(*row[:6], None if row.terms is None else read_terms(row.terms)) for row in rows]


def settle(connection: Connection, mail: Mail, fate: Fate, told_of: Sequence[Told]) -> bool:
    """Write what became of a mail that tells or asks, and with it what becomes of its deliveries: ONE transaction.

    Taken by a server, it begins the notice; refused or given up, it leaves its deliveries waiting for a yes. What was
    decided, or changed, while it was under way is not touched. False where another worker has the mail by now.
    """
    mine = (deliveries.c.mail_id == mail.id, deliveries.c.id.in_([one.id for one in told_of]))
    ended = fate.state is not MailState.WAITING and told_of
    rows = _held(connection, _ROWS.where(*_WAITS[mail.kind], *mine)) if ended else []
    if not mails.settle(connection, mail, fate):
        return False
    if mail.kind == ASK:
        _note_asked(connection, rows, fate)
    elif fate.state is MailState.SENT:
        _begin_notice(connection, rows, fate.at)
    elif rows:
        why = f"{WANTS}and the mail to {mail.address} reached nobody: {fate.note}{WAITS}"
        _ask(connection, rows, why, fate.at)
    return True


def silence(connection: Connection, now: datetime) -> list[str]:
    """Plan what nobody said no to in time; returns the accounts to wake. The claim asks the consent once more."""
    query = _ROWS.where(*_TELLING, deliveries.c.told_at.is_not(None), deliveries.c.due_at <= now).limit(MOST)
    rows = _held(connection, query)
    asking = [row for row in rows if row.terms is None or read_terms(row.terms).mode is Mode.ASK_ME]
    _ask(connection, asking, OWNER_ASKS.detail, now)
    quiet = [row for row in rows if row not in asking]
    for row in quiet:
        detail = f"The owner was told by mail at {row.told_at:%d %b %Y %H:%M} UTC, and said nothing against it."
        values = {"state": after(State.WAITING, Move.SILENCE), "reason": "", "detail": detail}
        _write(connection, row, "silence", values, now)
    woken = sorted({row.account_id for row in quiet})
    lanes.hurry(connection, woken, now)
    return woken


def waiting(connection: Connection, workspace_id: str) -> int:
    """Count the deliveries whose owners are being told, or have been."""
    query = select(func.count()).select_from(deliveries)
    return int(connection.execute(query.where(deliveries.c.workspace_id == workspace_id, *_TELLING)).scalar_one())


def choosers(connection: Connection, workspace_id: str) -> dict[str, str | None]:
    """Return who wants to be told first, by name, with the address that they are written to, if they have one."""
    mine = and_(people.c.id == consent_heads.c.person_id, people.c.workspace_id == consent_heads.c.workspace_id)
    chose = (consent_heads.c.given, consent_heads.c.terms.contains(f'"{Mode.TELL_FIRST}"'))
    query = select(people.c.name, people.c.email).join(consent_heads, mine).where(*chose).distinct()
    rows = connection.execute(query.where(consent_heads.c.workspace_id == workspace_id).order_by(people.c.name))
    return {row.name: row.email for row in rows}


def _begin_notice(connection: Connection, rows: Iterable[_Row], at: datetime) -> None:
    """Let the notice run from when the mail was taken: what it holds back is held on purpose, so nothing is late."""
    for row in rows:
        due_at = max(row.due_at, at + timedelta(hours=_notice(row.terms)))
        values = {"told_at": at, "due_at": due_at, "released_at": due_at, "detail": told(at, due_at)}
        _write(connection, row, "told", values, at)


def _note_asked(connection: Connection, rows: Iterable[_Row], fate: Fate) -> None:
    if fate.state is not MailState.SENT:
        return
    sentence = f"The owner was asked by mail at {fate.at:%d %b %Y %H:%M} UTC."
    for row in rows:
        seen = (row.workspace_id, row.post_id, "asked", sentence, fate.at)
        traces.write(connection, [Trace(new_id(), *seen, row.sink, row.mapping_id, row.id)])


def _announce(connection: Connection, kind: str, rows: Sequence[_Row], address: str, now: datetime) -> str | None:
    first, mail_id = rows[0], new_id()
    theirs = (deliveries.c.id.in_([row.id for row in rows]), deliveries.c.mail_id.is_(None), *_WAITS[kind])
    if connection.execute(update(deliveries).where(*theirs).values(mail_id=mail_id, updated_at=now)).rowcount == 0:
        return None
    until = now + mails.GIVEN_UP_AFTER
    made = Mail(mail_id, first.workspace_id, kind, mail_id, address, now, until, now, first.name or "")
    mails.add(connection, Mail(**{**_plain(made), "person_id": first.person_id}))
    return mail_id


def _ask(connection: Connection, rows: Iterable[_Row], why: str, now: datetime) -> None:
    for row in rows:
        _write(connection, row, "waits", {"reason": Reason.APPROVAL, "detail": why or OWNER_ASKS.detail}, now)


def _write(connection: Connection, row: _Row, what: str, values: dict[str, Any], now: datetime) -> None:
    mine = update(deliveries).where(deliveries.c.id == row.id, *_TELLING)
    if connection.execute(mine.values(values | {"updated_at": now})).rowcount:
        seen = (row.workspace_id, row.post_id, what, str(values["detail"]), now)
        traces.write(connection, [Trace(new_id(), *seen, row.sink, row.mapping_id, row.id)])


def _held(connection: Connection, query: Select[Any]) -> list[_Row]:
    """Return rows with their lanes held, as they stand then."""
    lanes.lock(connection, sorted({row.account_id for row in connection.execute(query)}))
    return [_Row(*row) for row in connection.execute(query)]


def _address(row: _Row, *, can_tell: bool) -> tuple[str, str]:
    """Return where to write, or why that cannot be."""
    if not can_tell:
        return "", NO_MAILER
    if not row.email:
        return "", NO_ADDRESS
    if not row.mailed:
        return "", NO_MAILS
    try:
        return read_address(row.email), ""
    except ValueError as error:
        return "", f"{WANTS}and {error} `chappe people set` changes it.{WAITS}"


def _notice(terms: str | None) -> int:
    return read_terms(terms).notice_hours if terms is not None else DEFAULT_NOTICE


def _plain(mail: Mail) -> dict[str, Any]:
    return {name: getattr(mail, name) for name in Mail.__dataclass_fields__}


_TELLING: Final[tuple[ColumnElement[bool], ...]] = (
    deliveries.c.state == literal_column(f"'{State.WAITING}'"),  # written out, so that SQLite sees which index fits
    deliveries.c.reason == literal_column(f"'{Reason.TELLING}'"),
)
_ASKING: Final[tuple[ColumnElement[bool], ...]] = (
    _TELLING[0],
    deliveries.c.reason == literal_column(f"'{Reason.APPROVAL}'"),
)
_WAITS: Final = {TELL: _TELLING, ASK: _ASKING}
_OWN_ACCOUNT: Final = and_(
    accounts.c.id == deliveries.c.account_id, accounts.c.workspace_id == deliveries.c.workspace_id
)
_OWN_HEAD: Final = and_(
    consent_heads.c.account_id == deliveries.c.account_id,
    consent_heads.c.workspace_id == deliveries.c.workspace_id,
    consent_heads.c.given,
)
_ROWS: Final = (
    select(
        deliveries.c.id, deliveries.c.workspace_id, deliveries.c.account_id, deliveries.c.post_id,
        deliveries.c.mapping_id, deliveries.c.sink, accounts.c.person_id, people.c.name, people.c.email,
        people.c.mailed, deliveries.c.detail, deliveries.c.due_at, deliveries.c.told_at,
        consent_heads.c.given, consent_heads.c.terms,
    )
    .join(accounts, _OWN_ACCOUNT)
    .outerjoin(people, and_(people.c.id == accounts.c.person_id, people.c.workspace_id == accounts.c.workspace_id))
    .outerjoin(consent_heads, _OWN_HEAD)
)  # fmt: skip
