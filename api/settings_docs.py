"""The page of the settings, made from their model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.settings import CONFIG, DEFAULT_CONFIG, PREFIX, Settings

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

INTRODUCTION = f"""# Settings

A setting is read from an environment variable, else from the settings file, else it has its default. The file is
`{DEFAULT_CONFIG}` in the folder where the process starts, or what `{CONFIG}` names; there a setting has its name
without `{PREFIX}`, in small letters:

```toml
port = 8080
allow_private = ["10.0.0.0/8"]
lease = "45s"
```

In a variable a list is separated by commas. Durations are a number and one unit: `90s`, `10m`, `4h`, `2d`.
"""


def page() -> str:
    """Return the page, in Markdown."""
    rows = [_row(name, field) for name, field in Settings.model_fields.items()]
    return "\n".join((INTRODUCTION, "| variable | is | default |", "| --- | --- | --- |", *rows, ""))


def _row(name: str, field: FieldInfo) -> str:
    return f"| `{PREFIX}{name.upper()}` | {field.description} | {_default(field)} |"


def _default(field: FieldInfo) -> str:
    """Return the default as one would write it; what follows from another setting says so in its description."""
    if field.default_factory is not None or field.default == ():
        return ""
    return f"`{field.default}`"
