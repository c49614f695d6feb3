"""Starting and resting: memory, `chappe --help`, `chappe up` until it is ready, against the libraries alone."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import psutil

from api.cli.main import COMMANDS
from api.demo.stage import READY
from bench.child import run
from bench.delivering import delivered
from bench.figures import Figure, ratio
from bench.planning import large_audience
from bench.scene import CHAPPE, Scene, arrive, blank
from engine.runtime import spare_collector
from engine.wake import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from bench.setting import Bench

OURS = {"engine", "connectors", "mappings", "api", "sandbox"}
MEGA = 1_000_000
WORKS = b"Chappe works as "
_IMPORTED = re.compile(rb"^import time: +\d+ \| +\d+ \| *(\S+)\s*$")
_IMPORT_ALL = """
import importlib, sys
for name in {names!r}:
    try:
        importlib.import_module(name)
    except ImportError:
        pass
sys.stderr.write({ready!r})
sys.stderr.flush()
sys.stdin.read()
"""
_BARE = """
import typer
app = typer.Typer(no_args_is_help=True, help="Says what it does.")
for name, summary in {commands!r}.items():
    app.command(name=name, help=summary)(lambda: None)
app()
"""


class Started(NamedTuple):
    """A process that is ready: after how long, with how much CPU."""

    process: subprocess.Popen[bytes]
    wall: float
    cpu: float


def measure(bench: Bench) -> Iterator[Figure]:
    """Measure `up` and its libraries in turn, then `--help` and a bare application, then a fan-out."""
    scene = Scene(bench.folder / "resting")
    run(blank, str(scene.folder))
    alone = _libraries(bench, scene)
    yield from _up(bench, scene, alone)
    yield from _help(bench)
    yield from _growth(bench)


def _up(bench: Bench, scene: Scene, alone: Path) -> Iterator[Figure]:
    ours: dict[str, list[float]] = {"wall": [], "cpu": [], "memory": []}
    libraries: dict[str, list[float]] = {"wall": [], "cpu": [], "memory": []}
    for _ in bench.rounds("chappe up and its libraries"):
        for command, found, rest in (
            (scene.program, ours, bench.sizes.rest),
            ((sys.executable, str(alone)), libraries, 0.0),
        ):
            with started(command, scene) as process:
                found["wall"].append(process.wall)
                found["cpu"].append(process.cpu)
                time.sleep(rest)
                found["memory"].append(memory(process.process.pid))
    mega = [f"{median(each['memory']) / MEGA:.0f} MB" for each in (ours, libraries)]
    detail = f"{mega[0]}; libraries {mega[1]}"
    yield Figure("memory of `chappe up` at rest", ratio(ours["memory"], libraries["memory"]), 1.3, detail=detail)
    times = [f"{median(each['wall']):.2f} s ({median(each['cpu']):.2f} CPU)" for each in (ours, libraries)]
    detail = f"{times[0]}; libraries {times[1]}"
    yield Figure("`chappe up` until ready", ratio(ours["wall"], libraries["wall"]), 1.5, detail=detail)


def _help(bench: Bench) -> Iterator[Figure]:
    bare = bench.folder / "bare.py"
    bare.write_text(_BARE.format(commands={name: entry.summary for name, entry in COMMANDS.items()}))
    ours, other = [], []
    for _ in bench.rounds("chappe --help", times=3):
        ours.append(_cpu_of([*CHAPPE, "--help"]))
        other.append(_cpu_of([sys.executable, str(bare), "--help"]))
    detail = f"{median(ours):.2f} s CPU; bare typer {median(other):.2f}"
    yield Figure("`chappe --help`", ratio(ours, other), 1.2, detail=detail)


def _growth(bench: Bench) -> Iterator[Figure]:
    template = large_audience(bench)
    grown = [run(fan_out, str(template.copy("fan-out").folder), bench.sizes.rest) for _ in bench.rounds("fan-out")]
    growth = median(each["grown"] for each in grown)
    took = median(each["seconds"] for each in grown)
    detail = f"{bench.sizes.fan_out} deliveries planned and sent in {took:.0f} s"
    yield Figure("growth by a fan-out", growth, 60, unit="MB", detail=detail)


async def fan_out(folder: str, rest: float) -> dict[str, float]:
    """Plan and send one post to everybody in a running runtime; returns how the most memory exceeds that at rest."""
    runtime = Scene(Path(folder)).runtime()
    core = runtime.core
    spare_collector()
    await runtime.start()
    await core.clock.sleep(rest)
    before = psutil.Process().memory_info().rss
    begun = core.clock.monotonic()
    await core.wake.wake(Kind.ROUTE, await arrive(core.store, 1))
    while not await core.store.read(_routed):
        await core.clock.sleep(0.05)
    await delivered(runtime)
    seconds = core.clock.monotonic() - begun
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    await runtime.stop()
    return {"grown": max(0, most - before) / MEGA, "seconds": seconds}


def _routed(connection: Connection) -> bool:
    return connection.exec_driver_sql("SELECT 1 FROM routes WHERE state = 'routed'").first() is not None


@contextmanager
def started(command: Sequence[str], scene: Scene) -> Iterator[Started]:
    """Start a process that says on standard error when it is ready, and end it."""
    begun = time.perf_counter()
    with subprocess.Popen(  # noqa: S603  # it is our own program
        command,
        env={**os.environ, **scene.environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr is not None  # noqa: S101  # it is a pipe
        said = b""
        for line in process.stderr:
            said += line
            if line.startswith((READY, WORKS)):
                break
        else:
            raise RuntimeError(f"{command} did not become ready:\n{said.decode()[-4_000:]}")
        wall = time.perf_counter() - begun
        used = psutil.Process(process.pid).cpu_times()
        try:
            yield Started(process, wall, used.user + used.system)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)


def _spoken(command: Sequence[str], scene: Scene) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  # it is our own program
        command, env={**os.environ, **scene.environment}, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )  # fmt: skip


def memory(pid: int) -> int:
    """Return the resident bytes of a process and of those that it started."""
    process = psutil.Process(pid)
    return sum(one.memory_info().rss for one in (process, *process.children(recursive=True)))


def _libraries(bench: Bench, scene: Scene) -> Path:
    """Write a program that imports what `chappe up` has imported when it is ready, without what is ours."""
    names = []
    command = (sys.executable, "-X", "importtime", *scene.program[1:])
    with subprocess.Popen(  # noqa: S603  # it is our own program
        command,
        env={**os.environ, **scene.environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr is not None  # noqa: S101  # it is a pipe
        for line in process.stderr:
            if line.startswith(READY):
                break
            if (found := _IMPORTED.match(line)) and found[1].decode().partition(".")[0] not in OURS:
                names.append(found[1].decode())
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    alone = bench.folder / "libraries.py"
    alone.write_text(_IMPORT_ALL.format(names=names, ready=READY.decode() + "\n"))
    return alone


def _cpu_of(command: Sequence[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)  # noqa: S603  # it is our own program
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
