"""The tests of mapping files, run without a database or a network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from api.actions.reading import FileReadError
from engine.errors import MappingError
from mappings.compiling import graph_of
from mappings.findings import dotted
from mappings.linting.lint import check
from mappings.rehearsal import snapshots
from mappings.rehearsal.fixtures import beside
from mappings.rehearsal.given import no_fixtures
from mappings.rehearsal.testing import run_case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from engine.contract.registry import Registry
    from mappings.cases import CaseEntry
    from mappings.findings import Finding
    from mappings.linting.lint import Checked


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that is not as expected, and where the test says it; lines count from 1."""

    line: int
    column: int
    path: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Tested:
    """How one test went."""

    file: str
    mapping: str
    name: str
    line: int
    missed: tuple[Told, ...]

    @property
    def passed(self) -> bool:
        """Tell whether everything was as expected."""
        return not self.missed


@dataclass(slots=True)
class Asked:
    """What is to be tested: mapping files by their names, and how; `only` are words in the names of tests.

    What is not `on_disk` has neither fixtures nor snapshots beside it: its files are names and nothing more.
    """

    files: Mapping[str, bytes]
    parameters: Mapping[str, str]
    only: str = ""
    update: bool = False
    on_disk: bool = True


@dataclass(slots=True)
class Report:
    """How all tests went; `broken` remarks on files that cannot be tested, `updated` names files of snapshots.

    So many tests were `left_out`, as their names have other words than those that were asked for.
    """

    tested: list[Tested]
    broken: list[Finding]
    updated: list[str]
    left_out: int = 0

    @property
    def failed(self) -> list[Tested]:
        """Return the tests that were not as expected."""
        return [one for one in self.tested if not one.passed]


def run_tests(asked: Asked, registry: Registry, told: Callable[[int, int], None]) -> Report:
    """Run the tests of every file; `told` is called after each file: how many, and of how many."""
    report = Report([], [], [])
    for nth, (file, content) in enumerate(asked.files.items(), 1):
        checked = check(content, file, registry, parameters=asked.parameters)
        if checked.usable and checked.document is not None:
            _test(asked, checked, Path(file), report)
        else:
            report.broken += checked.findings
        told(nth, len(asked.files))
    return report


def _test(asked: Asked, checked: Checked, file: Path, report: Report) -> None:
    cases = checked.document.tests if checked.document else ()
    chosen = [(nth, case) for nth, case in enumerate(cases) if asked.only.casefold() in case.name.casefold()]
    report.left_out += len(cases) - len(chosen)
    if not chosen:
        return
    graph, kept = graph_of(checked), _kept(file) if asked.on_disk else None
    fixtures = beside(file) if asked.on_disk else no_fixtures
    found: dict[str, Any] = {}
    for nth, case in chosen:
        outcome = run_case(graph, case, fixtures)
        found[case.name] = snapshots.taken(graph, outcome.run)
        missed = [_told(checked, ("tests", nth, *miss.path), miss.expected, miss.got) for miss in outcome.misses]
        if not missed and not asked.update:
            missed += _compared(checked, nth, case, kept, found[case.name])
        at = checked.loaded.where(("tests", nth))[1][0]
        report.tested.append(Tested(str(file), graph.mapping, case.name, at, tuple(missed)))
    if asked.update:
        everything = {case.name: (kept or {}).get(case.name) for case in cases} | found
        _write(file, {name: value for name, value in everything.items() if value is not None}, kept, report)


def _told(checked: Checked, path: tuple[str | int, ...], expected: str, got: str) -> Told:
    known, (line, column) = checked.loaded.where(path, key=True)
    return Told(line, column, dotted(known), expected, got)


def _compared(
    checked: Checked, nth: int, case: CaseEntry, kept: dict[str, Any] | None, found: dict[str, Any]
) -> Iterator[Told]:
    if kept is None:
        return
    if case.name not in kept:
        yield _told(checked, ("tests", nth), "its snapshot", "none yet: `chappe test --update` writes it")
    elif different := snapshots.difference(kept[case.name], found):
        yield _told(checked, ("tests", nth), "its snapshot", different)


def _kept(file: Path) -> dict[str, Any] | None:
    path = snapshots.file_of(file)
    if not path.is_file():
        return None
    try:
        return snapshots.read(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(f"{path} cannot be read: {error}.") from error


def _write(file: Path, found: dict[str, Any], kept: dict[str, Any] | None, report: Report) -> None:
    if found == kept:
        return
    path = snapshots.file_of(file)
    try:
        path.write_text(snapshots.written(found), encoding="utf-8")
    except OSError as error:
        raise FileReadError(f"{path} cannot be written: {error.strerror}.") from error
    report.updated.append(str(path))
