"""Settings: where they are read, what is refused and in which words, and that the page tells all of them."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta
from pathlib import Path

import pytest

from api import settings_docs
from api.settings import Settings, SettingsError, load_settings, unknown_variables
from engine.run.core import RunSettings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Start in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal() -> str:
    with pytest.raises(SettingsError) as refused:
        load_settings()
    return str(refused.value)


def test_without_any_setting_everything_lies_in_one_folder() -> None:
    settings = load_settings()

    assert settings.database_url == "sqlite:///.chappe/chappe.db"
    assert settings.key_file == Path(".chappe/chappe.key")
    assert (settings.host, settings.port, settings.dispatch) == ("127.0.0.1", 8080, "embedded")


def test_the_database_and_the_key_follow_the_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAPPE_DATA_DIR", "/srv/chappe")

    settings = load_settings()

    assert settings.database_url == "sqlite:////srv/chappe/chappe.db"
    assert settings.key_file == Path("/srv/chappe/chappe.key")


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/lea")
    monkeypatch.setenv("CHAPPE_DATA_DIR", "~/chappe")

    assert load_settings().data_dir == Path("/home/lea/chappe")


def test_the_engines_own_defaults_are_the_defaults_here() -> None:
    assert load_settings().run == RunSettings()


def test_every_setting_of_the_engine_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in dataclasses.fields(RunSettings):
        own = {"send_timeout": "3s", "lease_reserve": "4s", "public_url": "https://chappe.acme.example/"}
        value = own.get(field.name, "7s" if field.type == "timedelta" else "7")
        monkeypatch.setenv(f"CHAPPE_{field.name.upper()}", value)

    run = dataclasses.asdict(load_settings().run)

    assert run.pop("send_timeout") == timedelta(seconds=3)
    assert run.pop("lease_reserve") == timedelta(seconds=4)
    assert run.pop("public_url") == "https://chappe.acme.example"
    assert set(run.values()) == {7, timedelta(seconds=7)}


@pytest.mark.parametrize("url", ["chappe.acme.example", "ftp://acme.example", "https://acme.example/?a=1", "7"])
def test_a_public_address_is_one_that_others_can_reach(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAPPE_PUBLIC_URL", url)
    assert refusal() == "CHAPPE_PUBLIC_URL: write the address that others reach it at: https://chappe.acme.example."


def test_a_variable_goes_before_the_file_and_the_file_before_the_default(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "chappe.toml").write_text('host = "::1"\nport = 1\nlease = "50s"\nallow_private = ["10.0.0.0/8", "db"]\n')
    monkeypatch.setenv("CHAPPE_PORT", "2")

    settings = load_settings()

    assert (settings.host, settings.port, settings.lease) == ("::1", 2, timedelta(seconds=50))
    assert settings.allow_private == ("10.0.0.0/8", "db")
    assert settings.log_level == "info"


def test_the_file_may_lie_elsewhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "other.toml").write_text("port = 3")
    monkeypatch.setenv("CHAPPE_CONFIG", str(folder / "other.toml"))

    assert load_settings().port == 3


def test_a_file_that_is_named_must_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAPPE_CONFIG", "/nowhere/chappe.toml")

    assert refusal() == "CHAPPE_CONFIG names /nowhere/chappe.toml, which is not a file."


def test_a_list_in_a_variable_is_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAPPE_ALLOW_PRIVATE", "10.0.0.0/8, localhost,*")

    assert load_settings().allow_private == ("10.0.0.0/8", "localhost", "*")


def test_an_empty_variable_is_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAPPE_DATABASE_URL", "")

    assert load_settings().database_url == "sqlite:///.chappe/chappe.db"


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("PORT", "99999", "CHAPPE_PORT must be less than or equal to 65535."),
        ("PORT", "http", "CHAPPE_PORT must be a valid integer."),
        ("TRIES", "0", "CHAPPE_TRIES must be greater than or equal to 1."),
        ("LOG_LEVEL", "loud", "CHAPPE_LOG_LEVEL must be 'debug', 'info', 'warning' or 'error'."),
        ("LEASE", "4 min", "CHAPPE_LEASE: “4 min” is not a duration: write 4m."),
        (
            "DISPATCH",
            "distributed",
            (
                "CHAPPE_DISPATCH=distributed needs a PostgreSQL database, since a SQLite file is for one process: set "
                "CHAPPE_DATABASE_URL to postgresql://USER:PASSWORD@HOST/NAME."
            ),
        ),
        (
            "DATABASE_URL",
            "mysql://u:s3cr3t@h/d",
            "CHAPPE_DATABASE_URL: write sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME.",
        ),
        (
            "LEASE",
            "20s",
            "CHAPPE_SEND_TIMEOUT must be below CHAPPE_LEASE_RESERVE, and that below CHAPPE_LEASE.",
        ),
    ],
)
def test_a_setting_that_cannot_be_used_is_named_with_the_remedy(
    variable: str, value: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"CHAPPE_{variable}", value)

    assert refusal() == sentence


def test_all_that_is_wrong_is_said_at_once_and_where_it_stands(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "chappe.toml").write_text('prot = 1\nlog_format = "xml"\n')
    monkeypatch.setenv("CHAPPE_PORT", "-1")

    assert refusal().splitlines() == [
        "CHAPPE_PORT must be greater than or equal to 0.",
        "chappe.toml: log_format must be 'text' or 'json'.",
        "chappe.toml: prot is no setting. Did you mean port?",
    ]


def test_a_file_that_is_not_toml_is_named(folder: Path) -> None:
    (folder / "chappe.toml").write_text("port == 1")

    assert refusal().startswith("The settings file chappe.toml is not TOML: ")


def test_a_mistyped_variable_is_found_and_what_belongs_to_others_is_left_alone() -> None:
    names = ["CHAPPE_DATABSE_URL", "CHAPPE_ZZZ", "CHAPPE_CONFIG", "CHAPPE_TEST_POSTGRES", "HOME", "CHAPPE_PORT"]

    assert unknown_variables(dict.fromkeys(names, "x")) == [
        "CHAPPE_DATABSE_URL is no setting and does nothing. Did you mean CHAPPE_DATABASE_URL?",
        "CHAPPE_ZZZ is no setting and does nothing.",
    ]


def test_the_password_of_the_database_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAPPE_DATABASE_URL", "postgresql://chappe:s3cr3t@db/chappe")

    assert "s3cr3t" not in repr(load_settings())


def test_the_page_tells_every_setting_with_its_default() -> None:
    rows = re.findall(r"^\| `CHAPPE_(\w+)` \| (.+?) \| (.*) \|$", settings_docs.page(), re.MULTILINE)

    assert [name.lower() for name, _, _ in rows] == list(Settings.model_fields)
    assert all(description.endswith(".") for _, description, _ in rows)
    assert ("PORT", "`8080`") in [(name, default) for name, _, default in rows]
