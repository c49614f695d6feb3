"""Mail on the command line: whether it goes out, what became of it, and who cannot be written to."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from engine.clock import SystemClock
from engine.ids import new_id
from engine.store import mails
from engine.store.mails import Fate, Mail, MailState
from tests.peers.smtp_server import TAKEN, post_office

if TYPE_CHECKING:
    from typer.testing import Result

    from engine.store.unit import Store
    from tests.api.cli.conftest import Cli
    from tests.peers.smtp_server import PostOffice

WRONG = "chappe: “lea” is no e-mail address such as lea@example.org.\n"


async def mailed(cli: Cli, office: PostOffice, *arguments: str, **environ: str) -> Result:
    """Run a command, which has a loop of its own, beside a mail server in this one."""
    where = {"CHAPPE_SMTP_URL": f"smtp://127.0.0.1:{office.port}", "CHAPPE_MAIL_FROM": "Acme <chappe@acme.example>"}
    return await asyncio.to_thread(partial(cli.run, *arguments, **where, **environ))


def keep(cli: Cli, *fates: tuple[MailState, str]) -> None:
    """Put a mail into the outbox for each of these ends."""

    async def work(store: Store) -> None:
        now = SystemClock().now()
        for state, note in fates:
            mail_id = new_id()
            until = now + timedelta(days=1)
            made = Mail(mail_id, "", "code", mail_id, "lea@acme.example", now, until, now)
            await store.write(mails.add, made)
            taken = await store.write(mails.take, mail_id, now)
            assert taken is not None
            await store.write(mails.settle, taken, Fate(state, note, now))

    cli.inside(work)


def waiting(cli: Cli) -> dict[str, Any]:
    return {item["what"]: item for item in cli.data("status")["waiting"]}


async def test_a_mail_is_tried_and_the_servers_answer_said(cli: Cli) -> None:
    async with post_office() as office:
        said = await mailed(cli, office, "mail", "test", "lea@acme.example")
        office.refusals = ["550 nobody here"]
        refused = await mailed(cli, office, "mail", "test", "lea@acme.example")

    assert f"took the mail to lea@acme.example: {TAKEN.removeprefix('250 ')}" in said.stdout
    assert [str(mail["To"]) for mail in office.mails] == ["lea@acme.example"]
    assert refused.exit_code != 0
    assert "550 nobody here" in refused.stderr


def test_without_a_server_or_an_address_nothing_is_tried(cli: Cli) -> None:
    assert "No mail server is set up: set CHAPPE_SMTP_URL" in cli.refused(5, "mail", "test", "lea@acme.example")
    given = {"CHAPPE_SMTP_URL": "smtp://127.0.0.1:9", "CHAPPE_MAIL_FROM": "chappe@acme.example"}
    result = cli.run("mail", "test", "lea", **given)
    assert (result.exit_code, result.stderr) == (2, WRONG)


@pytest.mark.parametrize("command", ["add", "set"])
def test_an_address_is_one(cli: Cli, command: str) -> None:
    assert cli.refused(2, "people", command, "Léa", "--email", "lea") == WRONG


def test_a_person_may_want_no_mails(cast: Cli) -> None:
    assert cast.refused(2, "people", "set", "Léa") == (
        "chappe: What shall change about Léa? Add --email, --mails or --no-mails.\n"
    )
    cast.out("people", "set", "Léa", "--email", "lea@ACME.example")
    assert "No mails tell or ask of posts." in cast.out("people", "set", "Léa", "--no-mails")
    changed = {row["name"]: (row["email"], row["mailed"]) for row in cast.data("people", "list")}
    assert changed == {"Léa": ("lea@acme.example", False), "Karim": (None, True)}
    assert cast.data("people", "set", "Léa", "--mails")["mailed"]


def test_a_file_of_people_names_the_line_of_an_address_that_is_none(cli: Cli) -> None:
    said = cli.run("people", "apply", cli.write("people.yaml", "people:\n  Léa:\n    email: lea\n"), "--yes").output
    assert "3:12" in said
    assert "“lea” is no e-mail address such as lea@example.org." in said


def test_what_became_of_mails_is_counted_and_what_reached_nobody_waits_for_a_person(cli: Cli) -> None:
    assert "No mail yet." in cli.out("mail", "status")
    keep(cli, (MailState.SENT, "Ok"), (MailState.GIVEN_UP, mails.OVER))
    assert "mail" not in waiting(cli)
    keep(cli, (MailState.GIVEN_UP, "The mail server is away."))

    assert waiting(cli)["mail"]["sentence"] == (
        "1 mail reached nobody, the last one to lea@acme.example: The mail server is away."
    )
    shown = cli.data("mail", "status")
    assert shown["counts"] == {"waiting": 0, "sent": 1, "refused": 0, "given_up": 2}
    assert [mail["note"] for mail in shown["mails"]] == ["The mail server is away.", mails.OVER, "Ok"]
    assert "0 waiting, 1 sent, 0 refused, 2 given up." in cli.out("mail", "status")


async def test_who_wants_to_be_told_first_and_cannot_be_is_named(cast: Cli) -> None:
    def prepared() -> Any:
        cast.out("people", "consent", "give", "Léa", "--mode", "tell-first", "--evidence", "mail of 4 May", "--yes")
        return waiting(cast)["address"]

    untold = await asyncio.to_thread(prepared)
    assert untold["sentence"] == "Léa wants to be told first and has no e-mail address: each post waits for a yes."
    assert untold["do"] == 'chappe people set "Léa" --email ADDRESS'
    without = await asyncio.to_thread(cast.run, "doctor")
    assert "No mail server is set, so nobody can be told first: Léa wants that, and each" in " ".join(
        without.stdout.split()
    )
    async with post_office() as office:
        public = {"CHAPPE_PUBLIC_URL": "https://chappe.example"}
        there = await mailed(cast, office, "doctor", **public)
        nowhere = await mailed(cast, office, "doctor")

    assert f"127.0.0.1:{office.port} greets us, unencrypted: “mx.acme.example”." in there.stdout
    assert "links in mails lead nowhere" in " ".join(nowhere.stdout.split())
    away = await mailed(cast, office, "doctor")
    assert "could not be reached" in away.stdout
