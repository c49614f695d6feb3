"""Lint, plan and apply a mapping, as a pipeline would: `python apply_mapping.py acme news.yaml`.

`CHAPPE_URL` is the address of the instance, `CHAPPE_KEY` an API key with the scopes `mappings:read` and
`mappings:write`. What is applied is the plan that was shown, or nothing.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import httpx

from chappe_client import Chappe, ProblemError, models


class UnusableError(Exception):
    """The document has errors; the message has a line for each."""


def apply(api: Chappe, workspace: str, name: str, text: str) -> models.Applied:
    """Apply a document as it was planned; raises UnusableError, and ProblemError where it cannot be applied."""
    documents = {name: text}
    remarks = api.lint_mappings(workspace, models.LintMappingsIn(documents=documents))
    lines = [f"{one.file}:{one.line}: {one.code} {one.sentence} {one.remedy}" for one in remarks.findings]
    if not remarks.usable:
        raise UnusableError("\n".join(lines))
    plan = api.plan_mappings(workspace, models.PlanMappingsIn(documents=documents))
    return api.apply_mappings(workspace, models.ApplyIn(plan=plan))


def main() -> None:
    """Apply the file, and say what became of it."""
    path = Path(sys.argv[2])
    with Chappe(os.environ["CHAPPE_URL"], os.environ["CHAPPE_KEY"]) as api:
        done = apply(api, sys.argv[1], path.name, path.read_text(encoding="utf-8"))
    for one in done.mappings:
        print(f"{one.mapping}: version {one.version}")


if __name__ == "__main__":
    try:
        main()
    except (ProblemError, UnusableError, httpx.HTTPError) as error:
        sys.exit(str(error))
