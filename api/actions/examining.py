"""Look for what is wrong with an installation: each look is ok, warn or fail, with what to do."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from api.actions.standing import running, standing
from engine.errors import ChappeError
from engine.run.agree import SKEW
from engine.runtime import keep_key
from engine.store import migrate, moment, overview, tellings, workspaces
from engine.store.unit import open_store, sqlite_file
from engine.vault import KeyFile, Vault

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from api.settings import Settings
    from engine.clock import Clock
    from engine.contract.registry import Registry
    from engine.mailer import Mailer
    from engine.store.unit import Store

OLDEST_PYTHON = (3, 11)
LITTLE_SPACE = 1_000_000_000
NO_SPACE = 100_000_000
GREETED_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Look:
    """One thing that was looked at; `do` is empty where nothing needs doing."""

    what: str
    verdict: Literal["ok", "warn", "fail"]
    sentence: str
    do: str = ""


async def examine(settings: Settings, registry: Registry, clock: Clock, mailer: Mailer | None) -> list[Look]:
    """Look at everything; one bad thing hides no other."""
    looks = [*_machine(settings), _port(settings)]
    if mailer is not None:
        looks.append(await _mail(mailer, settings.public_url))
    try:
        await migrate.check(settings.database_url)
    except ChappeError as error:
        return [*looks, Look("database", "fail", str(error), "see above"), *_key(settings)]
    looks += [Look("database", "ok", "It answers and its tables are those of this version."), *_key(settings)]
    store = open_store(settings.database_url)
    try:
        if mailer is None:
            looks.append(await _mailless(store))
        looks += [look async for look in _inside(store, settings, registry, clock)]
    finally:
        await store.close()
    return looks


def _machine(settings: Settings) -> Iterator[Look]:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < OLDEST_PYTHON:
        yield Look("python", "fail", f"Python {version} is too old.", "install Python 3.11 or newer")
    else:
        yield Look("python", "ok", f"Python {version}.")
    yield from _folder(settings)


def _folder(settings: Settings) -> Iterator[Look]:
    folder = settings.data_dir
    if not folder.is_dir():
        yield Look("data folder", "fail", f"There is no folder {folder}.", "run `chappe init`, or set CHAPPE_DATA_DIR")
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        yield Look(
            "data folder", "fail", f"This user may not write to {folder}.", f"give this user the right: {folder}"
        )
    else:
        yield Look("data folder", "ok", f"{folder} is writable.")
    file = sqlite_file(settings.database_url)
    if file is not None and file.exists() and _open_to_others(file):
        yield Look("permissions", "warn", f"Others on this machine can read {file}.", f"chmod 600 {file}")
    else:
        yield Look("permissions", "ok", "Others on this machine cannot read the database file.")
    free = shutil.disk_usage(folder).free
    said = f"{free / 1e9:.1f} GB are free at {folder}."
    if free < LITTLE_SPACE:
        yield Look("disk", "fail" if free < NO_SPACE else "warn", said, "make room: a full disk stops everything")
    else:
        yield Look("disk", "ok", said)


def _open_to_others(file: Path) -> bool:
    """Tell whether others may read or change a file: by its own mode, and that of the folder that leads to it."""
    own, folder = file.stat().st_mode, file.parent.stat().st_mode
    return bool(own & (stat.S_IROTH | stat.S_IWOTH)) and bool(folder & stat.S_IXOTH)


def _port(settings: Settings) -> Look:
    where = f"{settings.host}:{settings.port}"
    runs, process = running(settings.database_url)
    if runs:
        return Look("port", "ok", f"`chappe up` runs ({process}).")
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError as error:
            sentence = f"Nothing can listen at {where}: {error.strerror}."
            return Look("port", "fail", sentence, "end what uses it, or set CHAPPE_PORT")
    return Look("port", "ok", f"{where} is free.")


def _key(settings: Settings) -> Iterator[Look]:
    try:
        KeyFile.load(settings.key_file)
    except ChappeError as error:
        yield Look("key file", "fail", str(error), "see above")
    else:
        yield Look("key file", "ok", f"{settings.key_file} is readable by its owner alone.")


async def _mail(mailer: Mailer, public_url: str) -> Look:
    """Knock at the mail server, and hand nothing over."""
    server = mailer.server
    try:
        greeting = await mailer.greet(GREETED_WITHIN_S)
    except ChappeError as error:
        return Look("mail", "fail", str(error), "see above, then `chappe mail test ADDRESS`")
    how = {"no": "unencrypted", "starttls": "encrypted (STARTTLS)", "implicit": "encrypted"}[server.tls]
    signed = f", signed in as {server.user}" if server.user else ""
    said = f"{server.host}:{server.port} greets us, {how}{signed}: “{greeting}”."
    if not public_url:
        lacks = f"{said} But links in mails lead nowhere, so nobody is told first."
        return Look("mail", "warn", lacks, "set CHAPPE_PUBLIC_URL")
    return Look("mail", "ok", said)


async def _mailless(store: Store) -> Look:
    """Say what it means that no mail server is set."""
    here = [await store.read(tellings.choosers, each.id) for each in await store.read(workspaces.listed)]
    said = "No mail server is set, so nobody can be told first"
    if names := [name for chosen in here for name in chosen]:
        who = f"{names[0]} wants" if len(names) == 1 else f"{len(names)} people want"
        sentence = f"{said}: {who} that, and each of their posts waits for a yes."
        return Look("mail", "warn", sentence, "set CHAPPE_SMTP_URL and CHAPPE_MAIL_FROM (docs/mail.md)")
    return Look("mail", "ok", f"{said}. Nobody wants to be.")


async def _inside(store: Store, settings: Settings, registry: Registry, clock: Clock) -> AsyncIterator[Look]:
    if settings.key_file.exists():
        yield await _fits(store, settings)
    yield await _clock(store, clock)
    found = await store.read(workspaces.listed)
    if not found:
        yield Look("workspace", "fail", "There is no workspace.", "run `chappe init`")
    for workspace in found:
        state = await standing(store, workspace.id, registry, settings.database_url, now=clock.now())
        waiting = [item for item in state.waiting if item.what in ("source", "mapping", "secret", "account", "flood")]
        for item in waiting:
            yield Look(workspace.name, "warn", item.sentence, item.do)
        if not waiting:
            yield Look(workspace.name, "ok", "Its mappings can be used and its sources answer.")
        if not state.ledger.agrees:
            yield Look("ledger", "fail", f"It does not add up for {', '.join(state.ledger.wrong)}.", "report this")
        else:
            yield Look("ledger", "ok", "It adds up.")


async def _fits(store: Store, settings: Settings) -> Look:
    try:
        await keep_key(store, Vault(KeyFile.load(settings.key_file)))
    except ChappeError as error:
        return Look("secrets", "fail", str(error), "see above")
    return Look("secrets", "ok", "The key file is the one that this database was sealed with.")


async def _clock(store: Store, clock: Clock) -> Look:
    """Compare the clock with PostgreSQL's, and with the newest thing in the database: it cannot lie in the future."""
    now = clock.now()
    if store.dialect == "postgresql" and abs(off := now - await store.read(moment.now)) > SKEW:
        side = "ahead of" if off > timedelta(0) else "behind"
        apart = f"This machine's clock is {abs(off).total_seconds():.0f} s {side} the database's."
        return Look("clock", "fail", apart, "let both machines take their time from the network (NTP)")
    ahead = (await store.read(overview.newest) or now) - now
    if ahead > timedelta(minutes=1):
        minutes = round(ahead.total_seconds() / 60)
        sentence = f"This machine's clock is {minutes} minutes behind what the database has seen, or was ahead before."
        return Look("clock", "fail", sentence, "set the clock; what was put too far ahead comes near by itself")
    return Look("clock", "ok", f"It is {now.astimezone():%d %b %Y %H:%M %Z} here.")
