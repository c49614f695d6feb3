"""Owners who are told first: one mail, their time to say no, and never a post that nobody was told of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from engine.ids import new_id
from engine.links import Links
from engine.model.birth import MAPPING_ASKS, OWNER_ASKS
from engine.model.consent import Mode, Terms
from engine.run import person
from engine.run.letters import Office
from engine.run.mail import send
from engine.run.sweep import sweep, tick
from engine.store import consents, deliveries, mails, tellings
from engine.store import tables as t
from engine.store.mails import Fate, MailState
from engine.vault import KeyFile, Vault, new_key
from engine.wake import Kind
from tests.engine.run.world import WORKSPACE, World
from tests.peers.smtp_server import post_office

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from email.message import EmailMessage

    from engine.store.deliveries import DeliveryRow
    from engine.store.unit import Store
    from engine.testing.fakes import FakeClock
    from tests.peers.smtp_server import PostOffice

TERMS = Terms(mode=Mode.TELL_FIRST, notice_hours=12)
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what asks no more of a database than others here do, which run on both."""


ASKED = Terms(zone="Europe/Paris", hours=("08:00-18:00",))
WAITING = {"state": "waiting", "reason": "approval", "detail": OWNER_ASKS.detail}


def opened(office: PostOffice) -> Office:
    """Return an office that hands in there, with links that lead somewhere."""
    return Office(office.mailer(seconds=2.0), Links(Vault(KeyFile((new_key(),)))), "https://chappe.example")


@dataclass
class Telling(World):
    """A world with a mail server, and short ways to have its mails go."""

    async def asked(self, office: PostOffice, terms: Terms = ASKED, **values: Any) -> str:
        """Make a delivery for Léa, who is asked first, and have everything that is due done; returns its id."""
        self.core.office = opened(office)
        account = await self.account("Léa", terms)
        await self.execute(update(t.people).values(email="lea@acme.example"))
        found = await self.delivery(account, **{**WAITING, **values})
        self.clock.advance(timedelta(seconds=6))
        await self.turn()
        return found

    async def told(self, office: PostOffice, *, email: str | None = "lea@acme.example") -> str:
        """Make a delivery for Léa, who is told first, and have everything that is due done; returns its id."""
        self.core.office = opened(office)
        account = await self.account("Léa", TERMS)
        if email:
            await self.execute(update(t.people).values(email=email))
        found = await self.delivery(account, state="waiting", reason="telling")
        self.clock.advance(timedelta(seconds=6))
        await self.turn()
        return found

    async def turn(self) -> None:
        """Do what the tick finds, mails and drains alike."""
        self.wake.woken.clear()
        await tick(self.core)
        for mail_id in list(self.wake.keys(Kind.MAIL)):
            await send(self.core, mail_id)
        await self.drain(*self.wake.keys(Kind.DRAIN))


@pytest.fixture
async def world(store: Store, clock: FakeClock) -> Telling:
    made = Telling(store, clock)
    await made.begin()
    return made


@pytest.fixture
async def office() -> AsyncIterator[PostOffice]:
    async with post_office() as opened:
        yield opened


def words_of(mail: EmailMessage) -> str:
    plain = mail.get_body(("plain",))
    assert plain is not None
    return str(plain.get_content())


async def row_of(world: World, delivery: str) -> DeliveryRow:
    return (await world.store.read(deliveries.matching, WORKSPACE, delivery))[0]


async def test_silence_lets_a_post_out_after_the_notice_and_not_before(
    world: Telling, clock: FakeClock, office: PostOffice
) -> None:
    office.answers = ["451 4.7.1 Greylisted"]
    delivery = await world.told(office)
    assert (office.mails, (await world.state(delivery))["told_at"]) == ([], None)
    clock.advance(timedelta(minutes=1))
    await world.turn()
    accepted, (mail,) = clock.now(), office.mails

    there = await world.state(delivery)
    assert (there["told_at"], there["due_at"], there["released_at"]) == (
        accepted, accepted + timedelta(hours=12), accepted + timedelta(hours=12),
    )  # fmt: skip
    plain = words_of(mail)
    assert "> Bonjour" in plain
    assert "On Léa (scripted)" in plain
    assert plain.count("https://chappe.example/m/") == 4
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    clock.advance(timedelta(hours=11, minutes=59, seconds=59))
    await sweep(world.core)
    await world.turn()
    assert world.sink.published == []
    clock.advance(1)
    await world.turn()

    assert (await world.state(delivery))["state"] == "sent"
    told = [(row["what"], row["sentence"]) for row in await world.rows(t.traces, "id", "what", "sentence")]
    assert [what for what, _ in told] == ["told", "silence"]
    assert len(office.mails) == 1


