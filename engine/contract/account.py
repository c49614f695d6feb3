"""An account as a node sees it, and what an account kind declares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from engine.contract.node import NodeConfig

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Account:
    """An identity on a platform, opened for one use.

    `settings` are public (a URL, a handle), `secrets` are the unsealed grant and never shown: they are left out of
    the repr. `remote_id` is who it is there, in the platform's own words. `app` are the public settings of our app on
    that platform, defaults included: build every URL from its addresses, which have no slash at their end. `grant`
    counts the renewals of the grant, from 1; 0 where there is none.
    """

    id: str
    name: str
    platform: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    person: str | None = None
    remote_id: str = ""
    app: Mapping[str, Any] = field(default_factory=dict)
    grant: int = 0


class AccountKind:
    """What a platform's accounts need: public settings as a model, and the names of its secrets.

    `AppSettings` is the model of what all accounts of the platform share: where it is, who we are there, which version
    of it we speak; an operator sets it once by `chappe apps set`. Every field but the app's own id has a default.
    """

    kind: ClassVar[str]
    title: ClassVar[str]
    Settings: ClassVar[type[NodeConfig]] = NodeConfig
    secrets: ClassVar[tuple[str, ...]] = ()
    example: ClassVar[dict[str, Any]] = {}
    AppSettings: ClassVar[type[NodeConfig] | None] = None
    app_secrets: ClassVar[tuple[str, ...]] = ()
    app_example: ClassVar[dict[str, Any]] = {}

    @classmethod
    def releases_each(cls, app: Mapping[str, Any]) -> str:
        """Return why people here must release each post themselves, whatever they chose; nothing where they need not.

        `app` are the public settings of our app on the platform, defaults included. Pure.
        """
        del app
        return ""

    @classmethod
    def check(cls, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> Sequence[str]:
        """Return a sentence for each secret of which its form alone shows that it cannot be right.

        `settings` are valid, and empty where it is a node that has the secret; `secrets` are given now, by name. No
        sentence holds a secret. Pure.
        """
        del settings, secrets
        return ()
