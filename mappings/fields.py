"""The kinds of value that the document and the operators' settings share: names, zones, lists that may be one word."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final, LiteralString, TypeAlias, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError, core_schema

from engine.content.template import Template, TemplateError
from engine.model.duration import Duration
from mappings.findings import clipped, did_you_mean

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

T = TypeVar("T")

NAME_PATTERN: Final = r"[A-Za-z][A-Za-z0-9_-]{0,59}"
_NAME: Final = re.compile(NAME_PATTERN)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NO_NAME: Final = re.compile(r"[^A-Za-z0-9_-]+")


def refusal(kind: LiteralString, sentence: str) -> PydanticCustomError:
    """Return the error that a validator raises; `kind` chooses the finding's code, the sentence is shown as it is."""
    return PydanticCustomError(kind, "{sentence}", {"sentence": sentence})


def _name(value: str) -> str:
    if _NAME.fullmatch(value):
        return value
    mended = _NO_NAME.sub("_", value).strip("_-")[:60]
    advice = f" Write `{mended}`." if _NAME.fullmatch(mended) else ""
    rule = "names have letters, digits, - and _, and begin with a letter"
    raise refusal("name", f"“{clipped(value)}” is not a name: {rule}.{advice}")


Name: TypeAlias = Annotated[str, AfterValidator(_name), Field(json_schema_extra={"pattern": f"^{NAME_PATTERN}$"})]
"""The name of a mapping or node: letters, digits, - and _, beginning with a letter, at most 60."""


def _zone(value: Any) -> ZoneInfo:
    if isinstance(value, ZoneInfo):
        return value
    if not isinstance(value, str):
        raise refusal("zone", "A time zone is a name such as Europe/Paris.")
    try:
        return ZoneInfo(value)
    except (ValueError, KeyError, OSError) as error:
        raise refusal("zone", f"“{clipped(value)}” is not a time zone such as Europe/Paris.{_near(value)}") from error


def _near(value: str) -> str:
    cities = _cities()
    key = value.strip().casefold().replace(" ", "_")
    return f" Did you mean `{cities[key]}`?" if key in cities else did_you_mean(value, available_timezones())


@cache
def _cities() -> dict[str, str]:
    """Return the zones by what follows their last slash, in small letters."""
    return {name.rsplit("/", 1)[-1].casefold(): name for name in sorted(available_timezones(), reverse=True)}


Zone: TypeAlias = Annotated[
    ZoneInfo,
    PlainValidator(_zone),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "format": "timezone", "examples": ["Europe/Paris"]}),
]
"""An IANA time zone by its name."""


def _some(value: Duration) -> Duration:
    if value <= timedelta(0):
        raise refusal("duration", f"{value} is no time at all. Write a longer one, such as 10m.")
    return value


SomeTime: TypeAlias = Annotated[Duration, AfterValidator(_some)]
"""A duration above nought."""


def _day(value: Any) -> date:
    if isinstance(value, date):
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    shown = f"“{clipped(value)}”" if isinstance(value, str) else "This"
    raise refusal("date", f"{shown} is not a date such as 2026-12-24.")


Day: TypeAlias = Annotated[
    date, PlainValidator(_day), PlainSerializer(str), WithJsonSchema({"type": "string", "format": "date"})
]
"""A day of the calendar, written as 2026-12-24."""


def _template(value: Any) -> Template:
    if isinstance(value, Template):
        return value
    if not isinstance(value, str):
        raise refusal("template", "This should be a text, in which {{ post.text }} puts the post's text.")
    try:
        return Template(value)
    except TemplateError as error:
        raise refusal("template", str(error)) from error


TemplateText: TypeAlias = Annotated[
    Template,
    PlainValidator(_template),
    PlainSerializer(lambda template: template.source, return_type=str),
    WithJsonSchema({"type": "string", "format": "liquid"}),
]
"""A Liquid template, compiled."""


class OrOne:
    """Takes a lone value for a list of one, and says so in the schema."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(_listed, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        many = handler(schema)
        return {"anyOf": [many["items"], many]}


def _listed(value: Any) -> Any:
    return value if value is None or isinstance(value, (list, tuple)) else [value]


OneOrMore: TypeAlias = Annotated[tuple[T, ...], Field(min_length=1, max_length=500), OrOne()]
"""A list, or the one value that would be in it."""
