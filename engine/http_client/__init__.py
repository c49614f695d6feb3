"""The only way out of the process: pinned addresses, caps, redaction, and failures translated into our errors.

A status is never judged here: an answer is an answer, and connectors classify it.
"""

from __future__ import annotations

from engine.http_client.addresses import AddressPolicy, redact
from engine.http_client.client import HttpClient
from engine.http_client.resolver import Resolver
from engine.http_client.response import Headers, Response

__all__ = ["AddressPolicy", "Headers", "HttpClient", "Resolver", "Response", "redact"]
