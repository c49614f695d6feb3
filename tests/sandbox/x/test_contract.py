"""What the sandbox takes and answers is what X's own OpenAPI description says, where that is at hand."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

from sandbox.pictures import picture
from sandbox.x import bodies
from sandbox.x.windows import LIMITS

if TYPE_CHECKING:
    import httpx
    from pydantic import BaseModel

    from tests.sandbox.x.conftest import User

CONTRACT = Path(__file__).resolve().parents[4] / "shared" / "contracts" / "x-openapi.json"
pytestmark = pytest.mark.skipif(not CONTRACT.exists(), reason=f"{CONTRACT.name} is not beside the project")


@functools.cache
def contract() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(CONTRACT.read_text(encoding="utf-8"))
    return document


@functools.cache
def closed() -> dict[str, Any]:
    """Return the schemas, in which a field that is not described is a fault."""
    components: dict[str, Any] = json.loads(json.dumps(contract()["components"]))

    def close(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("type") == "object" and "properties" in node:
                node.setdefault("additionalProperties", False)
            for value in node.values():
                close(value)
        elif isinstance(node, list):
            for value in node:
                close(value)

    close(components["schemas"])
    return components


def check(schema: Any, value: Any, *, components: dict[str, Any] | None = None) -> None:
    whole = {**schema, "components": components or contract()["components"]}
    faults = [f"{fault.json_path}: {fault.message}" for fault in Draft202012Validator(whole).iter_errors(value)]
    assert not faults, "\n".join(faults)  # said by itself: a check may run without rewritten assertions


def checked(answer: httpx.Response, address: str) -> dict[str, Any]:
    """Hold an answer against the description of its address; returns its body."""
    method, _, path = address.partition(" ")
    described = contract()["paths"][path][method.lower()]["responses"]
    body: dict[str, Any] = answer.json()
    if answer.is_success:
        content = described[str(answer.status_code)]["content"]["application/json"]
        check(content["schema"], body, components=closed())
    else:
        kind = answer.headers["content-type"]
        check(described["default"]["content"][kind]["schema"], body)
    return body


def asked(body: dict[str, Any], address: str) -> dict[str, Any]:
    """Hold the body of a request against the description of its address, and return it."""
    method, _, path = address.partition(" ")
    content = contract()["paths"][path][method.lower()]["requestBody"]["content"]["application/json"]
    check(content["schema"], body)
    return body


def test_what_is_not_described_is_noticed() -> None:
    schema = {"$ref": "#/components/schemas/CreatePostsResponse"}
    check(schema, {"data": {"id": "1", "text": "x"}}, components=closed())

    for wrong in ({"id": "1", "text": "x", "more": 1}, {"id": "one", "text": "x"}, {"id": "1"}):
        with pytest.raises(AssertionError, match=r"\$\.data"):
            check(schema, {"data": wrong}, components=closed())


async def test_posts_and_reposts_are_as_described(lea: User, karim: User) -> None:
    create, share = "POST /2/tweets", "POST /2/users/{id}/retweets"
    made = await lea.send(
        "POST", "/2/tweets", json=asked({"text": "Voir https://acme.com", "made_with_ai": True}, create)
    )
    number = checked(made, create)["data"]["id"]
    reposted = await karim.send("POST", f"/2/users/{karim.id}/retweets", json=asked({"tweet_id": number}, share))

    assert made.status_code == 201
    assert checked(reposted, share)["data"]["rest_id"] == number


async def test_media_are_as_described(lea: User) -> None:
    data = picture("a")
    begin = {"media_type": "image/png", "media_category": "tweet_image", "total_bytes": len(data)}
    address = "POST /2/media/upload/initialize"
    begun = await lea.send("POST", "/2/media/upload/initialize", json=asked(begin, address))
    number = checked(begun, address)["data"]["id"]
    form: dict[str, Any] = {"data": {"segment_index": "0"}, "files": {"media": ("blob", data)}}
    checked(await lea.send("POST", f"/2/media/upload/{number}/append", **form), "POST /2/media/upload/{id}/append")
    checked(await lea.send("POST", f"/2/media/upload/{number}/finalize"), "POST /2/media/upload/{id}/finalize")
    query = {"command": "STATUS", "media_id": number}
    checked(await lea.send("GET", "/2/media/upload", params=query), "GET /2/media/upload")
    said = asked({"id": number, "metadata": {"alt_text": {"text": "Mer"}}}, "POST /2/media/metadata")

    assert (
        checked(await lea.send("POST", "/2/media/metadata", json=said), "POST /2/media/metadata")["data"]["id"]
        == number
    )


async def test_processing_is_as_described(lea: User) -> None:
    ended, number = await lea.upload(b"GIF89a\x10\x00\x10\x00" + bytes(50), "image/gif", "tweet_gif")
    checked(ended, "POST /2/media/upload/{id}/finalize")
    for _ in range(2):
        lea.sandbox.clock.advance(1)
        query = {"command": "STATUS", "media_id": number}
        checked(await lea.send("GET", "/2/media/upload", params=query), "GET /2/media/upload")


async def test_users_and_timelines_are_as_described(lea: User, karim: User) -> None:
    _, media = await lea.upload(picture("a"))
    number = (await lea.post("Voir https://acme.com", media={"media_ids": [media]})).json()["data"]["id"]
    await lea.post("Et encore")
    await karim.send("POST", f"/2/users/{karim.id}/retweets", json={"tweet_id": number})
    query = {
        "post.fields": "attachments,created_at,entities,conversation_id,edit_controls,reply_settings,note_post",
        "expansions": "author_id,attachments.media_keys,referenced_posts",
        "media.fields": "alt_text,width,height,url",
        "user.fields": "created_at,description,protected,verified",
    }
    timeline = "GET /2/users/{id}/tweets"

    for one in (lea, karim):
        told = checked(await one.send("GET", f"/2/users/{one.id}/tweets", params=query), timeline)
        assert told["meta"]["result_count"] == len(told["data"])
    checked(await lea.send("GET", f"/2/users/{lea.id}/tweets", params={**query, "max_results": "5"}), timeline)
    checked(await lea.send("GET", "/2/users/1/tweets", params=query), timeline)
    me = await lea.send("GET", "/2/users/me", params={"user.fields": query["user.fields"]})
    assert checked(me, "GET /2/users/me")["data"]["id"] == lea.id


async def test_refusals_of_kinds_that_are_described_are_as_described(lea: User) -> None:
    faulty = await lea.post("x", surprise=1)
    nothing = await lea.send("POST", f"/2/users/{lea.id}/retweets", json={"tweet_id": "1"})

    assert checked(faulty, "POST /2/tweets")["type"].endswith("/invalid-request")
    assert checked(nothing, "POST /2/users/{id}/retweets")["type"].endswith("/resource-not-found")


@pytest.mark.parametrize(
    ("shape", "name"),
    [
        (bodies.NewPost, "CreatePostsRequest"),
        (bodies.AttachedMedia, "CreatePostsMedia"),
        (bodies.Poll, "CreatePostsPoll"),
        (bodies.Reply, "CreatePostsReply"),
        (bodies.NewRepost, "RepostPostRequest"),
        (bodies.NewUpload, "InitializeMediaUploadRequest"),
        (bodies.Segment, "AppendMediaUploadRequest"),
    ],
)
def test_a_body_has_the_fields_that_are_described(shape: type[BaseModel], name: str) -> None:
    described = contract()["components"]["schemas"][name]

    assert set(shape.model_fields) == set(described["properties"])
    assert set(described.get("required", [])) <= {key for key, one in shape.model_fields.items() if one.is_required()}


def test_every_operation_is_described() -> None:
    described = {
        f"{method.upper()} {path.replace('{id}', ':id')}"
        for path, methods in contract()["paths"].items()
        for method in methods
    }

    assert set(LIMITS) <= described
