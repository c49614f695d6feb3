"""From what went wrong on the wire to the error that says what happens next.

The transport wraps aiohttp's exceptions in httpx's by a table of its own (httpx-aiohttp 0.2.0 makes `ConnectTimeout` of
a server that closed after reading the request), so the decision is taken on the exception beneath, `__cause__`.

No message and no cause is passed on: aiohttp's texts hold whole URLs, and some of its errors the request's headers.
"""

from __future__ import annotations

import errno

import aiohttp
import httpx
from aiohttp.http_exceptions import HttpProcessingError

from engine.errors import DoubtfulError, RejectedError, TransientError
from engine.http_client.body import UnusableBodyError

FAILURES = (httpx.HTTPError, aiohttp.ClientError, HttpProcessingError, UnusableBodyError, TimeoutError, OSError)
"""All that a request may end in, instead of an answer."""

_NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)

# The first class that fits gives the sentence: subclasses stand before their bases.
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (aiohttp.ClientConnectorDNSError, "could not be found: no address is known for its name"),
    (aiohttp.ClientConnectorCertificateError, "has a certificate that cannot be trusted"),
    (aiohttp.ClientConnectorSSLError, "could not be reached safely: the TLS handshake failed"),
    (aiohttp.ClientConnectorError, "could not be reached"),
    (aiohttp.ConnectionTimeoutError, "did not take a connection in time"),
    (aiohttp.ServerDisconnectedError, "closed the connection without an answer"),
    (aiohttp.ClientPayloadError, "broke off in the middle of its answer"),
    (aiohttp.ClientResponseError, "answered something that is not HTTP"),
    (HttpProcessingError, "answered something that is not HTTP"),
    (OSError, "broke the connection off"),
    (aiohttp.ClientConnectionError, "broke the connection off"),
)


def fetch_failure(error: Exception, where: str, seconds: float) -> TransientError | RejectedError:
    """Return what a repeatable request of at most `seconds` to `where` ended in.

    It is worth another try, or the answer is never of use.
    """
    if isinstance(error, UnusableBodyError):
        return RejectedError(f"The answer of {where} {error}.", code=error.code)
    return TransientError(f"{where} {_reason(_beneath(error), seconds)}.")


def publish_failure(error: Exception, where: str, seconds: float) -> TransientError | DoubtfulError:
    """Return what a publishing request of at most `seconds` to `where` ended in: provably not sent, or in doubt."""
    if isinstance(error, UnusableBodyError):
        return DoubtfulError(f"The post may be out: the answer of {where} {error}.")
    beneath = _beneath(error)
    if isinstance(beneath, _NOT_SENT):
        return TransientError(f"Nothing was sent: {where} {_reason(beneath, seconds)}.")
    return DoubtfulError(f"The post may be out: {where} {_reason(beneath, seconds)}.")


def _beneath(error: Exception) -> BaseException:
    if isinstance(error, httpx.HTTPError) and error.__cause__ is not None:
        return error.__cause__
    return error


def _reason(error: BaseException, seconds: float) -> str:
    if type(error) is TimeoutError:
        return f"gave no complete answer within {seconds:g} s"
    sentence = next((text for kind, text in _REASONS if isinstance(error, kind)), "could not be asked")
    number = getattr(error, "errno", None) or getattr(getattr(error, "os_error", None), "errno", None)
    detail = errno.errorcode.get(number, "") if isinstance(number, int) else ""
    return f"{sentence} ({detail or type(error).__name__})"
