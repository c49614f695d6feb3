"""The mapping files of a git repository at one commit, read from its tree in a bare clone that is thrown away."""

from __future__ import annotations

import asyncio
import base64
import re
import shutil
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from mappings.findings import Finding, clipped
from mappings.git.process import Caps, Git, GitError
from mappings.reading.files import is_mapping
from mappings.reading.loading import MAX_BYTES
from mappings.rules import git as rules
from mappings.rules import reading

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from mappings.findings import Rule

HTTPS: Final = "https://"
SHOWN: Final = 12
"""How many characters of a commit people are shown."""

_OID: Final = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_REF: Final = "refs/chappe/head"
_LONGEST_NAME: Final = 100
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\\]")
_LINK, _SUBMODULE = b"120000", b"160000"


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository: its https address or the path of a local one; no branch means the one that it names itself.

    `token` lets us read it, `USER:TOKEN` or the token alone; `pins` say which addresses its host may be reached at, as
    `HOST:PORT:ADDRESS`.
    """

    url: str
    branch: str = ""
    token: str = field(default="", repr=False)
    pins: tuple[str, ...] = ()

    @property
    def address(self) -> str:
        """Return the address as git is given it; what is left out of a fetch from a bare path would be missed."""
        return f"file://{quote(self.url)}" if self.url.startswith("/") else self.url

    @property
    def protocol(self) -> str:
        """Return the only protocol that git may speak to it."""
        return "https" if self.url.startswith(HTTPS) else "file"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a commit holds: the mapping files and the values file by their paths, and remarks on what cannot be read.

    `author` is who the commit says has made it: nobody has checked that.
    """

    commit: str
    files: dict[str, bytes] = field(default_factory=dict)
    values: bytes | None = None
    findings: tuple[Finding, ...] = ()
    author: str = ""


