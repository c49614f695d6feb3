"""What the Graph API shows of a page's posts, as far as we read it: anything may be missing, null or new.

Fields: contracts of the business SDK (PagePost), April 2026; developers.facebook.com/docs/graph-api/reference/v26.0/
page-post and .../page-post/attachments, read 2026-11-22.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias, TypeVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

FIELDS = (
    "id,message,story,created_time,updated_time,permalink_url,full_picture,is_published,status_type,parent_id,"
    "from{id,name},message_tags,"
    "attachments{media_type,type,title,description,url,unshimmed_url,media,target,"
    "subattachments.limit(100){media_type,type,title,description,url,unshimmed_url,media,target}}"
)
T = TypeVar("T")


def _or_nothing(value: Any) -> Any:
    return "" if value is None else value


Words: TypeAlias = Annotated[str, BeforeValidator(_or_nothing)]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)


class Image(_Shape):
    """A picture's address and size in pixels."""

    src: Words = ""
    width: int | None = None
    height: int | None = None


class Pixels(_Shape):
    """What an attachment shows: a picture, and the film's address where it is one."""

    image: Image | None = None
    source: Words = ""


class Target(_Shape):
    """What an attachment stands for: the id of a photo, among others."""

    id: Words = ""


class Attachment(_Shape):
    """One attachment; albums have more below them."""

    media_type: Words = ""
    type: Words = ""
    title: Words = ""
    description: Words = ""
    url: Words = ""
    unshimmed_url: Words = ""
    media: Pixels | None = None
    target: Target | None = None
    subattachments: Attachments | None = None


class Attachments(_Shape):
    """The attachments of a post or an album."""

    data: tuple[Attachment, ...] = ()


class Named(_Shape):
    """Somebody who is named in a post, or who wrote it."""

    id: Words = ""
    name: Words = ""


class PagePost(_Shape):
    """A post of a page."""

    id: str = Field(min_length=1, max_length=200)
    message: Words = ""
    story: Words = ""
    created_time: AwareDatetime | None = None
    updated_time: AwareDatetime | None = None
    permalink_url: Words = ""
    full_picture: Words = ""
    is_published: bool | None = None
    status_type: Words = ""
    author: Named | None = Field(default=None, alias="from")
    message_tags: Annotated[tuple[Named, ...], BeforeValidator(lambda value: value or ())] = ()
    attachments: Attachments | None = None


_POST = TypeAdapter(PagePost)


def read_post(row: Any) -> PagePost | None:
    """Return a post, None where it has no shape of one: one odd post must not hide the others.

    A part that cannot be read (an attachment of a new shape, say) is left out, and the rest is kept.
    """
    if not isinstance(row, dict):
        return None
    known = dict(row)
    for _ in range(len(PagePost.model_fields)):
        try:
            return _POST.validate_python(known)
        except ValidationError as error:
            odd = {str(one["loc"][0]) for one in error.errors(include_url=False) if one["loc"]}
            if not odd or "id" in odd:
                return None
            known = {name: value for name, value in known.items() if name not in odd}
    return None
