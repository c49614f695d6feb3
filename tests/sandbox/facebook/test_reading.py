"""Reading a page: every kind of post with its fields, lists with cursors, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from sandbox.facebook.asking import asked_of
from sandbox.facebook.errors import GraphError
from sandbox.facebook.nodes import KNOWN
from sandbox.facebook.publishing import EVERYWHERE, FEED, PHOTOS
from sandbox.people import PAGE
from tests.sandbox.facebook.conftest import BASE
from tests.sandbox.facebook.test_tokens import code_of

if TYPE_CHECKING:
    from tests.sandbox.facebook.conftest import Facebook

CONTRACT = Path(__file__).resolve().parents[4] / "shared" / "contracts" / "facebook"
ATTACHMENT = "media_type,media,url,unshimmed_url,title,description,type,target"
FIELDS = (
    "id,message,story,created_time,updated_time,permalink_url,full_picture,is_published,status_type,shares,parent_id,"
    f"from,attachments{{{ATTACHMENT},subattachments.limit(100){{{ATTACHMENT}}}}},message_tags,scheduled_publish_time"
)
KINDS: dict[str, dict[str, Any]] = {
    "status": {"message": "Bonjour @Nérée", "tags": ["@Nérée"]},
    "photo": {"message": "Une bouée", "pictures": [{"name": "buoy", "alt": "A yellow buoy"}]},
    "album": {"message": "Trois", "pictures": [{"name": str(number)} for number in range(3)]},
    "link": {"message": "À lire", "link": "https://acme.example/a?b=c&d=é", "title": "Un titre", "description": "Deux"},
    "video": {"message": "Regardez", "kind": "video", "title": "200 jours", "pictures": [{"name": "film"}]},
    "event": {"message": "Venez", "kind": "event", "title": "Portes ouvertes", "pictures": [{"name": "event"}]},
    "offer": {"message": "-20 %", "kind": "offer", "title": "Une offre", "link": "https://acme.example/offer"},
}


async def shown(facebook: Facebook, **new: Any) -> dict[str, Any]:
    """Publish as a person and return what an app sees of it, with all fields."""
    post = await facebook.compose(**new)
    answer = await facebook.get(post, await facebook.page_token(), fields=FIELDS)
    assert answer.status_code == 200, answer.text
    node: dict[str, Any] = answer.json()
    return node


@pytest.mark.parametrize(
    ("kind", "media_type", "status_type"),
    [
        ("photo", "photo", "added_photos"),
        ("album", "album", "added_photos"),
        ("link", "link", "shared_story"),
        ("video", "video", "added_video"),
        ("event", "event", "created_event"),
        ("offer", "offer", "mobile_status_update"),
    ],
)
async def test_every_kind_of_post_has_its_attachment(
    facebook: Facebook, kind: str, media_type: str, status_type: str
) -> None:
    node = await shown(facebook, **KINDS[kind])
    [attachment] = node["attachments"]["data"]

    assert (attachment["media_type"], node["status_type"]) == (media_type, status_type)
    assert node["message"] == KINDS[kind]["message"]
    assert node["from"] == {"name": "Acme", "id": PAGE}
    assert node["created_time"] == "2026-01-05T09:00:00+0000"
    assert node["is_published"] is True
    assert attachment.get("title") == (KINDS[kind].get("title") or {"album": "Photos from Acme's post"}.get(kind))


async def test_a_status_has_neither_attachments_nor_picture(facebook: Facebook) -> None:
    node = await shown(facebook, **KINDS["status"])

    assert {"attachments", "full_picture", "story", "shares", "parent_id"}.isdisjoint(node)
    assert [(tag["name"], tag["offset"], tag["length"]) for tag in node["message_tags"]] == [("@Nérée", 8, 6)]


async def test_pictures_are_there_to_be_fetched_and_tell_their_alt_text(facebook: Facebook) -> None:
    node = await shown(facebook, **KINDS["photo"])
    [attachment] = node["attachments"]["data"]
    image = attachment["media"]["image"]
    file = await facebook.client.get(image["src"])
    target = attachment["target"]["id"]
    photo = await facebook.get(target, await facebook.page_token(), fields="alt_text,alt_text_custom")

    assert node["full_picture"] == image["src"]
    assert (image["width"], image["height"]) == (800, 420)
    assert (file.headers["content-type"], file.content[1:4]) == ("image/png", b"PNG")
    assert photo.json() == {"alt_text": "A yellow buoy", "alt_text_custom": "A yellow buoy", "id": target}


async def test_a_link_outside_is_wrapped_and_said_plainly_too(facebook: Facebook) -> None:
    [attachment] = (await shown(facebook, **KINDS["link"]))["attachments"]["data"]

    assert attachment["unshimmed_url"] == KINDS["link"]["link"]
    assert attachment["url"].startswith("https://l.facebook.com/l.php?u=https%3A%2F%2Facme.example%2Fa%3Fb%3Dc%26d%3D")


async def test_more_than_twelve_pictures_come_only_when_asked_for(facebook: Facebook) -> None:
    post = await facebook.compose(pictures=[{"name": str(number), "gone": True} for number in range(30)])
    token = await facebook.page_token()
    counts = [
        len((await facebook.get(post, token, fields=fields)).json()["attachments"]["data"][0]["subattachments"]["data"])
        for fields in ("attachments", "attachments{subattachments{media}}", "attachments{subattachments.limit(40)}")
    ]
    source = (await facebook.get(post, token, fields="full_picture")).json()["full_picture"]

    assert counts == [12, 12, 30]
    assert (await facebook.client.get(source)).status_code == 404


async def test_a_list_shows_what_was_asked_for_and_by_itself_four_fields(facebook: Facebook) -> None:
    await facebook.compose(message="Bonjour", story="Acme did something.")
    token = await facebook.page_token()
    plain = (await facebook.get(f"{PAGE}/published_posts", token)).json()["data"]
    asked = (await facebook.get(f"{PAGE}/published_posts", token, fields="message,from{name}")).json()["data"]

    assert [set(one) for one in plain] == [{"created_time", "message", "story", "id"}]
    assert [set(one) for one in asked] == [{"message", "from", "id"}]
    assert asked[0]["from"] == {"name": "Acme", "id": PAGE}


async def test_pages_follow_one_another_newest_first(facebook: Facebook) -> None:
    posts = []
    for number in range(5):
        posts.append(await facebook.compose(message=str(number)))
        facebook.clock.advance(60)
    token = await facebook.page_token()
    bearer = {"authorization": f"Bearer {token}"}
    answer = (await facebook.get(f"{PAGE}/published_posts", token, limit=2, fields="id")).json()
    pages = [answer]
    while "next" in answer["paging"]:
        answer = (
            await facebook.client.get(answer["paging"]["next"], headers={"authorization": f"Bearer {token}"})
        ).json()
        pages.append(answer)
    back = await facebook.client.get(pages[1]["paging"]["previous"], headers=bearer)

    assert [[one["id"] for one in page["data"]] for page in pages] == [posts[:2:-1], posts[2:0:-1], posts[:1]]
    assert back.json()["data"] == pages[0]["data"]
    assert pages[0]["paging"]["next"].startswith(f"{BASE}/facebook/v26.0/{PAGE}/published_posts?")


async def test_a_page_of_deleted_posts_is_empty_and_still_has_a_next_one(facebook: Facebook) -> None:
    first = await facebook.compose(message="stays")
    facebook.clock.advance(60)
    gone = [await facebook.compose(message=str(number)) for number in range(2)]
    for post in gone:
        assert (await facebook.steer("DELETE", f"posts/{post}")).status_code == 204
    token = await facebook.page_token()
    empty = (await facebook.get(f"{PAGE}/published_posts", token, limit=2)).json()
    rest = await facebook.client.get(empty["paging"]["next"], headers={"authorization": f"Bearer {token}"})

    assert empty["data"] == []
    assert [one["id"] for one in rest.json()["data"]] == [first]


async def test_the_token_comes_back_in_the_next_address_only_when_it_came_in_one(facebook: Facebook) -> None:
    for number in range(2):
        await facebook.compose(message=str(number))
    token = await facebook.page_token()
    by_header = await facebook.get(f"{PAGE}/published_posts", token, limit=1)
    by_query = await facebook.get(f"{PAGE}/published_posts", limit=1, access_token=token)

    queries = [dict(parse_qsl(urlsplit(one.json()["paging"]["next"]).query)) for one in (by_header, by_query)]
    assert [query.get("access_token") for query in queries] == [None, token]


async def test_since_and_until_bound_a_list(facebook: Facebook) -> None:
    for minutes in (30, 20, 10):
        await facebook.compose(message=str(minutes), minutes_ago=minutes)
    token = await facebook.page_token()
    now = int(facebook.clock.now().timestamp())
    answer = await facebook.get(f"{PAGE}/published_posts", token, since=now - 25 * 60, until=now - 15 * 60)

    assert [one["message"] for one in answer.json()["data"]] == ["20"]


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"fields": "message,likes_count"}, "100"),
        ({"fields": "attachments{media,alt}"}, "100"),
        ({"fields": "attachments{media"}, "2500"),
        ({"fields": "message;id"}, "2500"),
        ({"limit": "101"}, "100"),
        ({"limit": "all"}, "100"),
        ({"after": "made up"}, "100"),
        ({"since": "yesterday"}, "100"),
    ],
)
async def test_what_is_not_known_is_refused(facebook: Facebook, params: dict[str, str], error: str) -> None:
    answer = await facebook.get(f"{PAGE}/published_posts", await facebook.page_token(), **params)

    assert (answer.status_code, code_of(answer)) == (400, error)


@pytest.mark.parametrize(
    ("path", "error"),
    [("v20.0", "2635"), ("v27.0", "2500"), ("v21.0", ""), ("", "")],
)
async def test_versions_are_served_until_their_day(facebook: Facebook, path: str, error: str) -> None:
    answer = await facebook.client.get(
        f"/{path}/me" if path else "/me", params={"access_token": await facebook.page_token()}
    )

    assert (code_of(answer) if error else answer.status_code) == (error or 200)
    assert answer.headers["facebook-api-version"] == (path or "v21.0")


@pytest.mark.parametrize("path", ["123", f"{PAGE}/insights", f"{PAGE}_1", "me/feed/x", "", "?ids=1,2"])
async def test_what_is_not_there_is_said_not_to_be(facebook: Facebook, path: str) -> None:
    assert code_of(await facebook.get(path, await facebook.page_token())) == "100/33"


async def test_an_etag_is_neither_given_nor_looked_at(facebook: Facebook) -> None:
    token = await facebook.page_token()
    answers = [
        await facebook.client.get(
            f"/v26.0/{PAGE}/published_posts", params={"access_token": token}, headers={"if-none-match": '"x"'}
        )
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert all("etag" not in answer.headers for answer in answers)


async def test_an_answer_can_be_bent_for_one_post(facebook: Facebook) -> None:
    node = await shown(facebook, message="x", raw={"message": None, "reels": [1]}, missing=["created_time"])

    assert node["message"] is None
    assert node["reels"] == [1]
    assert "created_time" not in node


async def test_usage_is_told_by_the_kind_of_token_and_a_full_bucket_refuses(facebook: Facebook) -> None:
    user, page = await facebook.user_token(), await facebook.page_token()
    quiet = await facebook.get("me", page)
    figures = {"app": {"call_count": 40}, PAGE: {"call_count": 95, "estimated_time_to_regain_access": 7}}
    await facebook.steer("PUT", "usage", figures)
    by_user, by_page = await facebook.get("me", user), await facebook.get("me", page)
    await facebook.steer("PUT", "usage", {PAGE: {"call_count": 100}})

    assert "x-business-use-case-usage" not in quiet.headers
    assert json.loads(by_user.headers["x-app-usage"])["call_count"] == 40
    [entry] = json.loads(by_page.headers["x-business-use-case-usage"])[PAGE]
    assert (entry["type"], entry["call_count"], entry["estimated_time_to_regain_access"]) == ("pages", 95, 7)
    assert code_of(await facebook.get("me", page)) == "80001"


async def test_an_app_that_asks_too_often_is_told_so(facebook: Facebook) -> None:
    page = await facebook.page_token()
    await facebook.get("me", page)
    usage = facebook.world.networks["facebook"].parts["graph"].usage
    usage.seen[PAGE].extend([facebook.clock.now()] * 47_000)
    near = await facebook.get("me", page)

    assert json.loads(near.headers["x-business-use-case-usage"])[PAGE][0]["call_count"] == 97


@pytest.mark.skipif(not CONTRACT.is_dir(), reason="Meta's specifications are not beside the project")
async def test_names_and_types_are_those_of_metas_specification(facebook: Facebook) -> None:
    spec = {one["name"]: one["type"] for one in json.loads((CONTRACT / "PagePost.json").read_text())["fields"]}
    types: dict[str, Any] = {
        "string": str,
        "datetime": str,
        "bool": bool,
        "float": (int, float),
        "list": list,
        "Object": dict,
    }
    edges = {one.get("endpoint") for one in json.loads((CONTRACT / "PagePost.json").read_text())["apis"]}
    for new in KINDS.values():
        for name, value in (await shown(facebook, **new)).items():
            if name != "attachments":
                assert isinstance(value, types[spec[name].partition("<")[0]]), (name, value)

    assert "attachments" in edges


def specified(kind: str, edge: str = "") -> set[str]:
    """Return the fields of a kind of node in Meta's specification, or the parameters to publish at its edge."""
    spec = json.loads((CONTRACT / f"{kind}.json").read_text(encoding="utf-8"))
    found = [one for one in spec["apis"] if (one["method"], one.get("endpoint")) == ("POST", edge)]
    return {one["name"] for one in (found[0]["params"] if edge else spec["fields"])}


