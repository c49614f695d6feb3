"""A timeline is read page by page, as X does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.sandbox.x.conftest import User


async def written(lea: User, count: int) -> list[str]:
    numbers = []
    for number in range(count):
        numbers.append((await lea.post(f"Nr {number}")).json()["data"]["id"])
        lea.sandbox.clock.advance(60)
    return numbers[::-1]


async def test_pages_follow_one_another_without_gap_and_back(lea: User, karim: User) -> None:
    numbers = await written(lea, 12)
    path = f"/2/users/{lea.id}/tweets"
    pages: list[dict[str, Any]] = [await karim.get(path, max_results=5)]
    while token := pages[-1]["meta"].get("next_token"):
        pages.append(await karim.get(path, max_results=5, pagination_token=token))
    back = await karim.get(path, max_results=5, pagination_token=pages[1]["meta"]["previous_token"])

    assert [post["id"] for page in pages for post in page["data"]] == numbers
    assert [page["meta"]["result_count"] for page in pages] == [5, 5, 2]
    assert "previous_token" not in pages[0]["meta"]
    assert back["data"] == pages[0]["data"]
    assert pages[0]["meta"]["newest_id"] == numbers[0]


async def test_what_came_after_a_number_or_a_time_is_told_alone(lea: User) -> None:
    numbers = await written(lea, 6)
    path = f"/2/users/{lea.id}/tweets"

    async def ids(**query: str | int) -> list[str]:
        return [post["id"] for post in (await lea.get(path, **query)).get("data", [])]

    assert await ids(since_id=numbers[3]) == numbers[:3]
    assert await ids(until_id=numbers[3]) == numbers[4:]
    assert await ids(start_time="2026-01-05T09:04:00Z") == numbers[:2]
    assert await ids(end_time="2026-01-05T09:04:00Z") == numbers[2:]
    assert await ids(since_id=numbers[0]) == []
    assert await lea.get(path, since_id=numbers[0]) == {"meta": {"result_count": 0}}


async def test_reposts_can_be_left_out(lea: User, karim: User) -> None:
    await lea.post("De moi")
    number = (await karim.post("De lui")).json()["data"]["id"]
    await lea.send("POST", f"/2/users/{lea.id}/retweets", json={"tweet_id": number})
    path = f"/2/users/{lea.id}/tweets"

    assert (await lea.get(path))["meta"]["result_count"] == 2
    assert (await lea.get(path, exclude="retweets,replies"))["meta"]["result_count"] == 1


async def test_what_belongs_to_a_post_comes_when_it_is_asked_for(lea: User, karim: User) -> None:
    number = (await karim.post("De lui")).json()["data"]["id"]
    await lea.send("POST", f"/2/users/{lea.id}/retweets", json={"tweet_id": number})
    query = {"expansions": "author_id,referenced_tweets.id", "tweet.fields": "author_id,created_at"}
    page = await lea.get(f"/2/users/{lea.id}/tweets", **query)

    assert page["includes"]["users"] == [{"id": lea.id, "name": "Léa Martin", "username": "lea_martin"}]
    assert [(post["id"], post["text"]) for post in page["includes"]["tweets"]] == [(number, "De lui")]
    assert page["data"][0]["created_at"] == "2026-01-05T09:00:00.000Z"


@pytest.mark.parametrize(
    "query",
    [
        {"max_results": 4},
        {"max_results": 101},
        {"max_results": "ten"},
        {"since_id": "x"},
        {"exclude": "everything"},
        {"start_time": "yesterday"},
        {"start_time": "2026-01-05T09:00:00"},
        {"pagination_token": "zzz"},
        {"pagination_token": "!"},
        {"tweet.fields": "surprise"},
        {"expansions": "surprise"},
        {"surprise": 1},
    ],
)
async def test_a_faulty_question_is_refused(lea: User, query: dict[str, str | int]) -> None:
    answer = await lea.send("GET", f"/2/users/{lea.id}/tweets", params=query)

    assert answer.status_code == 400
    assert list(answer.json()["errors"][0]["parameters"]) == list(query)


async def test_a_user_whom_nobody_knows_is_a_partial_error(lea: User) -> None:
    answer = await lea.send("GET", "/2/users/1/tweets")

    assert answer.status_code == 200
    assert answer.json()["errors"][0]["detail"] == "Could not find user with id: [1]."
