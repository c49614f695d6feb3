"""`chappe schema`: the schema of the kinds that are installed, printed or written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from api.cli.main import app
from api.kinds import registry
from mappings.schema import mapping_schema

if TYPE_CHECKING:
    from pathlib import Path


def test_the_schema_is_printed_or_written_to_a_file(tmp_path: Path) -> None:
    printed = CliRunner().invoke(app, ["schema"])
    assert json.loads(printed.stdout) == mapping_schema(registry())
    written = CliRunner().invoke(app, ["schema", "-o", str(tmp_path / "mapping.schema.json")])
    assert (written.exit_code, written.stdout) == (0, "")
    assert (tmp_path / "mapping.schema.json").read_text(encoding="utf-8") == printed.stdout


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    refused = CliRunner().invoke(app, ["schema", "-o", str(tmp_path / "missing" / "mapping.schema.json")])
    assert refused.exit_code == 1
    assert "cannot be written to: No such file or directory." in refused.stderr
