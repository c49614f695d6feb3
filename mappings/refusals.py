"""What pydantic refuses, as findings at the exact key, in sentences for whoever wrote the mapping.

A refused setting is not quoted: it may be a secret that somebody wrote where its name belongs. Validators of ours quote
what cannot be one.
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel

from mappings.findings import clipped, did_you_mean, listed
from mappings.rules import shape

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from mappings.findings import Path, Rule
    from mappings.reading.loaded import Loaded

RULE_OF: Final = {
    "name": shape.BAD_NAME,
    "duration": shape.BAD_DURATION,
    "zone": shape.BAD_TIME,
    "date": shape.BAD_TIME,
    "time": shape.BAD_TIME,
    "pattern": shape.BAD_PATTERN,
    "template": shape.BAD_TEMPLATE,
}
"""The rule by the kind of error that a validator raises."""

_NUMBER: Final = "This should be a number."
_WHOLE: Final = "This should be a whole number."
_TRUTH: Final = "This should be true or false."
_LIST: Final = "This should be a list."
_KEYS: Final = "This should be a mapping of keys and values."

SENTENCES: Final[dict[str, str]] = {
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "dict_type": _KEYS,
    "mapping_type": _KEYS,
    "model_type": _KEYS,
    "model_attributes_type": _KEYS,
    "greater_than": "This should be more than {gt}.",
    "greater_than_equal": "This should be at least {ge}.",
    "less_than": "This should be less than {lt}.",
    "less_than_equal": "This should be at most {le}.",
    "string_too_long": "This is too long: at most {max_length} characters.",
    "string_too_short": "This is too short: at least {min_length} characters.",
    "string_pattern_mismatch": "This is not written as it should be: it does not match {pattern}.",
    "too_short": "This is empty: write at least {min_length}.",
    "too_long": "This is too much: at most {max_length}, and there are {actual_length}.",
}


def remark_refused(
    loaded: Loaded,
    error: ValidationError,
    model: type[BaseModel],
    prefix: Path = (),
    *,
    owner: str,
    also: tuple[str, ...] = (),
) -> None:
    """Remark on everything that a model refused.

    `prefix` is where the model's data stands, `owner` what it belongs to, in words, `also` keys that are known at its
    top beside its own.
    """
    for detail in error.errors(include_url=False):
        if detail["type"] == "too_short" and len(detail["input"]) >= detail.get("ctx", {})["min_length"]:
            continue  # a list whose values were refused one by one; that has been said
        path = (*prefix, *(part for part in detail["loc"] if part != "[key]"))
        rule, words = _about(detail, model, owner, also)
        loaded.add(rule, path, words, key=rule is shape.UNKNOWN_KEY or path == prefix or "[key]" in detail["loc"])


def _about(detail: ErrorDetails, model: type[BaseModel], owner: str, also: tuple[str, ...]) -> tuple[Rule, str]:
    loc = detail["loc"]
    around = [part for part in loc[:-1] if isinstance(part, str)]
    holder = f"`{clipped(around[-1])}`" if around else owner
    if detail["type"] == "extra_forbidden":
        known = keys_at(model, loc[:-1])
        return shape.UNKNOWN_KEY, unknown_key(str(loc[-1]), holder, known if around else (*known, *also))
    if detail["type"] == "missing":
        return shape.MISSING_KEY, _missing(str(loc[-1]), holder, field_at(model, loc))
    if detail["type"] == "too_short" and loc and isinstance(loc[-1], str):
        return shape.BAD_VALUE, _empty(loc[-1], detail["ctx"]["min_length"], field_at(model, loc))
    return RULE_OF.get(detail["type"], shape.BAD_VALUE), sentence(detail)


def unknown_key(key: str, owner: str, known: tuple[str, ...]) -> str:
    """Say that a key is not known, and which one was probably meant."""
    advice = did_you_mean(key, known) or (f" It knows {listed(known)}." if known else " It has none.")
    return f"`{clipped(key)}` is not a key of {owner}.{advice}"


def _missing(key: str, owner: str, description: str) -> str:
    return f"{owner[0].upper()}{owner[1:]} needs `{key}`{f': {_uncapitalised(description)}' if description else '.'}"


def _empty(key: str, least: int, description: str) -> str:
    what = f": {_uncapitalised(description)}" if description else "."
    return f"`{clipped(key)}` is empty: write at least {least} there{what}"


def _uncapitalised(text: str) -> str:
    return f"{text[0].lower()}{text[1:]}" if text[1:2].islower() else text


def sentence(detail: ErrorDetails) -> str:
    """Say in a sentence what a value should be."""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind in SPECIAL:
        return SPECIAL[kind](detail)
    if kind in SENTENCES:
        return SENTENCES[kind].format(**context)
    if "error" in context:
        return _ended(str(context["error"]))
    return _ended(detail["msg"].replace("Input should be", "This should be"))


def _text(detail: ErrorDetails) -> str:
    value = detail["input"]
    if value is None:
        return "This is empty: write a text, or leave the key out."
    if isinstance(value, (list, dict)):
        return "This should be a text."
    return "This should be a text: put it in quotes."


def _choice(detail: ErrorDetails) -> str:
    expected = str(detail.get("ctx", {})["expected"]).replace("'", "`")
    choices = [choice for choice in expected.split("`") if choice.strip(" ,") not in {"", "or"}]
    value = detail["input"]
    meant = did_you_mean(value, choices) if isinstance(value, str) else ""
    return f"This should be {expected}.{meant}"


def _address(detail: ErrorDetails) -> str:
    reason = detail.get("ctx", {}).get("error", "")
    return f"This is not a complete address such as https://example.org/in{f': {reason}' if reason else ''}."


SPECIAL: Final[dict[str, Callable[[ErrorDetails], str]]] = {
    "string_type": _text,
    "literal_error": _choice,
    "enum": _choice,
    "url_parsing": _address,
    "url_type": _address,
    "url_scheme": lambda _detail: "This address should begin with https:// or http://.",
}


def _ended(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def keys_at(model: type[BaseModel], path: Path) -> tuple[str, ...]:
    """Return the keys that a model knows at a path within its data."""
    shapes = _shapes_at(model, path)
    names = (field.alias or name for found in shapes for name, field in found.model_fields.items())
    return tuple(dict.fromkeys(names))


def field_at(model: type[BaseModel], path: Path) -> str:
    """Return the description of the field at a path within a model's data; empty where there is none."""
    for found in _shapes_at(model, path[:-1]):
        for name, field in found.model_fields.items():
            if path[-1] in (name, field.alias):
                return field.description or ""
    return ""


