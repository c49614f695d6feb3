"""A code for signing in goes into the outbox, or into nothing at all where no mail server is set up."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from api.actions.code_mails import CodeMails
from api.wiring import make_core
from engine.ids import new_id
from engine.links import Links
from engine.mailer import Mailer
from engine.model.address import read_sender
from engine.model.mail_server import MailServer
from engine.run.letters import Office
from engine.store.tables import mails
from engine.store.unit import open_store
from engine.store.users import ACTIVE, User
from engine.testing.fakes import RecordingWake
from engine.vault import KeyFile
from engine.wake import Kind

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from engine.testing.fakes import FakeClock


def _outbox(connection: Connection) -> list[tuple[str, str]]:
    return [(row.address, row.document) for row in connection.execute(select(mails))]


@pytest.mark.parametrize("set_up", [False, True])
async def test_a_code_is_mailed_where_there_is_a_mail_server(
    sqlite_url: str, tmp_path: Path, clock: FakeClock, set_up: bool
) -> None:
    KeyFile.create(tmp_path / "key")
    store, wake = open_store(sqlite_url), RecordingWake()
    core = replace(make_core(store, key_file=tmp_path / "key", allow_private=()), clock=clock, wake=wake)
    if set_up:
        mailer = Mailer(MailServer.parse("smtp://localhost"), read_sender("Acme <chappe@acme.example>"))
        core = replace(core, office=Office(mailer, Links(core.vault), "https://chappe.example"))
    user = User(new_id(), "Léa", "lea@acme.example", admin=False, state=ACTIVE, created_at=clock.now())

    await CodeMails(core)(user, "K7QM2XRP", clock.now() + timedelta(minutes=30))
    found = await store.read(_outbox)
    await store.close()

    assert [address for address, _ in found] == ["lea@acme.example"] * set_up
    assert all("K7QM 2XRP" in document for _, document in found)
    assert len(wake.keys(Kind.MAIL)) == set_up
