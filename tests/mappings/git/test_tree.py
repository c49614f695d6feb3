"""Reading real repositories with real git: what a commit holds, and what a hostile one cannot do."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from mappings.git.process import Caps, GitError
from mappings.git.tree import Clone, Remote, Snapshot
from mappings.rules import RULES

if TYPE_CHECKING:
    from pathlib import Path

    from mappings.findings import Rule, Tree

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed on this machine")

NEWS = "mapping: news\n"


class Origin:
    """A repository that commits are made in, past everything that git would refuse to a person."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.run("init", "-q", "-b", "main", *options, str(folder), here=folder.parent)
        self.run("config", "uploadpack.allowFilter", "true")

    def run(self, *arguments: str, given: bytes = b"", here: Path | None = None) -> bytes:
        own = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(self.folder)}
        who = {
            f"GIT_{role}_{what}": "Ada@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        done = subprocess.run(
            ["git", *arguments],  # noqa: S607
            input=given, cwd=here or self.folder, env=own | who, check=True, capture_output=True,
        )  # fmt: skip
        return done.stdout.strip()

    def commit(self, files: dict[str | bytes, str | bytes], *, modes: dict[str, str] | None = None) -> str:
        """Commit exactly these files to main, as a branch that has just been made; return the commit."""
        lines = []
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            mode = (modes or {}).get(str(name), "100644")
            oid = data if mode == "160000" else self.run("hash-object", "-w", "--stdin", given=data)
            path = name.encode() if isinstance(name, str) else name
            lines.append(mode.encode() + b" " + oid + b"\t" + path + b"\0")
        (self.folder / ".git" / "index").unlink(missing_ok=True)
        self.run("update-index", "-z", "--index-info", given=b"".join(lines))
        tree = self.run("write-tree").decode()
        made = self.run("commit-tree", "-m", "A change.", tree).decode()
        self.run("update-ref", "refs/heads/main", made)
        return made


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    return Origin(tmp_path / "origin")


async def read(
    origin: Origin, path: str = "", values: str = "", *, branch: str = "main", caps: Caps | None = None
) -> Snapshot:
    folder = origin.folder.parent / "data" / "clone"
    async with Clone(Remote(str(origin.folder), branch), folder, caps) as clone:
        found = await clone.snapshot(await clone.head(), path, values)
    assert not folder.exists(), "a clone leaves nothing behind"
    return found


async def test_a_commit_gives_the_mappings_under_its_path_and_the_values_file(origin: Origin) -> None:
    commit = origin.commit({
        "README.md": "x", "mappings/news.yaml": NEWS, "mappings/fr/jobs.yml": "mapping: jobs\n",
        "mappings/.hidden/a.yaml": "x", "mappingsome/b.yaml": "x", "mappings/news.fixtures.yaml": "x",
        "prod.yaml": "A: 1\n", "bin": b"\0\xff",
    })  # fmt: skip

    found = await read(origin, "mappings", "prod.yaml")

    assert found.commit == commit
    assert found.files == {"mappings/news.yaml": NEWS.encode(), "mappings/fr/jobs.yml": b"mapping: jobs\n"}
    assert (found.values, found.findings) == (b"A: 1\n", ())
    assert set((await read(origin, "", "prod.yaml")).files) == {*found.files, "mappingsome/b.yaml"}


async def test_the_branch_that_the_repository_names_is_read_where_none_is_named(origin: Origin) -> None:
    commit = origin.commit({"news.yaml": NEWS})

    assert (await read(origin, branch="")).commit == commit


async def test_the_author_is_the_one_whom_the_commit_names_on_one_line(origin: Origin) -> None:
    origin.commit({"news.yaml": NEWS})
    tree = origin.run("rev-parse", "HEAD^{tree}").decode()
    person = "Léa \x1b[31mMartin\u202e <lea@acme.example> 1767225600 +0000"
    raw = f"tree {tree}\nauthor {person}\ncommitter {person}\n\nA change.\n".encode()
    made = origin.run("hash-object", "-w", "-t", "commit", "--stdin", given=raw).decode()
    origin.run("update-ref", "refs/heads/main", made)

    found = await read(origin)

    assert (found.commit, found.author) == (made, "Léa [31mMartin")


async def test_what_was_pushed_by_force_is_read_as_it_is_now(origin: Origin) -> None:
    origin.commit({"news.yaml": NEWS})
    second = origin.commit({"other.yaml": NEWS})

    found = await read(origin)

    assert (found.commit, set(found.files)) == (second, {"other.yaml"})


async def test_links_and_submodules_are_not_followed(origin: Origin) -> None:
    commit = origin.commit({"news.yaml": NEWS})
    modes = {"secret.yaml": "120000", "shared": "160000", "within": "120000"}
    files: dict[str | bytes, str | bytes] = {"news.yaml": NEWS, "secret.yaml": "/etc/passwd", "within": "/etc"}
    origin.commit({**files, "shared": commit.encode()}, modes=modes)

    found = await read(origin)
    linked = await read(origin, "within")

    assert set(found.files) == {"news.yaml"}
    assert [(one.file, one.code, one.severity) for one in found.findings] == [
        ("secret.yaml", "CH603", "warning"),
        ("shared", "CH603", "warning"),
    ]
    assert (linked.files, [one.file for one in linked.findings]) == ({}, ["within"])


