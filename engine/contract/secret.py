"""A secret among a node's settings: its name, never its text."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field

SCHEME = "secret://"
_NAME = re.compile(r"secret://[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def _named(reference: str) -> str:
    if not _NAME.fullmatch(reference):
        raise ValueError(
            "A secret is named here, never written: store it with `chappe secrets set NAME` and write secret://NAME."
        )
    return reference


SecretRef: TypeAlias = Annotated[
    str, AfterValidator(_named), Field(json_schema_extra={"format": "secret", "pattern": f"^{_NAME.pattern}$"})
]
"""A setting that names a secret of the workspace: `secret://NAME`. `Node.secrets` says where its value is handed in."""


def secret_name(reference: str) -> str:
    """Return the name in `secret://NAME`."""
    return reference.removeprefix(SCHEME)
