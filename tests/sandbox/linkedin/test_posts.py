"""Posts are refused as LinkedIn refuses them, and stand on timelines as readers see them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.linkedin.posts import write
from sandbox.linkedin.routes import PER_DAY
from sandbox.people import ORGANIZATION
from sandbox.pictures import picture
from tests.sandbox.linkedin.conftest import VERSIONED, member

if TYPE_CHECKING:
    from tests.sandbox.conftest import Sandbox
    from tests.sandbox.linkedin.conftest import Member


async def test_a_post_is_answered_by_an_empty_body_and_its_urn_in_the_head(lea: Member) -> None:
    answer = await lea.post("Un parc *de plus*".replace("*", "\\*"))

    assert (answer.status_code, answer.content) == (201, b"")
    assert answer.headers["x-restli-id"].startswith("urn:li:share:")
    [post] = lea.timeline
    assert (post.id, post.shown, post.app != "") == (answer.headers["x-restli-id"], "Un parc *de plus*", True)


async def test_what_follows_a_bare_character_is_lost_without_a_word_and_the_page_shows_it(lea: Member) -> None:
    answer = await lea.post("Bravo (à tous)")
    shown = (await lea.sandbox.client.get("/networks/linkedin/accounts/lea")).json()["posts"][0]

    assert answer.status_code == 201
    assert (shown["text"], shown["sent"], shown["details"]["lost"]) == ("Bravo ", "Bravo (à tous)", "(à tous)")


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"surprise": 1}, 422, "/surprise :: unrecognized field found but not allowed"),
        ({"lifecycleState": "DRAFT"}, 422, '/lifecycleState :: "DRAFT" is not an enum symbol'),
        ({"visibility": "EVERYONE"}, 422, "/visibility"),
        ({"distribution": {}}, 422, "/distribution/feedDistribution :: field is required but not found"),
        ({"distribution": {"feed_distribution": "MAIN_FEED"}}, 422, "/distribution/feed_distribution"),
        ({"author": "urn:li:person:somebody"}, 403, "[/author]"),
        ({"author": ORGANIZATION}, 403, "[/author]"),
        ({"commentary": "x" * 3_001}, 400, "(3001 characters) exceeded the maximum allowed (3000 characters)"),
        ({"commentary": ""}, 422, "/commentary"),
        ({"commentary": None}, 422, "/commentary"),
        ({"content": {}}, 422, "/content"),
        ({"content": {"multiImage": {"images": [{"id": "urn:li:image:1"}]}}}, 422, "/content/multiImage/images"),
        ({"content": {"media": {"id": "urn:li:image:unknown"}}}, 400, "urn:li:image:unknown"),
        ({"content": {"article": {"source": "https://acme.example/"}}}, 422, "/content/article/title"),
        ({"content": {"media": {"id": "urn:li:image:1", "altText": "x" * 4_087}}}, 422, "/content/media/altText"),
        ({"reshareContext": {"parent": "urn:li:activity:7"}}, 422, "/reshareContext/parent"),
        ({"reshareContext": {"parent": "urn:li:share:7", "root": "urn:li:share:7"}}, 422, "/reshareContext/root"),
        ({"reshareContext": {"parent": "urn:li:share:7"}}, 404, "urn:li:share:7"),
    ],
)
async def test_a_faulty_post_is_refused(lea: Member, changes: dict[str, Any], status: int, said: str) -> None:
    answer = await lea.post(**changes)

    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert said in answer.json()["message"]
    assert lea.timeline == []


async def test_only_what_is_read_counts_towards_the_length(lea: Member) -> None:
    assert (await lea.post("\\_" * 3_000)).status_code == 201
    refused = await lea.post("\\_" * 3_001)

    assert refused.json()["errorDetails"]["inputErrors"][0]["code"] == "FIELD_LENGTH_TOO_LONG"


async def test_a_body_that_is_no_json_is_refused(lea: Member) -> None:
    answer = await lea.sandbox.client.post("/linkedin/rest/posts", content=b"{", headers=lea.headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "ILLEGAL_ARGUMENT")


async def test_the_same_post_within_ten_minutes_is_a_duplicate_that_names_the_first(lea: Member, karim: Member) -> None:
    first = (await lea.post("Encore")).headers["x-restli-id"]
    again = await lea.post("Encore")

    assert again.status_code == 422
    assert again.json()["message"].endswith(f"Content is a duplicate of {first}")
    assert again.json()["errorDetails"]["inputErrors"][0]["code"] == "DUPLICATE_POST"
    assert (await karim.post("Encore")).status_code == 201
    assert (await lea.post("Encore", visibility="CONNECTIONS")).status_code == 422
    lea.sandbox.clock.advance(timedelta(minutes=10).total_seconds())
    assert (await lea.post("Encore")).status_code == 201


async def test_employees_share_on_what_the_company_wrote_unless_it_said_no(lea: Member) -> None:
    shared = write(lea.network, ORGANIZATION, "Nous recrutons (vraiment)")
    closed = write(lea.network, ORGANIZATION, "Entre nous", resharing=False)
    answer = await lea.post("", reshareContext={"parent": shared.id})
    again = await lea.post("", reshareContext={"parent": shared.id})
    refused = await lea.post("Lisez", reshareContext={"parent": closed.id})
    shown = (await lea.sandbox.client.get("/networks/linkedin/accounts/lea")).json()["posts"]

    assert [one.status_code for one in (answer, again, refused)] == [201, 422, 422]
    assert [post["reshares"]["text"] for post in shown] == ["Nous recrutons (vraiment)"]
    assert refused.json()["errorDetails"]["inputErrors"][0]["code"] == "RESHARE_DISABLED"


async def test_an_article_is_the_card_that_was_sent(lea: Member) -> None:
    _, thumbnail = await lea.upload(picture("acme/energie"))
    article = {
        "source": "https://acme.example/p/1",
        "title": "Énergie",
        "description": "Du vent",
        "thumbnail": thumbnail,
    }
    assert (await lea.post("À lire", content={"article": article})).status_code == 201
    [shown] = (await lea.sandbox.client.get("/networks/linkedin/accounts/lea")).json()["posts"]

    assert (shown["kind"], shown["card"]["title"], shown["card"]["url"]) == ("link", "Énergie", article["source"])
    assert (await lea.sandbox.client.get(shown["card"]["picture"])).content == picture("acme/energie")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"linkedin-version": ""}, 400, "VERSION_MISSING"),
        ({"linkedin-version": "202404"}, 426, "NONEXISTENT_VERSION"),
        ({"linkedin-version": "latest"}, 426, "NONEXISTENT_VERSION"),
        ({"x-restli-protocol-version": "1.0.0"}, 400, "ILLEGAL_ARGUMENT"),
        ({"authorization": "Bearer nobody"}, 401, "INVALID_ACCESS_TOKEN"),
        ({"authorization": ""}, 401, "INVALID_ACCESS_TOKEN"),
    ],
)
async def test_a_request_with_the_wrong_head_is_refused(
    lea: Member, change: dict[str, str], status: int, code: str
) -> None:
    lea.headers |= change
    answer = await lea.post()

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert lea.timeline == []


async def test_a_version_ends_on_its_day(lea: Member) -> None:
    lea.headers["linkedin-version"] = "202510"
    assert (await lea.post("Avant")).status_code == 201
    end = datetime(2026, 10, 15, tzinfo=UTC)
    lea.sandbox.clock.advance((end - lea.sandbox.clock.now()).total_seconds())
    later = member(lea.sandbox, "lea")
    later.headers["linkedin-version"] = "202510"
    refused = await later.post("Après")

    assert refused.json() == {
        "status": 426, "code": "NONEXISTENT_VERSION", "message": "Requested version 20251001 is not active"
    }  # fmt: skip


async def test_a_day_has_150_requests_for_a_member_and_no_header_says_so(lea: Member, karim: Member) -> None:
    for number in range(PER_DAY):
        assert (await lea.post(f"Nr {number}", author="urn:li:person:other")).status_code == 403
    refused = await lea.post()

    assert refused.status_code == 429
    assert {"retry-after", "x-ratelimit-reset"}.isdisjoint(refused.headers)
    assert (await karim.post()).status_code == 201
    lea.sandbox.clock.advance(timedelta(hours=15).total_seconds())
    assert (await lea.post()).status_code == 201


async def test_without_the_scope_nothing_is_written(sandbox: Sandbox) -> None:
    reader = member(sandbox, "ines", ("openid", "profile"))
    answer = await reader.post()

    assert (answer.status_code, answer.json()["code"]) == (403, "ACCESS_DENIED")


async def test_members_posts_cannot_be_read_back_but_can_be_taken_away(lea: Member, karim: Member) -> None:
    urn = (await lea.post()).headers["x-restli-id"]
    address = f"/linkedin/rest/posts/{urn.replace(':', '%3A')}"
    client = lea.sandbox.client

    assert (await client.get(address, headers=lea.headers)).json()["code"] == "ACCESS_DENIED"
    finder = await client.get("/linkedin/rest/posts", params={"q": "author"}, headers=lea.headers)
    assert finder.status_code == 403
    assert (await client.delete(address, headers=karim.headers)).status_code == 403
    assert (await client.delete(address, headers=lea.headers)).status_code == 204
    assert lea.timeline == []


async def test_userinfo_takes_nothing_but_the_token(lea: Member) -> None:
    bare = {name: value for name, value in lea.headers.items() if name not in VERSIONED}
    who = (await lea.sandbox.client.get("/linkedin/v2/userinfo", headers=bare)).json()

    assert f"urn:li:person:{who['sub']}" == lea.urn
    assert (who["name"], who["given_name"], who["family_name"]) == ("Léa Martin", "Léa", "Martin")


async def test_what_people_do_at_linkedin_itself_can_be_steered(lea: Member) -> None:
    client = lea.sandbox.client
    written = await client.post("/networks/linkedin/posts", json={"text": "Entre nous", "resharing": False})
    unknown = await client.post("/networks/linkedin/posts", json={"text": "x", "account": "nobody"})
    refused = await lea.post("Lisez", reshareContext={"parent": written.json()["id"]})
    await client.put("/networks/linkedin/limits", json={"per_day": 1})

    assert [one.status_code for one in (written, unknown, refused)] == [201, 404, 422]
    assert (await lea.post()).status_code == 429
    await client.put("/networks/linkedin/limits", json={"per_day": None})
    assert (await lea.post()).status_code == 201
