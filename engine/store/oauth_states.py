"""What a person was sent to a platform with: a state that is used once, within minutes, for what it was made for."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from engine.store.bulk import insert
from engine.store.tables import oauth_states

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class StateRow:
    """A connecting that has begun: for which platform, which account if it is there already, and whose it will be.

    `secret_hash` is the SHA-256 of the half of the state that is not its id; `sealed` is the PKCE verifier.
    """

    id: str
    workspace_id: str
    secret_hash: str
    platform: str
    account_id: str | None
    person_id: str | None
    redirect_uri: str
    sealed: str
    expires_at: datetime


_FIELDS = tuple(StateRow.__dataclass_fields__)


def begin(connection: Connection, state: StateRow, now: datetime) -> None:
    """Keep a state; those that are over are deleted."""
    connection.execute(delete(oauth_states).where(oauth_states.c.expires_at <= now))
    insert(connection, oauth_states, _FIELDS, [tuple(getattr(state, name) for name in _FIELDS)])


def peek(connection: Connection, state: str, now: datetime) -> StateRow | None:
    """Return what a state is for, and leave it; None where it is unknown, over, or another's."""
    state_id, _, secret = state.partition(".")
    columns = [oauth_states.c[name] for name in _FIELDS]
    row = connection.execute(select(*columns).where(oauth_states.c.id == state_id)).first()
    if row is None:
        return None
    found = StateRow(*row)
    fits = hmac.compare_digest(found.secret_hash, hash_of(secret))
    return found if fits and now < found.expires_at else None


def use(connection: Connection, workspace_id: str, state: str, now: datetime) -> StateRow | None:
    """Use a state up, whatever comes of it, and return it; None where it is unknown, used, over, or another's."""
    state_id, _, secret = state.partition(".")
    mine = (oauth_states.c.workspace_id == workspace_id, oauth_states.c.id == state_id)
    columns = [oauth_states.c[name] for name in _FIELDS]
    row = connection.execute(delete(oauth_states).where(*mine).returning(*columns)).first()
    if row is None:
        return None
    found = StateRow(*row)
    fits = hmac.compare_digest(found.secret_hash, hash_of(secret))
    return found if fits and now < found.expires_at else None


def hash_of(secret: str) -> str:
    """Return what is kept of the secret half of a state."""
    return hashlib.sha256(secret.encode()).hexdigest()
