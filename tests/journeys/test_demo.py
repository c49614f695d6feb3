"""`chappe demo --once`: the main job from the company's page to its people's timelines, in real processes."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE

import pytest

from tests.journeys.house import ROOT

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

WITHIN = 240
ROWS = {
    "Alternance en communication": "LinkedIn + X  waiting       LinkedIn + X  no consent",
    "Nérée, 200 jours en mer": "LinkedIn + X  waiting       LinkedIn + X  no consent",
    "À la cantine : galettes": "dropped       dropped       dropped       dropped",
    "Technicien·ne éolien (H/F)": "LinkedIn + X  LinkedIn + X  LinkedIn + X  no consent",
    "Le podcast est de retour": "LinkedIn + X  waiting       no consent    no consent",
}


async def test_a_page_speaks_through_those_who_said_yes_and_through_nobody_else() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "api.cli.main", "demo", "--once",
        cwd=ROOT, env=os.environ | {"COLUMNS": "200"}, stdin=DEVNULL, stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    async with asyncio.timeout(WITHIN):
        out, errors = await process.communicate()
    said = out.decode()
    told = {line.split("  ")[0]: line for line in said.splitlines()}
    for title, row in ROWS.items():
        assert told[title].endswith(row), said + errors.decode()
    assert "should have arrived did, once each, each in other words, and nothing else." in said
    assert process.returncode == 0 or "Late: " in said, "how long it took is for the bench to judge"