class Clone:
    """A bare clone of one commit; it begins empty, and leaves nothing behind. Every call may raise GitError."""

    def __init__(self, remote: Remote, folder: Path, caps: Caps | None = None) -> None:
        self._remote = remote
        self._folder = folder
        self._caps = caps or Caps()
        self._repository = folder / "repository"
        self._git = Git(folder, folder / "settings", remote.protocol, self._caps)

    async def __aenter__(self) -> Self:
        """Make the folder anew: an earlier process may have left one."""
        await asyncio.to_thread(self._make)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Delete it."""
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    def _make(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True, mode=0o700)
        self._git.settings.touch(mode=0o600)
        self._git.settings.write_text(_settings(self._remote), encoding="utf-8")

    async def head(self) -> str:
        """Return the commit that the branch is at; without its files, so that it may be asked often."""
        ref = f"refs/heads/{self._remote.branch}" if self._remote.branch else "HEAD"
        for line in (
            (await self._git.run("ls-remote", "--", self._remote.address, ref)).decode(errors="replace").split("\n")
        ):
            commit, _, name = line.partition("\t")
            if name == ref and _OID.fullmatch(commit):
                return commit
        if self._remote.branch:
            raise GitError(f"The repository has no branch {self._remote.branch}.")
        raise GitError("The repository is empty, or names no branch of its own: name one with --branch.")

    async def snapshot(self, commit: str, path: str = "", values: str = "") -> Snapshot:
        """Read the mapping files under a path of the commit that the branch is at now, and a values file."""
        await self._fetch(commit)
        told = await self._git.run("-C", "repository", "log", "-1", "--no-notes", "--format=%H%x00%an", _REF, "--")
        at, _, author = told.decode(errors="replace").partition("\0")
        wanted = [name for name in (path, values) if name] if path else []
        listing = await self._git.run(
            *("-C", "repository", "ls-tree", "-r", "-z", "-l", "--full-tree", at, "--", *wanted), most=8_000_000
        )
        entries = _entries(listing)
        found = _chosen(entries, path, values)
        if len(found.blobs) > self._caps.files:
            raise GitError(
                f"There are more than {self._caps.files} mappings: name the folder that is meant with --path."
            )
        contents = await self._blobs([blob for name, blob in found.blobs.items()])
        files = dict(zip(found.blobs, contents, strict=True))
        said = files.pop(values, None) if values else None
        return Snapshot(at, files, said, tuple(found.findings), _CONTROL.sub("", author).strip()[:_LONGEST_NAME])

    async def _fetch(self, commit: str) -> None:
        kind = "sha256" if len(commit) == 64 else "sha1"  # noqa: PLR2004  # hexadecimal digits
        await self._git.run("init", "--quiet", "--bare", f"--object-format={kind}", "repository")
        config = self._repository / "config"
        plain = await asyncio.to_thread(config.read_bytes)
        ref = f"refs/heads/{self._remote.branch}" if self._remote.branch else "HEAD"
        await self._git.run(
            *("-C", "repository", "fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head"),
            *("--no-recurse-submodules", "--no-auto-maintenance", f"--filter=blob:limit={MAX_BYTES + 1}"),
            *("--", self._remote.address, f"+{ref}:{_REF}"),
        )
        # Without what git noted of the server, a file that was left out for its size is missing, not asked for.
        await asyncio.to_thread(config.write_bytes, plain)

    async def _blobs(self, blobs: list[_Blob]) -> list[bytes]:
        if sum(blob.size for blob in blobs) > self._caps.bytes:
            raise GitError(f"The mappings are larger than {self._caps.bytes // 1_000_000} MB together.")
        given = b"".join(blob.oid + b"\n" for blob in blobs)
        most = sum(blob.size for blob in blobs) + 200 * len(blobs)
        printed = await self._git.run("-C", "repository", "cat-file", "--batch", given=given, most=most)
        contents = []
        at = 0
        for blob in blobs:
            at = printed.index(b"\n", at) + 1
            contents.append(printed[at : at + blob.size])
            at += blob.size + 1
        return contents


@dataclass(frozen=True, slots=True)
class _Blob:
    oid: bytes
    size: int


@dataclass(frozen=True, slots=True)
class _Entry:
    mode: bytes
    oid: bytes
    size: bytes
    name: bytes


@dataclass(slots=True)
class _Chosen:
    blobs: dict[str, _Blob] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def remark(self, rule: Rule, name: str, sentence: str) -> None:
        self.findings.append(Finding(name, 1, 1, rule.code, ".", sentence, rule.severity))


def _entries(listing: bytes) -> list[_Entry]:
    entries = []
    for line in filter(None, listing.split(b"\0")):
        head, _, name = line.partition(b"\t")
        mode, _, oid, size = head.split()
        entries.append(_Entry(mode, oid, size, name))
    return entries


def _chosen(entries: list[_Entry], path: str, values: str) -> _Chosen:
    """Choose the mappings and the values file, and remark on what looks like one and cannot be read."""
    chosen = _Chosen()
    folded: dict[str, str] = {}
    for entry in entries:
        name = entry.name.decode(errors="replace")
        if not _is_meant(name, path, values, submodule=entry.mode == _SUBMODULE):
            continue
        if entry.mode in {_LINK, _SUBMODULE}:
            kind = "link" if entry.mode == _LINK else "submodule"
            chosen.remark(rules.LINK, clipped(name), f"This is a {kind}, which is not followed.")
        elif _is_bad(entry.name):
            chosen.remark(rules.BAD_NAME, clipped(name), "This name cannot be used: rename the file.")
        elif (other := folded.setdefault(_folded(name), name)) != name:
            sentence = f"Its name is that of `{clipped(other)}` on machines that do not tell letters' cases apart."
            chosen.remark(rules.BAD_NAME, name, sentence)
        elif not entry.size.isdigit() or int(entry.size) > MAX_BYTES:
            chosen.remark(reading.TOO_LARGE, name, "The file is too large; a mapping has at most 256 kB. Split it up.")
        else:
            chosen.blobs[name] = _Blob(entry.oid, int(entry.size))
    return chosen


def _is_meant(name: str, path: str, values: str, *, submodule: bool) -> bool:
    if name in {values, path}:
        return True
    inside = name.removeprefix(f"{path}/") if path else name
    if path and inside == name:
        return False
    return not any(part.startswith(".") for part in inside.split("/")) and (submodule or is_mapping(name))


def _is_bad(name: bytes) -> bool:
    try:
        text = name.decode()
    except UnicodeDecodeError:
        return True
    return bool(_CONTROL.search(text)) or any(part in {"", ".", ".."} for part in text.split("/"))


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _settings(remote: Remote) -> str:
    """Return the settings of git, whole: no other file of settings is read."""
    local = [remote.url, f"{remote.url}/.git"] if remote.protocol == "file" else []
    lines = [
        *_FIXED,
        f'[protocol "{remote.protocol}"]\n\tallow = always',
        *(f"[safe]\n\tdirectory = {_quoted(path)}" for path in local),
        *(f"[http]\n\tcurloptResolve = {_quoted(pin)}" for pin in remote.pins),
    ]
    if remote.token:
        user, _, token = remote.token.rpartition(":")
        basic = base64.b64encode(f"{user or 'chappe'}:{token}".encode()).decode()
        lines.append(f"[http {_quoted(remote.url)}]\n\textraHeader = {_quoted(f'Authorization: Basic {basic}')}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_FIXED: Final = (
    "[core]\n\thooksPath = /dev/null\n\tfsmonitor = false\n\tsymlinks = false\n\tattributesFile = /dev/null",
    "[core]\n\tbigFileThreshold = 1m\n\tdeltaBaseCacheLimit = 16m\n\tsshCommand = false",
    "[protocol]\n\tallow = never\n\tversion = 2",
    "[transfer]\n\tfsckObjects = true",
    "[fetch]\n\tunpackLimit = 1\n\trecurseSubmodules = false\n\twriteCommitGraph = false",
    '[http]\n\tfollowRedirects = false\n\tproxy = ""\n\tlowSpeedLimit = 1000\n\tlowSpeedTime = 20',
    '[credential]\n\thelper = ""',
    "[gc]\n\tauto = 0",
    "[maintenance]\n\tauto = false",
    "[pack]\n\tthreads = 1",
    '[init]\n\ttemplateDir = ""',
)
