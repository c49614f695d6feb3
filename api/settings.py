"""The settings of a process: environment variables `CHAPPE_*`, then a file `chappe.toml`, then these defaults."""

from __future__ import annotations

import dataclasses
import difflib
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, TomlConfigSettingsSource

from engine.errors import ChappeError
from engine.model.address import read_sender
from engine.model.duration import Duration
from engine.model.mail_server import MailServer
from engine.run.core import RunSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic_core import ErrorDetails
    from pydantic_settings import PydanticBaseSettingsSource

PREFIX: Final = "CHAPPE_"
CONFIG: Final = "CHAPPE_CONFIG"
DEFAULT_CONFIG: Final = Path("chappe.toml")
DATABASES: Final = ("sqlite:///", "postgresql://")
_OTHERS: Final = frozenset({"CONFIG", "PYTHON", "TEST_POSTGRES"})
"""Variables of ours that are no settings: where the file is, and what the set-up and the tests read."""


class SettingsError(ChappeError):
    """A setting cannot be used; the text has a line for each."""


def _listed(value: Any) -> Any:
    return value.replace(",", " ").split() if isinstance(value, str) else value


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _database(value: Any) -> Any:
    if isinstance(value, str) and not value.startswith(DATABASES):
        raise PydanticCustomError("database", "write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME")
    return value


def _public(value: Any) -> Any:
    parts = urlsplit(value) if isinstance(value, str) else None
    if value and (not parts or parts.scheme not in ("http", "https") or not parts.hostname or parts.query):
        raise PydanticCustomError(
            "public_url", "write the address that others reach it at: https://chappe.acme.example"
        )
    return value.rstrip("/") if isinstance(value, str) else value


def _smtp(value: Any) -> Any:
    if isinstance(value, str) and value:
        try:
            MailServer.parse(value)
        except ValueError as error:
            raise PydanticCustomError("smtp", "{said}", {"said": str(error)}) from None
    return value


def _sender(value: Any) -> Any:
    if isinstance(value, str) and value:
        try:
            read_sender(value)
        except ValueError as error:
            raise PydanticCustomError("sender", "{said}", {"said": str(error)}) from None
    return value


def _home(value: Any) -> Any:
    return Path(value).expanduser() if isinstance(value, str | Path) else value


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_listed)]
Folder = Annotated[Path, BeforeValidator(_home)]
Positive = Annotated[int, Field(ge=1)]


def _span(text: str, description: str) -> Any:
    return Field(default=Duration.parse(text), description=description)


