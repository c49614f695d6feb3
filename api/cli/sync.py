"""`chappe sync`: mappings that are kept in git or in a folder."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.actions import syncing
from api.actions.syncing import Outside, Preview, Standing, Wish, make_tools
from api.cli.findings_view import show_findings
from api.cli.main import EXIT_FAILED, EXIT_FINDINGS
from api.cli.session import AsJson, InWorkspace, Session, Yes, confirmed, inside, print_json, when
from api.cli.show import count, heading, say, table
from api.kinds import registry
from engine.store import repositories
from engine.store.repositories import FAILED, Kept, Repository
from mappings.git.sync import Report, Tools
from mappings.git.sync import sync as sync_one
from mappings.git.tree import SHOWN

app = typer.Typer(
    add_completion=False,
    invoke_without_command=True,
    help="Apply mappings that are kept in git or in a folder. Without a command: sync all of them now.",
)

Name = Annotated[str, typer.Argument(help="The repository.", show_default=False)]
Maybe = Annotated[str | None, typer.Argument(help="The repository; else all of them.", show_default=False)]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")]
Prune = Annotated[bool, typer.Option("--prune", help="Remove mappings whose files are there no more.")]


@app.callback()
def all_(
    context: typer.Context,
    *,
    dry_run: DryRun = False,
    prune: Prune = False,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Apply mappings that are kept in git or in a folder. Without a command: sync all of them now."""
    if context.invoked_subcommand is None:
        _sync(None, workspace, dry_run=dry_run, prune=prune, as_json=as_json)


