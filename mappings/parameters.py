"""The `parameters:` of a mapping: what each `${NAME}` in it means, for people and for forms that ask for values."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from mappings.calendar_days import time_of_day
from mappings.fields import Day, Name, SomeTime, Zone, refusal
from mappings.refusals import sentence

ParameterKind: TypeAlias = Literal[
    "text", "name", "url", "account", "audience", "zone", "duration", "time", "date", "hashtag"
]
"""What a value is: for a form, which offers accounts, groups or zones, and to refuse what cannot be one."""

_Text: TypeAlias = Annotated[str, StringConstraints(min_length=1)]


def _hashtag(value: str) -> str:
    if not value.isidentifier():
        raise refusal("hashtag", "A hashtag is one word of letters, digits and underscores, written without #.")
    return value


_SHAPES: Final[dict[ParameterKind, TypeAdapter[Any]]] = {
    "text": TypeAdapter(_Text),
    "name": TypeAdapter(Name),
    "url": TypeAdapter(HttpUrl),
    "account": TypeAdapter(_Text),
    "audience": TypeAdapter(_Text),
    "zone": TypeAdapter(Zone),
    "duration": TypeAdapter(SomeTime),
    "time": TypeAdapter(Annotated[str, AfterValidator(time_of_day)]),
    "date": TypeAdapter(Day),
    "hashtag": TypeAdapter(Annotated[str, AfterValidator(_hashtag)]),
}


class ParameterEntry(BaseModel):
    """What a mapping says of one of its parameters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(min_length=1, max_length=80, title="Title", description="What people call it.")
    description: str = Field(default="", max_length=500, title="Description", description="What it is for.")
    kind: ParameterKind = Field(default="text", title="Kind", description="What its value is.")
    default: str | None = Field(default=None, title="Default", description="Its value where none is given.")
    example: str | None = Field(default=None, title="Example", description="A value such as people give.")

    @model_validator(mode="after")
    def _values_fit(self) -> Self:
        for key, value in (("default", self.default), ("example", self.example)):
            if value is not None and (said := self.refused(value)):
                raise refusal("parameter", f"Its {key} does not fit: {said}")
        return self

    def refused(self, value: str) -> str:
        """Say in a sentence why a value cannot be one of this parameter; nothing where it can."""
        try:
            _SHAPES[self.kind].validate_python(value)
        except ValidationError as error:
            return sentence(error.errors()[0])
        return ""


def _name(value: str) -> str:
    if not (value.isascii() and value.isidentifier()):
        raise refusal("name", "A parameter's name has letters, digits and underscores, such as COMPANY.")
    return value


ParameterName: TypeAlias = Annotated[
    str, AfterValidator(_name), Field(json_schema_extra={"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"})
]
"""The name of a parameter, as it stands in `${NAME}`."""
