"""A platform's library is loaded by who publishes, and by nobody else."""

from __future__ import annotations

import subprocess
import sys

import pytest

from engine.contract.lazy import Lazy

HEAVY = "{'tweepy', 'facebook', 'requests', 'aiohttp'}"
ASK = f"import sys, api.kinds; api.kinds.registry(); print(*{HEAVY} & {{*sys.modules}})"


def test_what_a_module_has_is_had_by_its_name() -> None:
    module = Lazy("json")

    assert module.loads("[1]") == [1]
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = module.nothing


def test_a_module_that_is_not_there_is_missed_when_it_is_used() -> None:
    module = Lazy("no_such_module_at_all")

    with pytest.raises(ModuleNotFoundError):
        _ = module.anything


def test_who_lists_the_kinds_loads_no_platforms_library() -> None:
    said = subprocess.run([sys.executable, "-c", ASK], check=True, capture_output=True, text=True).stdout

    assert said.split() == []
