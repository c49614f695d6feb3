"""What the operations of X take: every field of its OpenAPI description 2.167, and no other."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from sandbox.x.problems import invalid

if TYPE_CHECKING:
    from sandbox.forms import Form

Id = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,19}$")]
Repliers = Literal["following", "mentionedUsers", "subscribers", "verified"]
Category = Literal[
    "amplify_video", "tweet_gif", "tweet_image", "tweet_video", "dm_gif", "dm_image", "dm_video", "subtitles"
]
MediaType = Literal[
    "video/mp4", "video/webm", "video/mp2t", "video/quicktime", "text/srt", "text/vtt", "image/jpeg", "image/gif",
    "image/bmp", "image/png", "image/webp", "image/pjpeg", "image/tiff", "model/gltf-binary", "model/vnd.usdz+zip",
]  # fmt: skip

Taken = TypeVar("Taken", bound=BaseModel)


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AttachedMedia(_Body):
    """Media that were uploaded before."""

    media_ids: Annotated[list[Id], Field(min_length=1, max_length=4)]
    tagged_user_ids: Annotated[list[Id], Field(max_length=10)] = []
    description: str = ""
    title: str = ""
    embeddable: bool = False
    preview_media_id: Id | None = None
    call_to_actions: dict[str, Any] | None = None


class Poll(_Body):
    """A question with two to four answers."""

    options: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=25)]], Field(min_length=2, max_length=4)
    ]
    duration_minutes: Annotated[int, Field(ge=5, le=10_080)]
    reply_settings: Repliers | None = None


class Reply(_Body):
    """What is replied to."""

    in_reply_to_tweet_id: Id
    exclude_reply_user_ids: list[Id] = []
    auto_populate_reply_metadata: bool = False


class EditOptions(_Body):
    """The post that this one replaces."""

    previous_post_id: Id


class Geo(_Body):
    """Where it was written."""

    place_id: str


class NewPost(_Body):
    """The body of `POST /2/tweets`."""

    text: str = ""
    media: AttachedMedia | None = None
    poll: Poll | None = None
    reply: Reply | None = None
    quote_tweet_id: Id | None = None
    reply_settings: Repliers | None = None
    edit_options: EditOptions | None = None
    geo: Geo | None = None
    community_id: Id | None = None
    card_uri: str | None = None
    direct_message_deep_link: str | None = None
    for_super_followers_only: bool = False
    made_with_ai: bool = False
    nullcast: bool = False
    paid_partnership: bool = False
    share_with_followers: bool = False


class NewRepost(_Body):
    """The body of `POST /2/users/:id/retweets`."""

    tweet_id: Id


class NewUpload(_Body):
    """The body of `initialize`."""

    media_type: MediaType
    media_category: Category
    total_bytes: Annotated[int, Field(ge=0, le=17_179_869_184)]
    shared: bool = False
    additional_owners: list[Id] = []


class Segment(_Body):
    """The body of `append`: a form with a file, or JSON with Base64."""

    media: bytes
    segment_index: Annotated[int, Field(ge=0, le=999)]


class AltText(BaseModel):
    """What somebody who does not see the picture is told."""

    text: Annotated[str, StringConstraints(max_length=1_000)]


class Metadata(BaseModel):
    """What may be said about media; only the alternative text matters here."""

    alt_text: AltText | None = None


class NewMetadata(BaseModel):
    """The body of `POST /2/media/metadata`, which X leaves open to other fields."""

    id: Id
    metadata: Metadata | None = None


def taken(shape: type[Taken], raw: bytes, kind: str) -> Taken:
    """Return a body of a content type in its shape, or refuse it with a sentence for each fault."""
    if kind.partition(";")[0].strip().lower() != "application/json":
        raise invalid(("Requests with bodies must have content-type of application/json.", {}))
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise invalid(("Request body is not valid JSON.", {})) from error
    return shaped(shape, body)


def shaped(shape: type[Taken], body: Any) -> Taken:
    """Return what was read already in its shape, or refuse it with a sentence for each fault."""
    try:
        return shape.model_validate(body)
    except ValidationError as error:
        raise invalid(*((_sentence(fault), {}) for fault in error.errors())) from error


def segment_of(form: Form) -> Segment:
    """Return a segment, however it was sent."""
    given: dict[str, Any] = {**form.values, **{name: file.data for name, file in form.files.items()}}
    try:
        if isinstance(given.get("media"), str):
            given["media"] = base64.b64decode(given["media"], validate=True)
    except binascii.Error as error:
        raise invalid(("$.media: is neither a file nor Base64", {})) from error
    if not form.whole:
        raise invalid(("The request body is not what its content type says.", {}))
    return shaped(Segment, given)


def _sentence(fault: Any) -> str:
    path = "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in fault["loc"])
    match fault["type"]:
        case "extra_forbidden":
            return f"{path}: is not defined in the schema and the schema does not allow additional properties"
        case "missing":
            return f"{path}: is missing but it is required"
        case _:
            return f"{path}: {fault['msg']}"
