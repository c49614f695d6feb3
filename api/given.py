"""Parameters that several routes share, as a dataclass."""

from __future__ import annotations

import inspect
from typing import Any

from fastapi import Depends


def Given(shape: type[Any]) -> Any:  # noqa: N802  # read as a mark in a signature, as FastAPI's `Depends` is
    """Mark a route's parameter as a dataclass of parameters, made at once: FastAPI itself would make it by a thread."""

    async def given(**values: Any) -> Any:
        return shape(**values)

    given.__dict__["__signature__"] = inspect.signature(shape, eval_str=True)
    return Depends(given)
