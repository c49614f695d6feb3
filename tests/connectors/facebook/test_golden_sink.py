"""What the sink of a page sends, file by file: a new pair is a new test."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from connectors.facebook.page_sink import FacebookPageSink
from engine.contract.account import Account
from tests.connectors.golden import Given, given_in

GOLDEN = Path(__file__).parent / "golden_sink"
CONTRACT = Path(__file__).resolve().parents[4] / "shared" / "contracts" / "facebook" / "Page.json"
PAGE = Account("a1", "acme-page", "facebook", remote_id="108")


@pytest.mark.parametrize("path", given_in(GOLDEN), ids=lambda path: path.stem)
def test_a_post_is_the_body_beside_it(path: Path) -> None:
    body = dict(parse_qsl(Given.read(path).body(FacebookPageSink, PAGE).decode(), strict_parsing=True))

    assert body == json.loads(path.with_suffix(".wire.json").read_text("utf-8"))


@pytest.mark.skipif(not CONTRACT.exists(), reason=f"{CONTRACT.name} is not beside the project")
def test_every_field_is_one_that_a_page_takes() -> None:
    edges = json.loads(CONTRACT.read_text("utf-8"))["apis"]
    [feed] = [edge for edge in edges if (edge["method"], edge.get("endpoint")) == ("POST", "feed")]
    taken = {parameter["name"] for parameter in feed["params"]}
    sent = {
        name.partition("[")[0]
        for path in given_in(GOLDEN)
        for name, _ in parse_qsl(Given.read(path).body(FacebookPageSink, PAGE).decode())
    }

    assert {"message", "link", "attached_media"} <= sent <= taken


def test_every_body_has_what_it_is_made_of() -> None:
    stems = {path.stem for path in given_in(GOLDEN)}
    assert {path.name.removesuffix(".wire.json") for path in GOLDEN.glob("*.wire.json")} == stems
    assert len(stems) >= 15