class Settings(BaseSettings):
    """Every setting; one that is not given has the default. Durations are written `90s`, `10m`, `4h` or `2d`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True)

    data_dir: Folder = Field(default=Path(".chappe"), description="The folder for what Chappe keeps.")
    database_url: Annotated[str, BeforeValidator(_database)] = Field(
        default_factory=lambda data: f"sqlite:///{data['data_dir']}/chappe.db",
        repr=False,
        description="The database: `sqlite:///PATH` or `postgresql://USER:PASSWORD@HOST/NAME`. "
        "Without it, a SQLite file `chappe.db` in the data folder.",
    )
    key_file: Folder = Field(
        default_factory=lambda data: data["data_dir"] / "chappe.key",
        description="The file with the keys that seal every secret in the database; keep a copy apart from its "
        "backups. Without it, `chappe.key` in the data folder.",
    )
    dispatch: Annotated[Literal["embedded", "distributed"], BeforeValidator(_lower)] = Field(
        default="embedded",
        description="Where work runs: `embedded` is all of it in one process, `distributed` any number of processes "
        "on one PostgreSQL.",
    )
    allow_private: Words = Field(
        default=(),
        description="What may be reached though it is not public: networks (`10.0.0.0/8`), host names, or `*` for all.",
    )
    host: str = Field(default="127.0.0.1", min_length=1, description="The address that the web page and API listen at.")
    public_url: Annotated[str, BeforeValidator(_public)] = Field(
        default="",
        description="The address at which others reach it, such as `https://chappe.acme.example`: for links in mails "
        "and for short links.",
    )
    smtp_url: Annotated[str, BeforeValidator(_smtp)] = Field(
        default="",
        repr=False,
        description="The mail server: `smtp://USER:PASSWORD@HOST:PORT`, or `smtps://` where it speaks TLS at once. "
        "`smtp` wants STARTTLS, but on this machine; `?tls=no` and `?tls=starttls` say otherwise. Without it no mail "
        "is sent.",
    )
    smtp_password_file: Folder | None = Field(
        default=None, description="A file with the password of the mail server, where it is not in the address."
    )
    mail_from: Annotated[str, BeforeValidator(_sender)] = Field(
        default="", description="Whom mails are from: `Acme <chappe@acme.example>`."
    )
    port: int = Field(default=8080, ge=0, le=65535, description="Their port; 0 takes any that is free.")
    metrics_token: str = Field(
        default="",
        repr=False,
        description="What who reads `/metrics` must send as `Authorization: Bearer …`. Without it the page is for this "
        "machine alone.",
    )
    metrics_port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="Where a process without the web page tells its metrics, and whether it is ready; without it "
        "nowhere.",
    )
    cors_origins: Words = Field(
        default=(),
        description="Origins of web pages elsewhere that may call the API, such as `https://tools.acme.example`; none "
        "by default.",
    )
    trusted_proxies: Words = Field(
        default=(),
        description="Addresses or networks of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed; "
        "none by default.",
    )
    rate_limit: int = Field(
        default=600,
        ge=0,
        description="How many requests a minute the API takes from one key, session or address; 0 for any number.",
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = Field(
        default="info", description="How much is logged: `debug`, `info`, `warning` or `error`."
    )
    log_format: Annotated[Literal["text", "json"], BeforeValidator(_lower)] = Field(
        default="text", description="How: `text` for people, `json`, one object a line, for machines."
    )

    send_timeout: Duration = _span("15s", "How long one publishing request may take in all.")
    lease: Duration = _span("45s", "How long a worker keeps an account to itself before it must renew.")
    lease_reserve: Duration = _span("30s", "Nothing is sent when less than this is left of the lease.")
    quarantine: Duration = _span(
        "120s", "How long after a lease ended a doubtful send is first looked up, where a network can be read back."
    )
    second_look: Duration = _span("60s", "How long after the first look comes the second, which decides.")
    tries: Positive = Field(default=6, description="After so many tries that reached nobody a delivery is given up.")
    flood_new: Positive = Field(default=5, description="More new posts than this in one poll are held for a person.")
    flood_window: Positive = Field(
        default=6, description="More than half of a source's window being new is held, from this many entries on."
    )
    chunk: Annotated[int, Field(ge=1, le=1000)] = Field(
        default=1000, description="How many deliveries of one post are planned in one transaction."
    )
    echo_window: Duration = _span("7d", "How long what was published is recognised when a source shows it again.")
    drain_slice: Duration = _span("5s", "How long a worker sends for one account before others have their turn.")

    company_per_hour: Positive | None = Field(
        default=None, description="How many posts an account without a person may publish in an hour; none is no cap."
    )
    company_per_day: Positive | None = Field(default=None, description="The same for a day.")

    @model_validator(mode="after")
    def _a_lease_outlives_a_send(self) -> Self:
        if not self.send_timeout < self.lease_reserve < self.lease:
            raise PydanticCustomError(
                "lease", "CHAPPE_SEND_TIMEOUT must be below CHAPPE_LEASE_RESERVE, and that below CHAPPE_LEASE"
            )
        return self

    @model_validator(mode="after")
    def _many_processes_share_a_server(self) -> Self:
        if self.dispatch == "distributed" and not self.database_url.startswith("postgresql:"):
            raise PydanticCustomError(
                "dispatch",
                "CHAPPE_DISPATCH=distributed needs a PostgreSQL database, since a SQLite file is for one process: set "
                "CHAPPE_DATABASE_URL to postgresql://USER:PASSWORD@HOST/NAME",
            )
        return self

    @model_validator(mode="after")
    def _mails_are_from_somebody(self) -> Self:
        if self.smtp_url and not self.mail_from:
            raise PydanticCustomError("mail", "CHAPPE_SMTP_URL needs CHAPPE_MAIL_FROM: whom mails are from")
        return self

    @property
    def run(self) -> RunSettings:
        """The part of them that the engine's verbs are handed."""
        return RunSettings(**{field.name: getattr(self, field.name) for field in dataclasses.fields(RunSettings)})

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # the base class hands it in
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # the same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read what was handed in, the environment, and the file, in this order."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, config_file())


def load_settings() -> Settings:
    """Read the settings of this process.

    Raises SettingsError with a line for each that cannot be used.
    """
    try:
        return Settings()
    except ValidationError as error:
        details = [detail for detail in error.errors() if detail["type"] != "default_factory_not_called"]
        raise SettingsError("\n".join(map(_sentence, details))) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"The settings file {config_file()} is not TOML: {error}") from error


def config_file() -> Path:
    """Return the settings file: what `CHAPPE_CONFIG` names, which must exist, or `chappe.toml`, which need not."""
    named = os.environ.get(CONFIG)
    if named and not Path(named).is_file():
        raise SettingsError(f"{CONFIG} names {named}, which is not a file.")
    return Path(named) if named else DEFAULT_CONFIG


def unknown_variables(environ: Mapping[str, str]) -> list[str]:
    """Return a sentence for each variable that looks like a setting and is none."""
    known = {name.upper() for name in Settings.model_fields} | _OTHERS
    names = sorted(name.removeprefix(PREFIX) for name in environ if name.startswith(PREFIX))
    return [
        f"{PREFIX}{name} is no setting and does nothing.{_meant(name, known, PREFIX)}"
        for name in names
        if name not in known
    ]


def _variable(field: str) -> str:
    return f"{PREFIX}{field.upper()}"


def _meant(name: str, known: Iterable[str], prefix: str = "") -> str:
    close = difflib.get_close_matches(name, known, 1)
    return f" Did you mean {prefix}{close[0]}?" if close else ""


def _sentence(detail: ErrorDetails) -> str:
    """Say what is wrong with a setting, without its value, which may hold a password."""
    name = str(detail["loc"][0]) if detail["loc"] else ""
    if detail["type"] == "extra_forbidden":
        return f"{config_file()}: {name} is no setting.{_meant(name, Settings.model_fields)}"
    reason = detail["msg"].split(", unable")[0].removesuffix(".")
    if not name:
        return f"{reason}."
    where = _variable(name) if _variable(name) in os.environ else f"{config_file()}: {name}"
    if reason.startswith("Input should be"):
        return f"{where} must be{reason.removeprefix('Input should be')}."
    return f"{where}: {reason}."
