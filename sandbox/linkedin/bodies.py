"""What `POST /rest/posts` takes, and how it says what it does not take.

Fields as on learn.microsoft.com, posts-api (view li-lms-2026-08); lengths and counts from the pages of the Images and
MultiImage APIs. LinkedIn names every fault of a body at once, one line each.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic.alias_generators import to_camel

from sandbox.linkedin.little import Reading, read
from sandbox.linkedin.refusals import RefusalError, bad_content

COMMENTARY: Final = 3_000
"""Characters that a reader may get to see."""

ImageUrn = Annotated[str, StringConstraints(pattern=r"^urn:li:image:[A-Za-z0-9_-]+$")]
PersonUrn = Annotated[str, StringConstraints(pattern=r"^urn:li:person:[A-Za-z0-9_-]+$")]
AuthorUrn = Annotated[str, StringConstraints(pattern=r"^urn:li:(person|organization):[A-Za-z0-9_-]+$")]
PostUrn = Annotated[str, StringConstraints(pattern=r"^urn:li:(share|ugcPost):[0-9]+$")]
Address = Annotated[str, StringConstraints(pattern=r"^https?://\S+$")]
AltText = Annotated[str, StringConstraints(max_length=4_086)]

Taken = TypeVar("Taken", bound=BaseModel)


class _Body(BaseModel):
    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, alias_generator=to_camel, validate_by_name=True
    )  # the names that are ours are for ours alone: `taken` reads by alias


class Distribution(_Body):
    """Where a post appears."""

    feed_distribution: Literal["MAIN_FEED", "NONE"]
    target_entities: list[dict[str, Any]] = []
    third_party_distribution_channels: list[str] = []


class Picture(_Body):
    """An image that was uploaded before."""

    id: ImageUrn
    alt_text: AltText = ""
    title: str = ""


class Article(_Body):
    """A card. LinkedIn fetches nothing of the page: what is not said here is not shown."""

    source: Address
    title: Annotated[str, StringConstraints(min_length=1)]
    description: str = ""
    thumbnail: ImageUrn | None = None
    thumbnail_alt_text: AltText = ""


class MultiImage(_Body):
    """Several images."""

    images: Annotated[list[Picture], Field(min_length=2, max_length=20)]


class Content(_Body):
    """What is shown below the commentary: one of these."""

    article: Article | None = None
    media: Picture | None = None
    multi_image: MultiImage | None = None

    @property
    def images(self) -> list[str]:
        """Return the URNs of all images, in order."""
        one = [self.media.id] if self.media else []
        several = [picture.id for picture in self.multi_image.images] if self.multi_image else []
        thumbnail = [self.article.thumbnail] if self.article and self.article.thumbnail else []
        return one + several + thumbnail


class ReshareContext(_Body):
    """The post that is shared on. LinkedIn fills in the root itself."""

    parent: PostUrn


class NewPost(_Body):
    """The body of a post."""

    author: AuthorUrn
    commentary: str
    visibility: Literal["PUBLIC", "CONNECTIONS", "LOGGED_IN"]
    distribution: Distribution
    lifecycle_state: Literal["PUBLISHED"]
    content: Content | None = None
    is_reshare_disabled_by_author: bool = False
    reshare_context: ReshareContext | None = None


class UploadRequest(_Body):
    """Whose image it will be."""

    owner: AuthorUrn


class NewImage(_Body):
    """The body of `initializeUpload`."""

    initialize_upload_request: UploadRequest


def new_post(raw: bytes) -> tuple[NewPost, Reading]:
    """Return a post and what of its commentary will be seen, or refuse it."""
    post = taken(NewPost, raw)
    reading = read(post.commentary)
    length = len(reading.text) + len(reading.lost)
    if length > COMMENTARY:
        raise bad_content(
            400,
            f"ShareCommentary text length ({length} characters) exceeded the maximum allowed ({COMMENTARY} characters)",
            "FIELD_LENGTH_TOO_LONG",
            "The length of the field is too long",
            field="commentary",
            maxLength=COMMENTARY,
        )
    if not (reading.text.strip() or post.content or post.reshare_context):
        raise RefusalError(422, "ERROR :: /commentary :: a post needs a commentary, content or a reshare\n")
    if post.content and len(post.content.model_fields_set) != 1:
        raise RefusalError(422, "ERROR :: /content :: union type must have exactly one member\n")
    return post, reading


def taken(shape: type[Taken], raw: bytes) -> Taken:
    """Return a body in its shape, or refuse it with a line for each fault."""
    try:
        body = json.loads(raw)
    except ValueError as error:
        message = "Request body could not be converted to data map"
        raise RefusalError(400, message, code="ILLEGAL_ARGUMENT") from error
    try:
        return shape.model_validate(body, by_alias=True, by_name=False)
    except ValidationError as error:
        raise RefusalError(422, "".join(map(_line, error.errors()))) from error


def _line(fault: Any) -> str:
    path = "/" + "/".join(map(str, fault["loc"]))
    match fault["type"]:
        case "extra_forbidden":
            said = "unrecognized field found but not allowed"
        case "missing":
            said = "field is required but not found and has no default value"
        case "literal_error":
            said = f'"{fault["input"]}" is not an enum symbol'
        case _:
            said = str(fault["msg"])
    return f"ERROR :: {path} :: {said}\n"
