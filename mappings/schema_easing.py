"""What an editor needs of the schemas of models: draft 7, no empty values, and `${NAME}` wherever a value may stand."""

from __future__ import annotations

import re
from typing import Any, Final

_PARAMETER: Final = r"\$\{"
_DAY: Final = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_NAMED: Final = ("properties", "patternProperties", "$defs")
_NESTED: Final = ("items", "additionalProperties", "anyOf", "oneOf", "allOf", "propertyNames")
_EMPTY: Final[tuple[Any, ...]] = (None, "", [], {})
_CHECKED: Final = ("date", "duration", "uri")
"""Formats that some editors check by rules of their own: `24h` is no duration of ISO 8601, `${FEED}` no address."""
_PLAIN: Final = {"integer": "a whole number", "number": "a number", "boolean": "true or false"}


def eased(schema: Any, heading: str = "") -> Any:
    """Return a model's schema as editors can use it; `heading` is the name of the model, where it is one.

    A key that is left out may not be written with nothing behind it, and a default that is empty is not proposed. Of
    alternatives the one with keys of its own comes first: by the first an editor says what does not fit.
    """
    if isinstance(schema, list):
        return [eased(item) for item in schema if item != {"type": "null"}]
    if not isinstance(schema, dict):
        return schema
    mended = {key: _inner(key, value) for key, value in schema.items() if not (key == "default" and value in _EMPTY)}
    if heading:
        mended["title"] = _words(heading)
    if "prefixItems" in mended:
        mended["items"] = eased(mended.pop("prefixItems"))
    choices = mended.pop("anyOf", ())
    if len(choices) == 1:
        return {**choices[0], **mended}
    if choices:
        return {**mended, **_alternatives(choices)}
    return _with_parameters(mended)


def _inner(key: str, value: Any) -> Any:
    if key in _NAMED:
        return {name: eased(one) for name, one in value.items()}
    return eased(value) if key in _NESTED else value


def _words(name: str) -> str:
    """Return the name of a model as words: what is left of `FirstRunEntry` is First run."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("Entry"))
    return words.capitalize()


def _alternatives(choices: list[dict[str, Any]]) -> dict[str, Any]:
    """Return one schema for a text or a list of such texts, which editors explain better; else the alternatives."""
    lone, *others = sorted(choices, key=lambda choice: "$ref" not in choice)
    if lone.get("type") == "string" and len(others) == 1 and others[0].get("items") == lone:
        return {**lone, **others[0], "type": ["string", "array"]}
    return {"anyOf": [lone, *others]}


def _with_parameters(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a value so that a text with a parameter fits, too."""
    form = schema.get("format")
    if form in _CHECKED:
        schema = {key: value for key, value in schema.items() if key != "format"}
    if form == "date":
        schema |= {"pattern": _DAY, "examples": ["2026-12-24"]}
    if str(schema.get("type")) in _PLAIN:
        said = f"Write {_PLAIN[schema['type']]}, or a parameter such as ${{NAME}}."
        return {**schema, "type": [schema["type"], "string"], "pattern": _PARAMETER, "patternErrorMessage": said}
    if isinstance(schema.get("pattern"), str):
        shown = [str(example) for example in schema.get("examples", ())]
        advice = {"patternErrorMessage": f"Write it like {' or '.join(shown)}."} if shown else {}
        return {**schema, "pattern": f"{schema['pattern']}|{_PARAMETER}", **advice}
    if "enum" in schema:
        words = {key: schema[key] for key in ("enum", "description") if key in schema}
        rest = {key: value for key, value in schema.items() if key not in ("enum", "type")}
        return {**rest, "anyOf": [words, {"type": "string", "pattern": _PARAMETER}]}
    return schema
