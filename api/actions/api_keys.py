"""API keys: made once, shown once, for what their scopes say and no more than their owner may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from api import credentials
from api.errors import Fault, ForbiddenError, UnprocessableError
from engine.ids import new_id
from engine.store import api_keys
from engine.store.api_keys import ApiKey
from mappings.findings import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from engine.clock import Clock
    from engine.store.unit import Store


@dataclass(frozen=True, slots=True)
class Made:
    """A key with its token, which nobody can show again."""

    key: ApiKey
    token: str


@dataclass(frozen=True, slots=True)
class Order:
    """A key that is wanted; without `expires_at` it holds until it is revoked."""

    workspace_id: str
    user_id: str
    name: str
    scopes: frozenset[str]
    expires_at: datetime | None


async def create(
    store: Store, clock: Clock, order: Order, *, known: Collection[str], held: frozenset[str] | None = None
) -> Made:
    """Make a key. `known` are the scopes there are, `held` those of the key that asks, None for a person.

    Raises UnprocessableError for a scope that is not there or an end that is over; ForbiddenError where a key would
    make one that may do more.
    """
    faults = [
        Fault(f"There is no scope {scope}.{did_you_mean(scope, known)}", "unknown_scope", pointer="/scopes")
        for scope in sorted(order.scopes - set(known))
    ]
    now = clock.now()
    if order.expires_at is not None and order.expires_at <= now:
        faults.append(Fault("The end is over already.", "over", pointer="/expires_at"))
    if faults:
        raise UnprocessableError(" ".join(fault.detail for fault in faults), faults)
    if held is not None and not order.scopes <= held:
        raise ForbiddenError("An API key makes keys for what it is for itself at most.")
    shown = credentials.new_key()
    scopes = " ".join(sorted(order.scopes))
    key = ApiKey(
        order.workspace_id, new_id(), order.user_id, order.name, shown.prefix, scopes, now, order.expires_at
    )  # fmt: skip
    await store.write(api_keys.add, key, credentials.hash_of(shown.token))
    return Made(key, shown.token)
