"""A typed client of Chappe's API: `with Chappe(url, key) as api: …`; needs `httpx` and `pydantic`.

`models` and `calls` are made from the OpenAPI document, the rest is written by hand.
"""

from __future__ import annotations

from chappe_client import models
from chappe_client.caller import Event, ProblemError
from chappe_client.calls import Chappe

__all__ = ["Chappe", "Event", "ProblemError", "models"]
