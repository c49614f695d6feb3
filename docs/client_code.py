"""The typed Python client of docs/examples/client, made from the OpenAPI document: its shapes and its calls.

Shapes are written by datamodel-code-generator; a call of each route that an API key can use, by what stands here.
"""

from __future__ import annotations

import keyword
import re
import subprocess
import sys
import textwrap
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from datamodel_code_generator import generate
from datamodel_code_generator.config import GenerateConfig
from datamodel_code_generator.enums import DataModelType, InputFileType
from datamodel_code_generator.format import DatetimeClassType, PythonVersion
from datamodel_code_generator.parser import LiteralType

from docs import api_pages

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACE: Final = "examples/client/chappe_client"
_WIDTH: Final = 110
_JSON, _YAML, _LINES, _EVENTS = "application/json", "application/yaml", "application/x-ndjson", "text/event-stream"
_LEFT_OUT: Final = {"after", "fields", "format", "If-None-Match"}
"""What the client does by itself, and what would give an answer another shape."""

_KEPT: Final = {"type", "properties", "required", "items", "anyOf", "$ref", "enum", "const", "additionalProperties",
                "format", "description", "default"}  # fmt: skip
_VALUES: Final = {"enum", "required", "default", "const"}
_PLAIN: Final = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "object": "dict[str, Any]"}
_HEAD: Final = '''"""The calls of the API that a key can make; `make generate` writes them from the OpenAPI document."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from chappe_client import models
from chappe_client.caller import Caller, Event, _part

if TYPE_CHECKING:
    from collections.abc import Iterator


class Chappe(Caller):
    """One instance of Chappe, called with an API key."""
'''


def calls() -> str:
    """Return the module of the calls."""
    made = [_call(method, path, one) for method, path, one in _routes()]
    return _formatted("\n\n".join([_HEAD, *made]))


def shapes() -> str:
    """Return the module of the shapes."""
    schemas = {name: _bare(schema) for name, schema in _schemas().items()}
    document = {"openapi": "3.1.0", "info": {}, "paths": {}, "components": {"schemas": schemas}}
    code = generate(document, config=_SHAPES)
    return _formatted(str(code))


_SHAPES: Final = GenerateConfig(
    input_file_type=InputFileType.OpenAPI,
    output_model_type=DataModelType.PydanticV2BaseModel,
    target_python_version=PythonVersion.PY_311,
    base_class="chappe_client.shape.Shape",
    custom_file_header='"""The shapes of the API; `make generate` writes them from the OpenAPI document."""',
    output_datetime_class=DatetimeClassType.Awaredatetime,
    use_standard_collections=True,
    use_union_operator=True,
    use_schema_description=True,
    use_field_description=True,
    use_single_line_docstring=True,
    use_type_alias=True,
    strict_nullable=True,
    enum_field_as_literal=LiteralType.All,
    disable_timestamp=True,
    formatters=[],
)


@cache
def _schemas() -> dict[str, Any]:
    """Return all shapes by their names, those that stand within a request too."""
    found = {_name(name): schema for name, schema in api_pages.described()["components"]["schemas"].items()}
    for _, _, one in _routes():
        schema = _content(one.get("requestBody", {})).get(_JSON, {}).get("schema", {})
        if "properties" in schema:
            found[_within(one)] = schema
    return {name: schema for name, schema in sorted(found.items()) if not name.startswith("Listed")}


