"""The one file that names all floors: it makes the runtime out of its parts."""

from __future__ import annotations

import os
import random
import socket
from functools import partial
from typing import TYPE_CHECKING

from api.actions import calling
from api.actions.code_mails import CodeMails
from api.actions.syncing import Outside, make_tools
from api.deps import Face
from api.gate import Gate
from api.kinds import registry
from api.passwords import Passwords
from api.recording import RecordingStore
from api.settings import SettingsError
from engine.clock import AgreedClock, SystemClock
from engine.contract.lazy import Lazy
from engine.dispatch.embedded import EmbeddedDispatch
from engine.http_client import HttpClient
from engine.links import Links
from engine.mailer import Mailer
from engine.model.address import read_sender
from engine.model.mail_server import MailServer
from engine.offload import Offload
from engine.run.core import Core, RunSettings
from engine.run.keepsake import Keepsakes
from engine.run.letters import Office
from engine.runtime import Front, Runtime
from engine.store.unit import open_store
from engine.vault import KeyFile, Vault
from mappings.compiling import compile_document
from mappings.git.sync import sync_due

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from api.settings import Settings
    from engine.dispatch import distributed
    from engine.store.unit import Store
else:
    distributed = Lazy("engine.dispatch.distributed")  # most installations are one process, which never needs it


__all__ = ["front_of", "make_core", "make_mailer", "make_runtime", "registry", "runtime_of"]


def make_core(
    store: Store,
    *,
    key_file: Path,
    allow_private: Sequence[str],
    run: RunSettings | None = None,
    data_dir: Path | None = None,
    mailer: Mailer | None = None,
) -> Core:
    """Return the run's collaborators over an open database; nothing is started. Raises VaultLockedError.

    With `data_dir`, new tokens are kept there until the database has them; without `mailer` no mail is sent.
    """
    kinds, vault = registry(), Vault(KeyFile.load(key_file))
    office = Office(mailer, Links(vault), run.public_url if run else "") if mailer else None
    return Core(
        store=store,
        http=HttpClient(allow_private=allow_private),
        offload=Offload(),
        vault=vault,
        clock=SystemClock(),
        registry=kinds,
        wake=EmbeddedDispatch(),
        compile=partial(compile_document, registry=kinds),
        random=random.Random(),  # noqa: S311  # jitter, not a secret
        worker=f"{socket.gethostname()}:{os.getpid()}",
        settings=run or RunSettings(),
        keepsakes=Keepsakes(data_dir / "renewed" if data_dir else None),
        office=office,
    )


def make_mailer(settings: Settings) -> Mailer | None:
    """Return what hands mails over, None where no server is set up.

    Raises SettingsError where the file with the password cannot be read.
    """
    if not settings.smtp_url:
        return None
    file, password = settings.smtp_password_file, ""
    if file is not None:
        try:
            password = file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            message = f"CHAPPE_SMTP_PASSWORD_FILE names {file}, which cannot be read ({type(error).__name__})."
            raise SettingsError(message) from None
    return Mailer(MailServer.parse(settings.smtp_url, password), read_sender(settings.mail_from))


def make_face(settings: Settings, core: Core) -> Face:
    """Return what the API's routes work on: the same collaborators as the work."""
    return Face(
        settings=settings,
        store=RecordingStore(core.store),
        clock=core.clock,
        registry=core.registry,
        wake=core.wake,
        vault=core.vault,
        http=core.http,
        offload=core.offload,
        identify=Gate(core.store, core.clock),
        passwords=Passwords(),
        send_code=CodeMails(core),
        mailer=core.office.mailer if core.office else None,
    )


def make_runtime(
    database_url: str,
    *,
    key_file: Path,
    allow_private: Sequence[str] = (),
    run: RunSettings | None = None,
    data_dir: Path | None = None,
    mailer: Mailer | None = None,
) -> Runtime:
    """Return a runtime over that database, not started. Without `data_dir` repositories are not synced."""
    store = open_store(database_url)
    core = make_core(store, key_file=key_file, allow_private=allow_private, run=run, data_dir=data_dir, mailer=mailer)
    return _runtime(core, data_dir, allow_private)


def runtime_of(settings: Settings) -> Runtime:
    """Return the runtime that these settings ask for, not started."""
    return _runtime(_core_of(settings), settings.data_dir, settings.allow_private)


def front_of(settings: Settings) -> Front:
    """Return what a process needs that only answers people, not started."""
    return Front(_core_of(settings))


def _core_of(settings: Settings) -> Core:
    core = make_core(
        open_store(settings.database_url),
        key_file=settings.key_file,
        allow_private=settings.allow_private,
        run=settings.run,
        data_dir=settings.data_dir,
        mailer=make_mailer(settings),
    )
    if settings.dispatch == "distributed":
        core.clock = AgreedClock(core.clock)
        core.wake = distributed.DistributedDispatch(settings.database_url, core.clock)
    return core


def _runtime(core: Core, data_dir: Path | None, allow_private: Sequence[str]) -> Runtime:
    call = partial(calling.call, core)
    if data_dir is None:
        return Runtime(core, call=call)
    tools = make_tools(core.store, core.registry, core.clock, lambda: core.vault, Outside(data_dir, allow_private))
    return Runtime(core, partial(sync_due, tools), call)
