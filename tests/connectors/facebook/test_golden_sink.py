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
PAGE = Account("a1", "acme-page", "facebook", remote_id="108")


@pytest.mark.parametrize("path", given_in(GOLDEN), ids=lambda path: path.stem)
def test_a_post_is_the_body_beside_it(path: Path) -> None:
    body = dict(parse_qsl(Given.read(path).body(FacebookPageSink, PAGE).decode(), strict_parsing=True))

    assert body == json.loads(path.with_suffix(".wire.json").read_text("utf-8"))


def test_every_body_has_what_it_is_made_of() -> None:
    stems = {path.stem for path in given_in(GOLDEN)}
    assert {path.name.removesuffix(".wire.json") for path in GOLDEN.glob("*.wire.json")} == stems
    assert len(stems) >= 15