@ON_SQLITE
async def test_a_no_or_a_withdrawal_in_between_cancels(world: Telling, clock: FakeClock, office: PostOffice) -> None:
    delivery = await world.told(office)
    other = await world.delivery((await world.state(delivery))["account_id"], state="waiting", reason="telling")
    clock.advance(6)
    await world.turn()
    await person.cancel(world.core, await row_of(world, delivery), "Léa")
    row = await row_of(world, other)
    assert row.person_id
    await world.store.write(consents.withdraw, WORKSPACE, row.person_id, row.account_id, clock.now())
    clock.advance(timedelta(hours=13))
    await world.turn()

    assert world.sink.published == []
    assert [(await world.state(each))["state"] for each in (delivery, other)] == ["cancelled", "cancelled"]


@ON_SQLITE
@pytest.mark.parametrize(
    ("email", "refusals", "why"),
    [
        (None, [], "has no e-mail address"),
        ("lea", [], "is no e-mail address such as"),
        ("lea@acme.example", ["550 nobody"], "the mail to lea@acme.example reached nobody"),
    ],
)
async def test_who_cannot_be_told_is_asked(
    world: Telling, office: PostOffice, email: str | None, refusals: list[str], why: str
) -> None:
    office.refusals = list(refusals)
    delivery = await world.told(office, email=email)
    there = await world.state(delivery)

    assert (there["state"], there["reason"], there["told_at"]) == ("waiting", "approval", None)
    assert why in there["detail"]


@ON_SQLITE
async def test_without_a_mail_server_the_owner_is_asked(world: Telling, clock: FakeClock) -> None:
    delivery = await world.delivery(await world.account("Léa", TERMS), state="waiting", reason="telling")
    clock.advance(6)
    await world.turn()

    there = await world.state(delivery)
    assert (there["reason"], there["detail"]) == ("approval", tellings.NO_MAILER)


async def test_killed_after_the_server_took_it_the_owner_is_told_again_and_the_notice_begins_then(
    world: Telling, clock: FakeClock, office: PostOffice
) -> None:
    delivery = await world.told(office)
    lost = {"state": "waiting", "lease_until": clock.now() + mails.LEASE, "sent_at": None}
    await world.execute(update(t.mails).values(lost))
    await world.execute(update(t.deliveries).values(told_at=None))
    await world.turn()
    assert len(office.mails) == 1
    clock.advance(mails.LEASE)
    await world.turn()

    assert [mail["Message-ID"] for mail in office.mails] == [office.mails[0]["Message-ID"]] * 2
    assert (await world.state(delivery))["due_at"] == clock.now() + timedelta(hours=12)


async def test_one_worker_takes_a_mail_and_one_that_came_late_writes_nothing(
    world: Telling, clock: FakeClock, office: PostOffice
) -> None:
    until = clock.now() + timedelta(days=1)
    code = mails.Mail(new_id(), "", "code", "k", "lea@acme.example", clock.now(), until, clock.now())
    assert await world.store.write(mails.add, code)
    assert not await world.store.write(mails.add, replace(code, id=new_id()))
    late = await world.store.write(mails.take, code.id, clock.now())
    assert late is not None
    assert await world.store.write(mails.take, code.id, clock.now()) is None
    clock.advance(mails.LEASE)
    again = await world.store.write(mails.take, code.id, clock.now())
    assert again is not None

    taken = Fate(MailState.SENT, "Ok", clock.now())
    assert not await world.store.write(mails.settle, late, taken)
    assert await world.store.write(mails.settle, again, taken)


@ON_SQLITE
async def test_changed_words_are_told_again(world: Telling, clock: FakeClock, office: PostOffice) -> None:
    delivery = await world.told(office)
    await person.edit(world.core, await row_of(world, delivery), "Karim", "Nous recrutons à Lyon")
    clock.advance(timedelta(hours=11))
    await world.turn()

    assert "Nous recrutons à Lyon" in words_of(office.mails[1])
    assert (await world.state(delivery))["due_at"] == clock.now() + timedelta(hours=12)


