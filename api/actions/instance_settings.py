"""What is set, and where: the environment, the file or the default; what may hold a secret is masked."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from api.settings import PREFIX, config_file

if TYPE_CHECKING:
    from api.settings import Settings

_ADDRESSES: Final = frozenset({"database_url", "smtp_url"})
"""Settings that may hold a password."""

_SECRETS: Final = frozenset({"metrics_token"})
"""Settings that are nothing else."""


@dataclass(frozen=True, slots=True)
class SettingNow:
    """A setting: its variable, what it is, and `source`: `environment`, `file` or `default`."""

    name: str
    value: str
    source: str
    description: str


def shown(settings: Settings) -> list[SettingNow]:
    """Return every setting in the order of the reference."""
    file = config_file()
    in_file = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return [
        SettingNow(
            name=f"{PREFIX}{name.upper()}",
            value=_said(name, getattr(settings, name)),
            source=_source(name, in_file),
            description=field.description or "",
        )
        for name, field in type(settings).model_fields.items()
    ]


def masked(address: str) -> str:
    """Return an address with its password hidden, and without a query, where there may be another. Pure."""
    parts = urlsplit(address)
    user, at, host = parts.netloc.rpartition("@")
    name, colon, _ = user.partition(":")
    return f"{parts.scheme}://{name}{':•••' if colon else ''}{at}{host}{parts.path}"


def _said(name: str, value: object) -> str:
    if value is None or value in ("", ()):
        return ""
    if name in _SECRETS:
        return "•••"
    if name in _ADDRESSES:
        return masked(str(value))
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _source(name: str, in_file: dict[str, object]) -> str:
    if os.environ.get(f"{PREFIX}{name.upper()}"):
        return "environment"
    return "file" if name in in_file else "default"