@pytest.mark.parametrize("rule", [one for one in RULES.values() if one.tree and one.tree.what == "repository"])
async def test_a_rule_about_repositories_fails_and_is_mended_as_it_says(origin: Origin, rule: Rule) -> None:
    tree: Tree = rule.tree  # type: ignore[assignment]  # chosen above
    modes = dict.fromkeys(tree.links, "120000")
    origin.commit(dict(tree.failing.items()), modes=modes)
    failing = await read(origin)
    origin.commit(dict(tree.mended.items()), modes=modes)
    mended = await read(origin)

    assert [(one.code, one.severity) for one in failing.findings] == [(rule.code, rule.severity)]
    assert (set(mended.files), mended.findings) == (set(tree.mended), ())


async def test_names_that_mean_something_else_elsewhere_are_remarked_on(origin: Origin) -> None:
    origin.commit({
        b"caf\xe9.yaml": NEWS, b"a\nb.yaml": NEWS, "back\\slash.yaml": NEWS, "News.yaml": NEWS, "news.yaml": NEWS,
        "-rf.yaml": NEWS, ":(top)x.yaml": NEWS, "ü.yaml": NEWS,
    })  # fmt: skip

    found = await read(origin)

    assert {one.code for one in found.findings} == {"CH604"}
    assert sorted(one.file for one in found.findings) == ["a b.yaml", "back\\slash.yaml", "caf\ufffd.yaml", "news.yaml"]
    assert set(found.files) == {"News.yaml", "-rf.yaml", ":(top)x.yaml", "ü.yaml"}


async def test_a_name_that_leaves_the_repository_is_refused_by_git_itself(origin: Origin) -> None:
    blob = origin.run("hash-object", "-w", "--stdin")
    inner = origin.run("mktree", "-z", given=b"100644 blob " + blob + b"\tx.yaml\0")
    raw = b"40000 ..\0" + bytes.fromhex(inner.decode())
    tree = origin.run("hash-object", "-w", "-t", "tree", "--literally", "--stdin", given=raw).decode()
    origin.run("update-ref", "refs/heads/main", origin.run("commit-tree", "-m", "x", tree).decode())

    with pytest.raises(GitError, match="contains '\\.\\.'"):
        await read(origin)


async def test_a_file_that_is_too_large_is_not_even_fetched(origin: Origin) -> None:
    origin.commit({"news.yaml": NEWS, "huge.yaml": b"x" * 300_000, "film.bin": os.urandom(400_000)})

    found = await read(origin, caps=Caps(disk=100_000))

    assert set(found.files) == {"news.yaml"}
    assert [(one.file, one.code) for one in found.findings] == [("huge.yaml", "CH002")]


async def test_a_repository_over_its_caps_is_refused(origin: Origin) -> None:
    origin.run("config", "uploadpack.allowFilter", "false")
    origin.commit({"news.yaml": NEWS, "jobs.yaml": NEWS, "film.bin": os.urandom(400_000)})

    with pytest.raises(GitError, match="more than 0 MB at one commit"):
        await read(origin, caps=Caps(disk=100_000))
    with pytest.raises(GitError, match="more than 1 mappings"):
        await read(origin, caps=Caps(files=1))
    with pytest.raises(GitError, match="larger than 0 MB together"):
        await read(origin, caps=Caps(bytes=20))
    with pytest.raises(GitError, match="did not end within"):
        await read(origin, caps=Caps(seconds=0.0))


async def test_what_is_not_there_is_said(origin: Origin, tmp_path: Path) -> None:
    with pytest.raises(GitError, match="is empty"):
        await read(origin, branch="")
    origin.commit({"news.yaml": NEWS})
    with pytest.raises(GitError, match="no branch next"):
        await read(origin, branch="next")
    shutil.rmtree(origin.folder)
    with pytest.raises(GitError, match="no git repository at this address"):
        await read(origin)


async def test_other_protocols_are_not_spoken(tmp_path: Path) -> None:
    for url in ("ext::sh -c touch% /tmp/x", "git://127.0.0.1/x", "ssh://127.0.0.1/x", "--upload-pack=touch x"):
        async with Clone(Remote(url, "main"), tmp_path / "clone") as clone:
            with pytest.raises(GitError):
                await clone.head()


async def test_settings_and_hooks_of_the_repository_and_of_the_machine_run_nothing(
    origin: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = tmp_path / "ran"
    trap = tmp_path / "trap"
    trap.write_text(f'#!/bin/sh\ntouch {ran}\nexec "$@"\n')
    trap.chmod(0o700)
    machine = tmp_path / "gitconfig"
    hook = f"[uploadpack]\n\tpackObjectsHook = {trap}\n"
    machine.write_text(f"[core]\n\tfsmonitor = {trap}\n\tsshCommand = {trap}\n{hook}")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(machine))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", str(trap))
    commit = origin.commit({"news.yaml": NEWS, ".gitattributes": "*.yaml filter=trap\n"})
    for name, value in (("filter.trap.smudge", str(trap)), ("uploadpack.packObjectsHook", str(trap))):
        origin.run("config", name, value)
    for name in ("post-checkout", "reference-transaction", "post-index-change"):
        shutil.copy(trap, origin.folder / ".git" / "hooks" / name)

    assert (await read(origin)).commit == commit
    assert not ran.exists()


async def test_a_repository_of_the_newer_format_is_read(tmp_path: Path) -> None:
    origin = Origin(tmp_path / "origin", "--object-format=sha256")
    commit = origin.commit({"news.yaml": NEWS})

    found = await read(origin)

    assert (len(commit), found.commit, set(found.files)) == (64, commit, {"news.yaml"})


def test_the_token_is_shown_nowhere() -> None:
    assert "hunter2" not in repr(Remote("https://git.example.org/acme.git", token="hunter2"))