@app.command()
def now(
    name: Maybe = None,
    *,
    dry_run: DryRun = False,
    prune: Prune = False,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Apply what a repository holds now, all of it or nothing, also where it was applied before.

    It undoes what was changed by hand. It ends with 3 where a mapping has errors, and with 1 where a repository cannot
    be read. A mapping whose file has gone runs on unless --prune removes it.

    With --json: a list of {"repository", "commit", "state": applied|unchanged|failed, "detail", "findings",
    "mappings": [{"mapping", "file", "what", "version"}], "gone": [names], "removed": [names]}; with --dry-run a list of
    {"repository", "commit", "differences": as of `chappe apply`, "findings", "gone"}.

    Example: chappe sync now acme-mappings --dry-run
    """
    _sync(name, workspace, dry_run=dry_run, prune=prune, as_json=as_json)


@app.command()
def add(  # noqa: PLR0913  # each is an option
    url: Annotated[str, typer.Argument(help="An https address, or a folder of this machine.", show_default=False)],
    *,
    name: Annotated[str, typer.Option(help="Its name here; else the last part of its address.")] = "",
    branch: Annotated[str, typer.Option(help="Its branch; else the one that it names itself.")] = "",
    path: Annotated[str, typer.Option(help="The folder within it; else all of it.")] = "",
    every: Annotated[str, typer.Option(help="How often it is looked at.")] = "5m",
    values: Annotated[str, typer.Option(metavar="FILE", help="The values file within it.")] = "",
    secret: Annotated[str, typer.Option(metavar="NAME", help="The secret that holds a token to read it.")] = "",
    prune: Annotated[bool, typer.Option("--prune", help="Remove mappings whose files go.")] = False,
    as_json: AsJson = False,
    workspace: InWorkspace = None,
) -> None:
    """Add a repository of mappings; `chappe up` applies it from now on, and every commit after it.

    With --json: the repository, as `chappe sync list` has it.

    Example: chappe sync add https://git.example.org/acme/mappings.git --branch main --path mappings --values prod.yaml
    """
    wish = Wish(url, name, branch, path, values, secret, every, prune)
    row = inside(workspace, lambda opened: syncing.add(opened.store, opened.workspace.id, wish, opened.clock.now()))
    if as_json:
        print_json(_plain(row))
        return
    say(f"Added {row.name}: `chappe up` looks at it every {every}, and `chappe sync now {row.name}` does at once.")


@app.command("list")
def list_(*, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """List the repositories.

    With --json: a list of {"id", "name", "url", "branch", "path", "values_file", "secret", "prune", "every_s", "hook":
    bool, "commit_id", "last_sync_at", "next_sync_at"}.

    Example: chappe sync list
    """
    found: list[Repository] = inside(workspace, lambda opened: syncing.named(opened.store, opened.workspace.id, None))
    if as_json:
        print_json([_plain(row) for row in found])
        return
    rows = [(row.name, row.url, row.branch, row.path, _short(row.commit_id), when(row.last_sync_at)) for row in found]
    headings = ("Repository", "Address", "Branch", "Path", "Applied", "Last look")
    table(headings, rows, empty="There is no repository: `chappe sync add URL` adds one.")


@app.command()
def status(name: Maybe = None, *, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Show what became of the last commits, and which mappings are kept where: changed elsewhere, or without a file.

    With --json: a list of {"repository", "runs": [{"commit_id", "state", "detail", "at"}], "mappings": [{"mapping",
    "path", "commit_id", "changed": by hand since, "gone": its file is there no more}]}.

    Example: chappe sync status
    """
    found = inside(workspace, lambda opened: syncing.standing(opened.store, opened.workspace.id, name))
    if as_json:
        print_json(
            [{"repository": _plain(one.repository), "runs": one.runs, "mappings": one.mappings} for one in found]
        )
        return
    for one in found:
        _show_standing(one)
    if not found:
        say("There is no repository: `chappe sync add URL` adds one.")


@app.command()
def hook(name: Name, *, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Make the secret of a repository's webhook, and say where its server calls: GitHub, GitLab, Gitea or Forgejo.

    An earlier secret ends. With --json: {"path", "secret"}.

    Example: chappe sync hook acme-mappings
    """

    async def work(opened: Session) -> tuple[Repository, str]:
        [row] = await syncing.named(opened.store, opened.workspace.id, name)
        return row, await syncing.new_hook(opened.store, opened.vault(), opened.workspace, row)

    row, secret = inside(workspace, work)
    path = f"/hooks/git/{row.id}"
    if as_json:
        print_json({"path": path, "secret": secret})
        return
    say(f"Address: {path}, behind the address at which this server is reached.")
    say("Content type: application/json. Events: pushes.")
    say(f"Secret, shown this once: {secret}")


@app.command()
def remove(name: Name, *, yes: Yes = False, as_json: AsJson = False, workspace: InWorkspace = None) -> None:
    """Forget a repository. Its mappings run on, and are changed by hand from then on.

    With --json: {"removed": name}.

    Example: chappe sync remove acme-mappings
    """
    [row] = inside(workspace, lambda opened: syncing.named(opened.store, opened.workspace.id, name))
    confirmed(f"Forget the repository {name}? Its mappings run on.", yes=yes)
    inside(workspace, lambda opened: opened.store.write(repositories.remove, row.id))
    if as_json:
        print_json({"removed": name})
    else:
        say(f"Forgot the repository {name}.")


def _sync(name: str | None, workspace: str | None, *, dry_run: bool, prune: bool, as_json: bool) -> None:
    if dry_run:
        _show_previews(inside(workspace, lambda opened: _previewed(opened, name)), prune=prune, as_json=as_json)
        return
    reports = inside(workspace, lambda opened: _synced(opened, name, prune=prune))
    if as_json:
        print_json([report.as_dict() for report in reports])
    else:
        for report in reports:
            _show_report(report)
        if not reports:
            say("There is no repository: `chappe sync add URL` adds one.")
    failed = [report for report in reports if report.state == FAILED]
    if failed:
        raise typer.Exit(EXIT_FINDINGS if any(report.findings for report in failed) else EXIT_FAILED)


async def _synced(opened: Session, name: str | None, *, prune: bool) -> list[Report]:
    tools = _tools(opened)
    rows = await syncing.named(opened.store, opened.workspace.id, name)
    return [await sync_one(tools, row.id, again=True, prune=prune) for row in rows]


async def _previewed(opened: Session, name: str | None) -> list[Preview]:
    tools = _tools(opened)
    rows = await syncing.named(opened.store, opened.workspace.id, name)
    return [await syncing.preview(tools, row) for row in rows]


def _tools(opened: Session) -> Tools:
    outside = Outside(opened.settings.data_dir, opened.settings.allow_private)
    return make_tools(opened.store, registry(), opened.clock, opened.vault, outside)


def _plain(row: Repository) -> dict[str, Any]:
    shown = (
        "id", "name", "url", "branch", "path", "values_file", "secret", "prune", "every_s", "commit_id",
        "last_sync_at", "next_sync_at",
    )  # fmt: skip
    return {key: getattr(row, key) for key in shown} | {"hook": row.hook is not None}


def _short(commit: str) -> str:
    return commit[:SHOWN]


def _show_report(report: Report) -> None:
    heading(f"{report.repository} {_short(report.commit)}".strip())
    if report.findings:
        show_findings(list(report.findings))
    if report.state != FAILED:
        say(report.detail)
    elif report.findings:
        say(f"Nothing was changed: {count(len(report.findings), 'remark')} on this commit.", style="red")
    else:
        say(report.detail, style="red")
    for name in report.gone:
        say(f"The file of {name} is there no more; the mapping runs on. --prune removes it.", style="yellow")
    for name in report.removed:
        say(f"Removed {name}: its file is there no more.")


def _show_previews(previews: list[Preview], *, prune: bool, as_json: bool) -> None:
    if as_json:
        print_json([
            {
                "repository": one.repository,
                "commit": one.commit,
                "differences": one.differences,
                "findings": [finding.as_dict() for finding in one.findings],
                "gone": one.gone,
            }
            for one in previews
        ])  # fmt: skip
        return
    for one in previews:
        heading(f"{one.repository} {_short(one.commit)}")
        show_findings(one.findings)
        table(
            ("Mapping", "Change", "Version", "File"), [(e.mapping, e.what, e.version, e.file) for e in one.differences]
        )
        for name in one.gone:
            say(f"The file of {name} is there no more: the mapping would {'be removed' if prune else 'run on'}.")
    say("Nothing was changed: this was a dry run.")


def _show_standing(one: Standing) -> None:
    row = one.repository
    heading(f"{row.name}: {row.url}{f' ({row.branch})' if row.branch else ''}")
    runs = [(when(run.at), _short(run.commit_id), run.state, run.detail.split("\n")[0]) for run in one.runs]
    table(("When", "Commit", "State", "What"), runs, empty="It was not synced yet.")
    if one.runs and one.runs[0].state == FAILED:
        for line in one.runs[0].detail.split("\n")[1:]:
            say(line)
    if one.mappings:
        say()
        table(("Mapping", "File", "Commit", "Since"), [_kept(each) for each in one.mappings])


def _kept(each: Kept) -> tuple[str, str, str, str]:
    since = "its file has gone" if each.gone else "changed elsewhere" if each.changed else ""
    return each.mapping, each.path, _short(each.commit_id), since
