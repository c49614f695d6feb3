"""What is handed to those who run Chappe fits it: the dashboard, the rules, the image and its compose file.

No image is built here: the files are read, and what they name is looked up.
"""

from __future__ import annotations

import json
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from api.metrics.exposition import page
from api.metrics.numbers import Numbers
from api.settings import PREFIX, Settings
from engine.run.tally import Latency, Tally
from engine.store.gauges import Gauges
from engine.store.unit import Pool

STATES = dict.fromkeys(("sending", "doubtful", "check_needed", "waiting", "blocked"), 1)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
METRIC = re.compile(r"\b(?:chappe|process)_[a-z_]+")


@pytest.fixture(scope="module")
def exported() -> dict[str, set[str]]:
    """Give every name that is told, with its labels, of a process that has done everything once."""
    tally = Tally()
    tally.attempts["x", "sent"] = 1
    tally.latencies["x"] = Latency()
    gauges = Gauges(1, NOW, STATES, {"stuck": 1}, {"platform": 1}, 1)
    told, _ = page(Numbers(tally, {"platform": 1}, Pool(1, 4), gauges, 1.0, 0.5), "")
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(told.decode()):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def _expressions() -> dict[str, list[str]]:
    dashboard = json.loads(Path("docs/operations/grafana-dashboard.json").read_text(encoding="utf-8"))
    rules = yaml.safe_load(Path("docs/operations/alerts.yaml").read_text(encoding="utf-8"))
    return {
        "dashboard": [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]],
        "rules": [rule["expr"] for group in rules["groups"] for rule in group["rules"]],
    }


@pytest.mark.parametrize("where", ["dashboard", "rules"])
def test_every_metric_that_is_looked_at_is_told(exported: dict[str, set[str]], where: str) -> None:
    expressions = _expressions()[where]
    named = {name for expression in expressions for name in METRIC.findall(expression)}

    assert named - exported.keys() == set()
    assert len(expressions) > 9
    for expression in expressions:
        grouped = {label for group in re.findall(r"by \(([^)]+)\)", expression) for label in group.split(", ")}
        labels = set().union(*(exported[name] for name in METRIC.findall(expression)))
        assert grouped <= labels, expression


def test_every_metric_of_ours_is_on_the_dashboard(exported: dict[str, set[str]]) -> None:
    shown = " ".join(_expressions()["dashboard"])
    ours = {name for name in exported if name.startswith("chappe_")}
    told = {name for name in ours if not re.search(r"_(created|count|sum|info|up)$", name)}

    assert {name for name in told if name not in shown} == set()


def test_a_label_never_names_an_account_or_a_workspace(exported: dict[str, set[str]]) -> None:
    labels = {label for name, given in exported.items() if name.startswith("chappe_") for label in given}

    assert labels == {"platform", "outcome", "state", "scope", "le", "version"}


def _compose() -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load(Path("compose.yaml").read_text(encoding="utf-8"))
    return made


def test_the_services_wait_for_the_tables_and_say_when_they_are_ready() -> None:
    services = _compose()["services"]

    assert set(services) == {"database", "migrate", "web", "worker-1", "worker-2"}
    for name in ("web", "worker-1", "worker-2"):
        one = services[name]
        assert one["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
        assert "/ready" in " ".join(one["healthcheck"]["test"])
        assert int(one["stop_grace_period"].rstrip("s")) > 20
    assert services["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}


def test_every_variable_of_the_image_and_the_services_is_a_setting() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | {"CHAPPE_CONFIG"}
    files = [Path(name).read_text(encoding="utf-8") for name in ("compose.yaml", "Dockerfile")]
    named = {name for text in files for name in re.findall(r"\bCHAPPE_[A-Z_]+", text)}

    assert named - known == set()


def test_no_secret_stands_in_the_compose_file_and_nothing_runs_as_root() -> None:
    made, image = _compose(), Path("Dockerfile").read_text(encoding="utf-8")
    values = [value for one in made["services"].values() for value in one.get("environment", {}).items()]

    assert [name for name, _ in values if "PASSWORD" in name] == ["POSTGRES_PASSWORD_FILE"]
    assert not any("://" in str(value) for _, value in values)
    assert all(str(one["file"]).startswith("secrets/") for one in made["secrets"].values())
    assert "/secrets/" in Path(".gitignore").read_text(encoding="utf-8")
    assert image.rindex("\nUSER 10001") > image.rindex("\nFROM")


def test_the_image_holds_what_the_package_is_made_of() -> None:
    build = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    image = Path("Dockerfile").read_text(encoding="utf-8")
    sent = Path(".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = {word for words in re.findall(r"^COPY (?!--)(.+) \S+$", image, re.MULTILINE) for word in words.split()}

    assert set(build["targets"]["wheel"]["only-include"]) <= copied
    assert {f"!{name}" for name in copied} <= set(sent)