def _routes() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give method, path and description of all that an API key can do."""
    for path, operations in api_pages.described()["paths"].items():
        for method, one in operations.items():
            if any("key" in way for way in one["security"]):
                yield method.upper(), path, one


def _call(method: str, path: str, one: dict[str, Any]) -> str:
    """Return the method that calls a route."""
    parameters = [
        each for each in map(api_pages.parameter_of, one.get("parameters", ())) if each["name"] not in _LEFT_OUT
    ]
    in_path = {each["name"]: each for each in parameters if each["in"] == "path"}
    names = re.findall(r"\{(\w+)\}", path)
    takes = [f"{_safe(name)}: {_typed(in_path[name]['schema'])}" for name in names]
    body, required = _body(one)
    if body:
        takes.append(f"body: {body}" if required else f"body: {body} | None = None")
    options = [each for each in parameters if each["in"] != "path"]
    if options:
        takes += ["*", *(_option(each) for each in sorted(options, key=lambda each: not each.get("required")))]
    filled = re.sub(r"\{(\w+)\}", lambda name: f"{{_part({_safe(name[1])})}}", path)
    answer, returned = _answered(method, f'{"f" if names else ""}"{filled}"', one, _said(options, body=bool(body)))
    takes = ["self", *takes]
    return f"    def {one['operationId']}({', '.join(takes)}) -> {answer}:\n{_words(one)}\n        {returned}\n"


def _answered(method: str, path: str, one: dict[str, Any], said: dict[str, str]) -> tuple[str, str]:
    """Return what a call answers, and the line that does it."""
    content = next(_content(given) for status, given in one["responses"].items() if status[0] == "2")
    keywords = "".join(f", {name}={value}" for name, value in said.items())
    if item := _item(content.get(_JSON, {}).get("schema", {})):
        return f"Iterator[{item}]", f"return self._pages({item}, {path}{keywords or ', query={}'})"
    if _EVENTS in content and not content.get(_JSON, {}).get("schema"):
        return "Iterator[Event]", f"return self._events({path}{keywords or ', query={}'})"
    if _JSON in content:
        answer = _typed(content[_JSON].get("schema") or {})
        if answer == "Any":
            return "Any", f'return self._call("{method}", {path}{keywords}).json()'
        return answer, f'return self._read({answer}, "{method}", {path}{keywords})'
    if _LINES in content:
        return "Iterator[dict[str, Any]]", f"return self._lines({path}{keywords or ', query={}'})"
    if content:
        return "str", f'return self._call("{method}", {path}{keywords}).text'
    return "None", f'self._call("{method}", {path}{keywords})'


def _item(schema: dict[str, Any]) -> str:
    """Return the shape of what a list has on its pages; empty for what is no list of pages."""
    first = (schema.get("anyOf") or [schema])[0]
    listed = api_pages.described()["components"]["schemas"].get(first.get("$ref", "").rpartition("/")[2], {})
    fields = listed.get("properties", {})
    return _typed(fields["items"]["items"]) if fields.keys() == {"items", "next"} else ""


def _said(options: list[dict[str, Any]], *, body: bool) -> dict[str, str]:
    """Return what is handed on: the query, the headers and the body."""
    said = {}
    for place, name in (("query", "query"), ("header", "headers")):
        pairs = [f'"{each["name"]}": {_safe(each["name"])}' for each in options if each["in"] == place]
        if pairs:
            said[name] = f"{{{', '.join(pairs)}}}"
    return said | ({"body": "body"} if body else {})


def _option(parameter: dict[str, Any]) -> str:
    name, typed = _safe(parameter["name"]), _typed(parameter["schema"])
    if parameter.get("required"):
        return f"{name}: {typed}"
    typed = re.sub(r"^list\[(.+)\] \| None$", r"\1 | list[\1] | None", typed)
    return f"{name}: {typed if typed.endswith('None') else f'{typed} | None'} = None"


def _body(one: dict[str, Any]) -> tuple[str, bool]:
    """Return the type of a body, and whether there must be one."""
    content = _content(one.get("requestBody", {}))
    schema = content.get(_JSON, {}).get("schema", {})
    typed = [] if _JSON not in content else [_within(one) if "properties" in schema else _typed(schema)]
    typed = [f"models.{name}" if name == _within(one) else name for name in typed]
    if _YAML in content:
        typed.append("str")
    return " | ".join(typed), bool(one.get("requestBody", {}).get("required"))


def _content(described: dict[str, Any]) -> dict[str, Any]:
    """Return the media types of a body, each with what it holds."""
    content: dict[str, Any] = described.get("content", {})
    return content


def _within(one: dict[str, Any]) -> str:
    """Return the name of a shape that stands within a request."""
    return f"{''.join(part.title() for part in one['operationId'].split('_'))}In"


def _typed(schema: dict[str, Any]) -> str:
    """Return the type of a parameter or of an answer."""
    if "$ref" in schema:
        return f"models.{_name(schema['$ref'].rpartition('/')[2])}"
    if "anyOf" in schema:
        return " | ".join(_typed(each) for each in schema["anyOf"])
    if "enum" in schema:
        return f"Literal[{', '.join(map(repr, schema['enum']))}]"
    if schema.get("format") == "date-time":
        return datetime.__name__
    if schema.get("type") == "array":
        return f"list[{_typed(schema['items'])}]"
    if schema.get("type") == "null":
        return "None"
    return _PLAIN.get(schema.get("type", ""), "Any")


def _name(name: str) -> str:
    """Return the name of a class: where two shapes have one name, that of their module stands before it."""
    *_, module, last = ["", *name.split("__")]
    return re.sub(r"\W|_", "", f"{module.title()}{last}")


def _bare(schema: Any) -> Any:
    """Return of a schema what makes a type, without the bounds that the instance keeps itself."""
    if isinstance(schema, list):
        return [_bare(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {name: given for name, given in schema.items() if name in _KEPT}
    if kept.get("format") not in {None, "date-time"}:
        del kept["format"]
    if kept.get("additionalProperties") is False:
        del kept["additionalProperties"]
    found = {name: given if name in _VALUES else _bare(given) for name, given in kept.items()}
    if "properties" in kept:
        found["properties"] = {name: _bare(given) for name, given in kept["properties"].items()}
    if "$ref" in kept:
        found["$ref"] = f"#/components/schemas/{_name(kept['$ref'].rpartition('/')[2])}"
    return found


def _words(one: dict[str, Any]) -> str:
    """Return the docstring of a call."""
    parts = [f"{one['summary'].rstrip('.')}.", *re.split(r"\n\s*\n", one.get("description", ""))]
    lines = [textwrap.wrap(" ".join(part.split()), _WIDTH - 8) for part in parts if part.strip()]
    text = "\n\n".join("\n".join(each) for each in lines).replace("\\", "\\\\")
    quotes = f'"""{text}"""' if "\n" not in text else f'"""{text}\n"""'
    return textwrap.indent(quotes, " " * 8)


def _safe(name: str) -> str:
    plain = name.lower().replace("-", "_")
    return f"{plain}_" if keyword.iskeyword(plain) else plain


def _formatted(code: str) -> str:
    """Return code as the house formats it."""
    command = [sys.executable, "-m", "ruff", "format", "--quiet", "--stdin-filename", "made.py", "-"]
    return subprocess.run(command, input=code, capture_output=True, check=True, text=True).stdout  # noqa: S603  # our own