def _shapes_at(model: type[BaseModel], path: Path) -> list[type[BaseModel]]:
    annotations: list[Any] = [model]
    for part in path:
        annotations = [inner for annotation in annotations for inner in _step(annotation, part)]
    return [shape for annotation in annotations for shape in _models(annotation)]


def _step(annotation: Any, part: str | int) -> list[Any]:
    """Return what the annotation says of the value under a key or in a list."""
    for found in _models(annotation):
        for name, field in found.model_fields.items():
            if part in (name, field.alias):
                return [field.annotation]
    return [
        argument
        for option in _options(annotation)
        for argument in get_args(option)[1 if get_origin(option) is dict else 0 :]
        if argument is not Ellipsis and get_origin(option) in (dict, list, tuple)
    ]


def _options(annotation: Any) -> list[Any]:
    """Return the members of a union, or the annotation itself, without what only decorates it."""
    if hasattr(annotation, "__metadata__"):
        return _options(annotation.__origin__)
    if get_origin(annotation) in (Union, types.UnionType):
        return [inner for option in get_args(annotation) for inner in _options(option)]
    return [annotation]


def _models(annotation: Any) -> list[type[BaseModel]]:
    return [option for option in _options(annotation) if isinstance(option, type) and issubclass(option, BaseModel)]
