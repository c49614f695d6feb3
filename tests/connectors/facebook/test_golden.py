"""Each post of a page in golden/, as the Graph API shows it, gives exactly the Post beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.facebook.posts import left_out, post_of
from connectors.facebook.shapes import read_post

GOLDEN = Path(__file__).parent / "golden"
CONTRACT = Path(__file__).resolve().parents[4] / "shared" / "contracts" / "facebook" / "PagePost.json"
SHOWN = sorted(path for path in GOLDEN.glob("*.json") if not path.name.endswith(".post.json"))


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.stem)
def test_a_post_of_a_page_gives_the_post_beside_it(path: Path) -> None:
    shown = read_post(json.loads(path.read_text("utf-8")))
    assert shown is not None
    assert left_out(shown) == ""
    expected = json.loads(path.with_suffix(".post.json").read_text("utf-8"))
    assert post_of(shown).model_dump(mode="json", exclude_defaults=True) == expected


def test_every_expectation_has_its_post() -> None:
    assert {path.name.removesuffix(".post.json") for path in GOLDEN.glob("*.post.json")} == {p.stem for p in SHOWN}
    assert len(SHOWN) >= 25


@pytest.mark.skipif(not CONTRACT.exists(), reason=f"{CONTRACT.name} is not beside the project")
def test_every_post_has_the_fields_that_meta_specifies_and_one_invents_another() -> None:
    specified = {field["name"] for field in json.loads(CONTRACT.read_text("utf-8"))["fields"]}
    edge = "attachments"  # an edge of a post, which the specification does not list among its fields
    unknown = {path.stem: set(json.loads(path.read_text("utf-8"))) - specified - {edge} for path in SHOWN}

    assert {stem: fields for stem, fields in unknown.items() if fields} == {"new_fields": {"reactions_v2"}}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"id": "1_2", "message": "Later", "is_published": False}, "not published yet"),
        ({"id": "1_3", "story": "Acme changed its address."}, "nothing but what Facebook wrote"),
        (
            {"id": "1_4", "attachments": {"data": [{"media_type": "photo", "type": "cover_photo"}]}},
            "a new picture of the page itself",
        ),
    ],
    ids=["unpublished", "story alone", "cover photo"],
)
def test_what_nobody_wrote_is_left_out_with_a_reason(row: dict[str, object], reason: str) -> None:
    shown = read_post(row)
    assert shown is not None
    assert left_out(shown) == reason


@pytest.mark.parametrize("row", [None, [], "post", {}, {"message": "no id"}, {"id": ""}, {"id": {"a": 1}}])
def test_what_has_no_shape_of_a_post_is_none(row: object) -> None:
    assert read_post(row) is None
