"""What is done at X is counted as on its price list, and how often it may be done stands in the answers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.people import COMPANY_ON_X
from sandbox.pictures import picture
from sandbox.x.problems import ProblemError
from sandbox.x.windows import LIMITS, Windows
from tests.sandbox.conftest import Clock
from tests.sandbox.x.conftest import user

if TYPE_CHECKING:
    from tests.sandbox.x.conftest import User


async def spent(lea: User) -> str:
    bill: dict[str, Any] = (await lea.sandbox.client.get("/networks/x/bill")).json()
    return str(bill["spent"])


async def test_each_thing_has_its_price(lea: User) -> None:
    sums = [await spent(lea)]
    number = (await lea.post("Sans lien")).json()["data"]["id"]
    sums.append(await spent(lea))
    await lea.post("Avec https://acme.com/")
    sums.append(await spent(lea))
    await lea.send("POST", f"/2/users/{lea.id}/retweets", json={"tweet_id": number})
    sums.append(await spent(lea))
    _, media = await lea.upload(picture("a"))
    await lea.send("POST", "/2/media/metadata", json={"id": media, "metadata": {"alt_text": {"text": "x"}}})
    sums.append(await spent(lea))
    await lea.get("/2/users/me")
    sums.append(await spent(lea))

    assert sums == ["$0.000", "$0.015", "$0.215", "$0.230", "$0.235", "$0.245"]


async def test_what_is_refused_costs_nothing(lea: User) -> None:
    await lea.post("Encore")
    await lea.post("Encore")
    await lea.post("x" * 281)

    assert await spent(lea) == "$0.015"


async def test_what_is_read_again_on_the_same_day_is_charged_once(lea: User, karim: User) -> None:
    for number in range(3):
        await lea.post(f"Nr {number}")
    path = f"/2/users/{lea.id}/tweets"
    await karim.get(path)
    await karim.get(path)
    assert await spent(lea) == "$0.060"
    lea.sandbox.clock.advance(timedelta(hours=15).total_seconds())
    await karim.get(path, max_results=5)

    assert await spent(lea) == "$0.075"


async def test_the_owner_of_the_app_reads_its_own_for_less(lea: User) -> None:
    company = user(lea.sandbox, COMPANY_ON_X)
    await lea.sandbox.client.post("/networks/x/posts", json={"text": "De nous"})
    await company.get(f"/2/users/{COMPANY_ON_X}/tweets")

    assert await spent(lea) == "$0.001"


async def test_when_the_credits_are_gone_nothing_goes_until_there_are_more(lea: User) -> None:
    await lea.sandbox.client.put("/networks/x/credits", json={"dollars": "0.02"})
    statuses = [(await lea.post(f"Nr {number}")).status_code for number in range(3)]
    refused = await lea.send("GET", "/2/users/me")
    await lea.sandbox.client.put("/networks/x/credits", json={"dollars": None})

    assert statuses == [201, 201, 402]
    assert (refused.status_code, refused.json()["title"]) == (402, "CreditsDepleted")
    assert refused.json()["type"].endswith("/2/problems/credits")
    assert (await lea.post("Nr 3")).status_code == 201


async def test_answers_say_how_many_calls_are_left(lea: User, karim: User) -> None:
    await lea.sandbox.client.put("/networks/x/windows", json={"tweets": 2})
    answers = [await lea.post(f"Nr {number}") for number in range(3)]
    reset = int((lea.sandbox.clock.now() + timedelta(minutes=15)).timestamp())

    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert [answer.headers["x-rate-limit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert {answer.headers["x-rate-limit-reset"] for answer in answers} == {str(reset)}
    assert answers[2].json()["title"] == "Too Many Requests"
    assert answers[0].headers["x-app-limit-24hour-limit"] == "10000"
    assert (await karim.post()).status_code == 201
    lea.sandbox.clock.advance(timedelta(minutes=15).total_seconds())
    assert (await lea.post("Nr 2")).status_code == 201


async def test_an_app_can_be_left_with_fewer_calls_for_all_its_users(lea: User, karim: User) -> None:
    await lea.sandbox.client.put("/networks/x/windows", json={"tweets/app": 2})
    answers = [await user.post(f"Nr {number}") for number, user in enumerate((lea, karim, lea))]

    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert [answer.headers["x-app-limit-24hour-remaining"] for answer in answers] == ["1", "0", "0"]


@pytest.mark.parametrize("operation", LIMITS)
def test_a_window_takes_as_many_calls_as_x_says(operation: str) -> None:
    windows, now = Windows(), Clock().now()
    for _ in range(LIMITS[operation].user):
        windows.call(operation, "lea", now)

    with pytest.raises(ProblemError) as refused:
        windows.call(operation, "lea", now)
    assert refused.value.headers["x-rate-limit-limit"] == str(LIMITS[operation].user)
    assert windows.call(operation, "karim", now)["x-rate-limit-remaining"] == str(LIMITS[operation].user - 1)


def test_an_app_has_a_window_of_its_own() -> None:
    windows, now = Windows(), Clock().now()
    for number in range(10_000):
        windows.call("POST /2/tweets", f"user {number}", now)

    with pytest.raises(ProblemError) as refused:
        windows.call("POST /2/tweets", "lea", now + timedelta(minutes=16))
    assert refused.value.headers["x-rate-limit-limit"] == "10000"
    assert windows.call("POST /2/tweets", "lea", now + timedelta(hours=24))
