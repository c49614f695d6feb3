"""What the sink of X sends, file by file: a new pair is a new test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from connectors.x.post_sink import XPost
from engine.contract.account import Account
from tests.connectors.golden import Given, given_in

GOLDEN = Path(__file__).parent / "golden"
CONTRACT = Path(__file__).resolve().parents[4] / "shared" / "contracts" / "x-openapi.json"
LEA = Account("a1", "lea", "x", remote_id="12")


@pytest.mark.parametrize("path", given_in(GOLDEN), ids=lambda path: path.stem)
def test_a_post_is_the_body_beside_it(path: Path) -> None:
    given = Given.read(path)
    body = json.loads(given.body(XPost, LEA))

    assert body == json.loads(path.with_suffix(".wire.json").read_text("utf-8"))


@pytest.mark.skipif(not CONTRACT.exists(), reason=f"{CONTRACT.name} is not beside the project")
def test_every_body_is_as_x_describes_it() -> None:
    described = json.loads(CONTRACT.read_text("utf-8"))
    validators = {
        path: Draft202012Validator(
            described["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
            | {"components": described["components"]}
        )
        for path in ("/2/tweets", "/2/users/{id}/retweets")
    }
    faults: dict[str, list[str]] = {}
    for path in given_in(GOLDEN):
        given = Given.read(path)
        address = "/2/users/{id}/retweets" if given.config.get("mode") == "repost" else "/2/tweets"
        found = validators[address].iter_errors(json.loads(given.body(XPost, LEA)))
        faults[path.stem] = [fault.message for fault in found]

    assert {name: found for name, found in faults.items() if found} == {}
    assert list(validators["/2/tweets"].iter_errors({"words": "not described"}))


def test_every_body_has_what_it_is_made_of() -> None:
    stems = {path.stem for path in given_in(GOLDEN)}
    assert {path.name.removesuffix(".wire.json") for path in GOLDEN.glob("*.wire.json")} == stems
    assert len(stems) >= 15