@pytest.mark.skipif(not CONTRACT.is_dir(), reason="Meta's specifications are not beside the project")
def test_nothing_is_known_here_that_meta_does_not_specify() -> None:
    edges = {"attachments", "comments", "reactions", "likes"}
    source = {"source", "tasks", "picture"}  # the file itself, and what only lists of pages and users have

    assert set(KNOWN["PagePost"]) - edges <= specified("PagePost")
    assert set(KNOWN["Photo"]) <= specified("Photo")
    assert set(KNOWN["Page"]) - source <= specified("Page")
    assert specified("Page", "feed") >= FEED - EVERYWHERE
    assert PHOTOS - EVERYWHERE - source <= specified("Page", "photos")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("id", ["id"]),
        (" id , message ", ["id", "message"]),
        ("from{name,id},id", ["from", "id"]),
        ("attachments.limit(3){media}", ["attachments"]),
        ("comments.filter(stream).limit(0)", ["comments"]),
    ],
)
def test_fields_are_read_with_what_is_inside(text: str, names: list[str]) -> None:
    assert list(asked_of(text)) == names


@pytest.mark.parametrize("text", ["{", "a{b", "a}b", "a b", "{" * 5_000, "a{" * 5_000, "1 é", "a.b", ",,"])
def test_fields_that_cannot_be_read_are_an_error_and_never_a_crash(text: str) -> None:
    with pytest.raises(GraphError):
        asked_of(text)
