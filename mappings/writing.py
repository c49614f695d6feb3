"""A document that is given as data, such as JSON, written as the YAML that versions keep."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import yaml

from mappings.reading.yaml_builder import meaning_of

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Dumper(yaml.SafeDumper):
    """Quotes what YAML 1.2 would not take for a text, and writes texts of several lines as such."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # the base class hands it in
        """Write every value out: documents have no aliases."""
        return True


def yaml_of(data: Mapping[str, Any]) -> str:
    """Return plain data as YAML that is read as the same data, in the order of its keys."""
    return yaml.dump(dict(data), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text.strip("\n") else None if isinstance(meaning_of(text), str) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _number(dumper: yaml.SafeDumper, number: float) -> yaml.ScalarNode:
    """Write a number without an exponent, which documents do not know."""
    return dumper.represent_scalar("tag:yaml.org,2002:float", format(Decimal(repr(number)), "f"))


_Dumper.add_representer(str, _text)
_Dumper.add_representer(float, _number)
