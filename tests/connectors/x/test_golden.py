"""What the sink of X sends, file by file: a new pair is a new test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.x.post_sink import XPost
from engine.contract.account import Account
from tests.connectors.golden import Given, given_in

GOLDEN = Path(__file__).parent / "golden"
LEA = Account("a1", "lea", "x", remote_id="12")


@pytest.mark.parametrize("path", given_in(GOLDEN), ids=lambda path: path.stem)
def test_a_post_is_the_body_beside_it(path: Path) -> None:
    given = Given.read(path)
    body = json.loads(given.body(XPost, LEA))

    assert body == json.loads(path.with_suffix(".wire.json").read_text("utf-8"))


def test_every_body_has_what_it_is_made_of() -> None:
    stems = {path.stem for path in given_in(GOLDEN)}
    assert {path.name.removesuffix(".wire.json") for path in GOLDEN.glob("*.wire.json")} == stems
    assert len(stems) >= 15
