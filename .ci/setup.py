"""Make .venv from the hash-locked requirements, with the standard library alone.

Run it again at any time: a stamp of the locks, pyproject.toml, the interpreter and the folder says whether there is
anything to do.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "chappe-stamp"
LOCK = ROOT / "requirements-dev.txt"
PIPS = 2
OURS = ("engine", "connectors", "mappings", "api", "sandbox", "bench", "docs", "tests")

# What pip says, and what it means for the person who waits.
EXPLANATIONS = (
    (
        "DO NOT MATCH THE HASHES",
        (
            "A downloaded package is not the one that was locked: its hash differs, and nothing was installed. "
            "Try again; if it stays so, something between you and the package index alters packages."
        ),
    ),
    (
        r"NewConnectionError|ConnectionError|NameResolutionError|Network is unreachable|timed out|ProxyError|SSLError",
        "The package index cannot be reached: check the network, or pip's own settings for a proxy or a mirror.",
    ),
    (
        "No matching distribution",
        "The package index has no file of a locked package for this Python and machine; it may also be out of reach.",
    ),
    ("No space left", "The disk is full."),
)


class SetupError(Exception):
    """Set-up cannot go on; the message says why and what to do."""


def say(sentence: str) -> None:
    """Print one sentence at once, even into a pipe."""
    print(sentence, flush=True)


def fingerprint(lock: Path, project: Path, venv: Path) -> str:
    """Return what the environment depends on, as one hash."""
    digest = hashlib.sha256()
    for part in (lock.read_bytes(), project.read_bytes(), str(venv).encode(), sys.version.encode()):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def is_ready(stamp: str) -> bool:
    """Tell whether .venv was made by this very set-up and still runs."""
    if not STAMP.exists() or STAMP.read_text(encoding="utf-8") != stamp:
        return False
    return (VENV / "bin" / "chappe").exists() and runs(PYTHON)


def runs(python: Path) -> bool:
    """Tell whether the interpreter starts and is of our own version."""
    if not python.exists():
        return False
    command = [str(python), "-c", "import sys; print(sys.version)"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.returncode == 0 and answer.stdout.strip() == sys.version.strip()


def make_venv() -> None:
    """Make an empty environment, unless one of this Python is there already."""
    if runs(PYTHON):
        return
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            message = f"This Python ({sys.executable}) has no module {module}: on Debian, apt-get install python3-venv."
            raise SetupError(message)
    say(f"Making .venv with Python {sys.version.split()[0]}.")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        message = f"The environment cannot be made: {last_lines(made.stdout + made.stderr)}"
        raise SetupError(message)


def install_locked() -> None:
    """Install every locked package, its hash checked; a pip works on one core, so several share the lock."""
    lock = LOCK.read_text(encoding="utf-8")
    total = len(names(lock))
    say(f"Installing {total} packages, each checked against its hash in {LOCK.name}: a minute or two the first time.")
    counter = Counter(total)
    with tempfile.TemporaryDirectory(prefix="chappe-setup-") as folder, ThreadPoolExecutor(PIPS) as pool:
        files = [Path(folder) / f"{number}.txt" for number in range(PIPS)]
        for file, share in zip(files, shares(lock, PIPS), strict=True):
            file.write_text(share, encoding="utf-8")
        list(pool.map(lambda file: install(file, counter), files))
    counter.clear()


def install(file: Path, counter: Counter) -> None:
    """Install what a file pins: the lock names all that a package needs, and byte code is compiled at the end."""
    pip(
        *("install", "--progress-bar", "off", "--no-compile", "--no-deps", "--require-hashes", "-r", str(file)),
        on_line=counter,
    )


def shares(lock: str, count: int) -> list[str]:
    """Deal the packages of a lock out into so many requirements files."""
    packages = re.split(r"^(?=[\w.-]+(?:\[[\w,]+\])?==)", lock, flags=re.MULTILINE)[1:]
    return ["".join(packages[nth::count]) for nth in range(count)]


def remove_strays() -> None:
    """Remove what an older lock brought, so that nothing is there that a fresh clone would miss."""
    frozen = subprocess.run(
        [PYTHON, "-m", "pip", "list", "--format=freeze"], capture_output=True, text=True, check=False
    ).stdout
    strays = sorted(names(frozen) - names(LOCK.read_text(encoding="utf-8")) - {"pip", "setuptools", "chappe"})
    if strays:
        say(f"Removing what is no longer locked: {', '.join(strays)}.")
        pip("uninstall", "--yes", *strays)


def names(requirements: str) -> set[str]:
    """Return the normalised names that are pinned in a requirements file or a freeze."""
    found = re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==", requirements, re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower() for name in found}


def install_ours() -> None:
    """Install the project itself, editable, so that the command `chappe` exists."""
    say("Installing the command chappe.")
    pip("install", "--no-deps", "--no-build-isolation", "--no-index", "-e", str(ROOT))


def compile_all() -> None:
    """Compile the byte code of what was installed and of our own, on all cores."""
    say("Compiling byte code.")
    folders = [str(VENV / "lib"), *(folder for folder in OURS if (ROOT / folder).is_dir())]
    command = [str(PYTHON), "-W", "ignore", "-m", "compileall", "-q", "-j", "0", *folders]
    # A file of a package that is not of this Python cannot be compiled, and is never imported either.
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)


class Counter:
    """Show how far pip is: in place on a terminal, every twenty packages in a log."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.seen: set[str] = set()
        self.terminal = sys.stdout.isatty()

    def __call__(self, line: str) -> None:
        """Take one line of pip's output."""
        if found := re.match(r"(?:Collecting|Requirement already satisfied:) ([\w.-]+)", line):
            self.count(found[1])

    def clear(self) -> None:
        """Leave the terminal's line empty for the next sentence."""
        if self.terminal:
            print("\r\033[K", end="", flush=True)

    def count(self, name: str) -> None:
        """Show one more package, unless it was shown before."""
        if name in self.seen:
            return
        self.seen.add(name)
        if self.terminal:
            print(f"\r  {len(self.seen)} of {self.total}  {name:<40.40}", end="", flush=True)
        elif len(self.seen) % 20 == 0:
            say(f"  {len(self.seen)} of {self.total} fetched.")


def pip(*arguments: str, on_line: Callable[[str], None] = lambda _line: None) -> None:
    """Run the environment's pip; explain its failure in a sentence, followed by its last lines."""
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", *arguments]
    output = []
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            output.append(line)
            on_line(line)
    if process.returncode != 0:
        raise SetupError(explain("".join(output)))


def explain(output: str) -> str:
    """Return what a failed run of pip means, with its own last words."""
    for pattern, sentence in EXPLANATIONS:
        if re.search(pattern, output):
            return f"{sentence}\npip said:\n{last_lines(output)}"
    return f"The packages could not be installed. pip said:\n{last_lines(output)}"


def last_lines(output: str) -> str:
    """Return the last eight lines that are not empty."""
    return "\n".join([line for line in output.splitlines() if line.strip()][-8:])


def main() -> int:
    """Set up under a lock, so that two runs at once do not meet in one folder."""
    os.umask(0o022)
    with (ROOT / ".ci" / ".setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = fingerprint(LOCK, ROOT / "pyproject.toml", VENV)
        if is_ready(stamp):
            return 0
        try:
            make_venv()
            install_locked()
            remove_strays()
            install_ours()
            compile_all()
        except SetupError as error:
            print(f"\nSet-up failed. {error}", file=sys.stderr)
            return 1
        STAMP.write_text(stamp, encoding="utf-8")
        say("Set-up is done: .venv is ready.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
