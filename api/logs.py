"""Logs: text for people, a JSON object a line for machines, and no secret in either."""

from __future__ import annotations

import logging
import logging.config
import re
from typing import TYPE_CHECKING, Any, Final, Literal

import structlog

if TYPE_CHECKING:
    from typing import TextIO

    from structlog.typing import EventDict, Processor, WrappedLogger

HIDDEN: Final = "***"

_SECRET_NAMES: Final = re.compile(
    r"token|secret|passw|authorization|cookie|credential|api_?key|signature", re.IGNORECASE
)
_WORD: Final = r"[\w~+/=.-]"
_NAME: Final = r"(?:[\w-]*(?:token|secret|passw(?:or)?d|api_?key|signature)|(?<=[?&])(?:code|state|key|sig))"
_SECRETS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?P<kept>\b(?:bearer|basic)\s+){_WORD}{{8,}}",
        r"(?P<kept>://[^/\s:@]*:)[^/\s@]+(?=@)",
        rf"(?P<kept>{_NAME}[\"']?\s*[=:]\s*[\"']?)[^\s&\"',;]+",
        rf"(?P<kept>\b(?:whsec_|xox[a-z]-|gh[a-z]_|glpat-|sk-|EAA)){_WORD}{{8,}}",
        rf"(?P<kept>\beyJ)[\w-]+\.{_WORD}+",
    )
)
_LONG: Final = re.compile(r"(?<![\w/-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{40,}")
"""Forty and more letters of both cases with digits: random, not words. Ids and hashes are in small letters and stay."""

QUIET: Final = {
    "alembic": "WARNING",
    "apscheduler": "CRITICAL",
    "pgqueuer": "CRITICAL",
    "httpx": "WARNING",
    "uvicorn.access": "WARNING",
    "uvicorn.error": "WARNING",
    "asyncio": "WARNING",
}
"""Libraries whose chatter we repeat in our own words, or that log each request."""


def configure_logs(level: str, form: Literal["text", "json"], stream: TextIO) -> None:
    """Send everything that is logged, by us or by a library, to the stream, from this level on."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        redact_event,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[structlog.stdlib.PositionalArgumentsFormatter(), *shared],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(form, stream)],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name, quiet in QUIET.items():
        logging.getLogger(name).setLevel(quiet)


def redact_event(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """Replace what looks like a secret in an event, however deep it lies."""
    del logger, method
    return {name: HIDDEN if _SECRET_NAMES.search(name) else redacted(value) for name, value in event.items()}


def redacted(value: Any) -> Any:
    """Return a value without what looks like a secret."""
    if isinstance(value, str):
        return _without_secrets(value)
    if isinstance(value, dict):
        return {name: HIDDEN if _SECRET_NAMES.search(str(name)) else redacted(part) for name, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [redacted(part) for part in value]
    if isinstance(value, bytes | BaseException):
        return _without_secrets(str(value))
    return value


def _without_secrets(text: str) -> str:
    for secret in _SECRETS:
        text = secret.sub(rf"\g<kept>{HIDDEN}", text)
    return _LONG.sub(HIDDEN, text)


def _renderer(form: Literal["text", "json"], stream: TextIO) -> Processor:
    if form == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    return structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback, pad_event_to=40
    )
