"""X's own cases: what it takes for a link, a mention, a hashtag, and how long a text is. Read where they are kept."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from engine.model.text import (
    V3,
    Weighting,
    fits_until,
    is_x_address,
    is_x_hashtag,
    is_x_list,
    is_x_name,
    measure,
    refused,
    weigh,
    x_entities_in,
    x_reply_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = Path(__file__).parents[4] / "shared" / "contracts" / "twitter-text"
WEIGHTED = {
    "WeightedTweetsCounterTest": 2,
    "WeightedTweetsWithDiscountedEmojiCounterTest": 3,
    "UnicodeDirectionalMarkerCounterTest": 3,
}

pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason="X's cases are kept beside the project, and are not here.")


@cache
def groups(name: str) -> dict[str, list[dict[str, Any]]]:
    tests: dict[str, list[dict[str, Any]]] = yaml.load((CASES / name).read_bytes(), yaml.CSafeLoader)["tests"]
    return tests


def failures(name: str, group: str, found: Callable[[str], Any]) -> list[tuple[str, Any, Any]]:
    cases = groups(name)[group]
    assert cases
    answers = ((case["description"], found(case["text"]), case["expected"]) for case in cases)
    return [answer for answer in answers if answer[1] != answer[2]]


def named(kind: str) -> Callable[[str], Any]:
    return lambda text: [entity.name for entity in x_entities_in(text) if entity.kind == kind]


def placed(kind: str, key: str) -> Callable[[str], Any]:
    return lambda text: [
        {key: entity.name, "indices": [entity.start, entity.end]}
        for entity in x_entities_in(text)
        if entity.kind == kind
    ]


def listed(text: str) -> Any:
    return [
        {"screen_name": user, "list_slug": slash + slug, "indices": [entity.start, entity.end]}
        for entity in x_entities_in(text)
        if entity.kind in {"mention", "list"}
        for user, slash, slug in [entity.name.partition("/")]
    ]


EXTRACTED: dict[str, Callable[[str], Any]] = {
    "mentions": named("mention"),
    "mentions_with_indices": placed("mention", "screen_name"),
    "mentions_or_lists_with_indices": listed,
    "replies": x_reply_in,
    "urls": named("link"),
    "urls_with_indices": placed("link", "url"),
    "urls_with_directional_markers": placed("link", "url"),
    "tco_urls_with_params": named("link"),
    "hashtags": named("hashtag"),
    "hashtags_from_astral": named("hashtag"),
    "hashtags_with_indices": placed("hashtag", "hashtag"),
    "cashtags": named("cashtag"),
    "cashtags_with_indices": placed("cashtag", "cashtag"),
}
VALID: dict[str, Callable[[str], bool]] = {
    "usernames": is_x_name,
    "lists": is_x_list,
    "hashtags": is_x_hashtag,
    "urls": is_x_address,
    "urls_without_protocol": lambda text: is_x_address(text, scheme=False),
}


@pytest.mark.parametrize("group", EXTRACTED)
def test_what_x_finds_in_a_text_is_found(group: str) -> None:
    assert failures("extract.yml", group, EXTRACTED[group]) == []


@pytest.mark.parametrize("group", ["country", "generic"])
def test_every_top_level_domain_that_x_knows_makes_a_link(group: str) -> None:
    assert failures("tlds.yml", group, named("link")) == []


@pytest.mark.parametrize("group", VALID)
def test_what_x_accepts_alone_is_accepted(group: str) -> None:
    assert failures("validate.yml", group, VALID[group]) == []


def test_every_group_of_cases_is_gone_through() -> None:
    assert set(groups("extract.yml")) == set(EXTRACTED)
    assert set(groups("validate.yml")) == {*VALID, *WEIGHTED, "tweets"}
    assert set(groups("tlds.yml")) == {"country", "generic"}


def weighting(number: int) -> Weighting:
    said = json.loads((CASES / f"config-v{number}.json").read_text("utf-8"))
    return Weighting(
        most=said["maxWeightedTweetLength"],
        light=tuple((ranged["start"], ranged["end"]) for ranged in said["ranges"]),
        heavy=said["defaultWeight"] // said["scale"],
        link=said["transformedURLLength"],
        emoji=said.get("emojiParsingEnabled", False),
    )


def parsed(text: str, weights: Weighting) -> dict[str, Any]:
    weight = weigh(text, weights)
    return {
        "weightedLength": weight,
        "valid": 0 < weight <= weights.most and not refused(text),
        "permillage": weight * 1000 // weights.most,
        "displayRangeStart": 0,
        "displayRangeEnd": max(0, measure(text, "utf16") - 1),
        "validRangeStart": 0,
        "validRangeEnd": max(0, measure(text[: fits_until(text, weights)], "utf16") - 1),
    }


@pytest.mark.parametrize("group", WEIGHTED)
def test_a_text_weighs_what_x_says(group: str) -> None:
    weights = weighting(WEIGHTED[group])

    assert failures("validate.yml", group, lambda text: parsed(text, weights)) == []


def test_the_first_weighting_takes_140_characters() -> None:
    assert failures("validate.yml", "tweets", lambda text: parsed(text, weighting(1))["valid"]) == []


def test_the_weighting_that_x_uses_is_its_third() -> None:
    assert weighting(3) == V3
