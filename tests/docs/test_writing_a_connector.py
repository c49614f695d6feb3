"""The connector that the page builds works: its code is taken from the page, and kept to the contract."""

from __future__ import annotations

import importlib.util
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest

from engine import errors
from engine.contract.registry import Registry
from engine.http_client import Headers
from engine.testing import check_node, check_sink
from tests.house import tree

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

PAGE = "docs/writing-a-connector.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", tree.text_of(PAGE), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> ModuleType:
    """Give the module that a reader would write: the sink of the page, then its tests."""
    sink, _, tests = BLOCKS
    path: Path = tmp_path_factory.mktemp("guide") / "notice_board.py"
    path.write_text(f"{sink}\n\n{tests}", encoding="utf-8")
    spec = importlib.util.spec_from_file_location("notice_board", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["notice_board"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("check", check_sink.CHECKS)
async def test_the_sink_of_the_page_behaves(board: ModuleType, check: Any) -> None:
    await check(board.board_at)


@pytest.mark.parametrize("check", [*check_node.CHECKS, check_node.check_limits, check_node.check_doubt])
def test_the_sink_of_the_page_declares_itself(board: ModuleType, check: Any) -> None:
    check(board.NoticeBoard)


def test_the_account_of_the_page_is_the_one_that_the_sink_asks_for(board: ModuleType) -> None:
    check_node.check_account_kind(board.BoardAccount)
    check_node.check_account_exists(board.NoticeBoard, Registry([board.NoticeBoard, board.BoardAccount]))


def test_the_tests_of_the_page_are_these(board: ModuleType) -> None:
    listed = board.test_the_board_declares_itself.pytestmark[0].args[1]

    assert listed == [*check_node.CHECKS, check_node.check_limits, check_node.check_doubt]
    assert board.test_the_board_behaves.pytestmark[0].args[1] == check_sink.CHECKS


def test_the_sink_of_the_page_is_as_short_as_it_says(board: ModuleType) -> None:
    lines = BLOCKS[0].splitlines()
    sink = lines[lines.index("class NoticeBoard(Sink[Config]):") :]

    assert len([line for line in sink if line.strip()]) <= 35


def test_its_own_classification_is_as_the_page_says(board: ModuleType) -> None:
    method = "\n".join(f"    {line}" for line in BLOCKS[1].splitlines())
    names = {**vars(board), **vars(errors)}
    exec(f"class Locking(NoticeBoard):\n{method}", names)  # noqa: S102  # the page's own lines
    sink = names["Locking"](board.Config())

    assert isinstance(sink.classify(423, Headers(), b""), errors.AccountLostError)
    assert isinstance(sink.classify(422, Headers(), b""), errors.RejectedError)


def test_the_page_names_every_error_that_a_connector_may_raise() -> None:
    named = set(re.findall(r"^\| `(\w+Error)` \|", tree.text_of(PAGE), re.MULTILINE))

    assert named == set(re.findall(r"^[├└]── (\w+Error)", errors.__doc__ or "", re.MULTILINE))