@ON_SQLITE
async def test_a_mail_is_given_up_after_a_day_and_its_post_waits_for_a_yes(
    world: Telling, clock: FakeClock, office: PostOffice
) -> None:
    office.refusals = ["451 later"] * 100
    delivery = await world.told(office)
    for _ in range(5):
        clock.advance(timedelta(hours=5))
        await world.turn()

    (mail,) = await world.rows(t.mails, "state", "note")
    assert mail["state"] == "given_up"
    assert "451 later" in mail["note"]
    assert (await world.state(delivery))["reason"] == "approval"


@ON_SQLITE
async def test_who_wants_to_be_asked_after_all_is(world: Telling, clock: FakeClock, office: PostOffice) -> None:
    delivery = await world.told(office)
    row = await row_of(world, delivery)
    assert row.person_id
    longer = TERMS.model_copy(update={"notice_hours": 48})
    told_at = clock.now()
    await world.store.write(consents.give, WORKSPACE, row.person_id, row.account_id, longer, clock.now())
    assert (await world.state(delivery))["due_at"] == told_at + timedelta(hours=48)
    await world.store.write(consents.give, WORKSPACE, row.person_id, row.account_id, Terms(), clock.now())
    clock.advance(timedelta(days=3))
    await world.turn()

    assert (await world.state(delivery))["reason"] == "approval"
    assert world.sink.published == []


async def test_who_is_asked_first_is_asked_once_by_mail_and_it_waits_on(
    world: Telling, clock: FakeClock, office: PostOffice
) -> None:
    delivery = await world.asked(office)
    clock.advance(timedelta(hours=5))
    await world.turn()

    (mail,) = office.mails
    plain = words_of(mail)
    assert mail["Subject"] == "Shall this be posted in your name? Bonjour"
    assert "without your yes it does not go out" in plain
    assert [line for line in plain.splitlines() if line.endswith(":")] == [
        "On Léa (scripted):", "Post it:", "Not this one:", "Tomorrow at 9:00 (Europe/Paris):",
        "No more mails like this:",
    ]  # fmt: skip
    assert mail["List-Unsubscribe"] == f"<{plain.split('No more mails like this:')[1].split()[0]}>"
    there = await world.state(delivery)
    assert (there["state"], there["detail"], world.sink.published) == ("waiting", OWNER_ASKS.detail, [])
    assert [row["what"] for row in await world.rows(t.traces, "id", "what")] == ["asked"]

    await person.edit(world.core, await row_of(world, delivery), "Karim", "Nous recrutons à Lyon")
    clock.advance(6)
    await world.turn()
    assert "Nous recrutons à Lyon" in words_of(office.mails[1])


@ON_SQLITE
async def test_hours_that_end_before_nine_are_offered_no_tomorrow_at_nine(world: Telling, office: PostOffice) -> None:
    await world.asked(office, Terms(zone="Europe/Paris", hours=("06:00-08:00",)))

    assert "Tomorrow at" not in words_of(office.mails[0])


@ON_SQLITE
async def test_nobody_is_asked_by_mail_of_what_an_editor_decides_or_who_wants_no_mails(
    world: Telling, clock: FakeClock, office: PostOffice
) -> None:
    delivery = await world.asked(office, detail=MAPPING_ASKS.detail)
    assert (await world.state(delivery))["mail_id"] == tellings.NOBODY
    await world.execute(update(t.people).values(mailed=False))
    account = (await world.state(delivery))["account_id"]
    await world.delivery(account, **WAITING)
    told = await world.delivery(account, state="waiting", reason="telling")
    clock.advance(6)
    await world.turn()

    assert office.mails == []
    assert (await world.state(told))["detail"] == tellings.NO_MAILS
    assert not await world.store.read(tellings.unasked, clock.now())


@ON_SQLITE
async def test_a_mail_that_asks_says_nothing_of_what_was_decided_meanwhile(
    world: Telling, clock: FakeClock, office: PostOffice
) -> None:
    office.answers = ["451 later"]
    delivery = await world.asked(office)
    await person.cancel(world.core, await row_of(world, delivery), "Léa")
    clock.advance(timedelta(minutes=1))
    await world.turn()

    assert office.mails == []
    assert [row["note"] for row in await world.rows(t.mails, "note")] == [mails.OVER]
