"""Advice about names that the workspace does not have: true of what it has."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mappings.known import Known
from mappings.linting.lint import lint

if TYPE_CHECKING:
    from engine.contract.registry import Registry

GOOD = (Path(__file__).parent / "samples" / "good.yaml").read_text()


def test_a_platform_without_an_account_is_named_where_others_have_some(registry: Registry) -> None:
    known = Known(accounts={"acme-linkedin": "linkedin"}, audiences=frozenset({"ambassadors-fr"}))

    assert [one.sentence for one in lint(GOOD, "n", registry, known=known) if one.code == "CH301"] == [
        "There is no account “acme-page”. No account of facebook has been added yet."
    ]
