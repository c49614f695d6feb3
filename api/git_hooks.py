"""Calls of git servers, signed as GitHub, GitLab, Gitea and Forgejo do: all they do is to let a sync come soon.

GitHub signs the body (`X-Hub-Signature-256`), Gitea and Forgejo do so under names of their own, GitLab sends the secret
itself (docs.rs/vgi-forge-forgejo, docs.rs/vgi-forge-github, gitlab.com/gitlab-org/gitlab-foss/-/merge_requests/5664,
read 2026-11-22). Nothing that a call says is used: what was pushed is asked of the repository itself, so a call that is
repeated, late or made up does no harm.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Final

from engine.errors import ChappeError
from engine.run.sealing import hook_place
from engine.store import repositories, workspaces

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.run.core import Core

TOKEN: Final = "x-gitlab-token"  # noqa: S105  # the name of a header
SIGNATURES: Final = ("x-hub-signature-256", "x-gitea-signature", "x-forgejo-signature", "x-gogs-signature")


async def pushed(core: Core, repository_id: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Let a repository be synced soon; False where there is none, or the call is not signed with its secret."""
    try:
        row = await core.store.read(repositories.get, repository_id)
        if row.hook is None:
            return False
        workspace = await core.store.read(workspaces.get, row.workspace_id)
        secret = core.vault.open(workspace.data_key, row.hook, hook_place(workspace.id, row.id)).reveal()
        if not is_signed(headers, body, secret):
            return False
        await core.store.write(repositories.hint, row.id, core.clock.now())
    except ChappeError:  # no such repository, no key, no database: to whoever calls it is all the same
        return False
    return True


def is_signed(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Tell whether a call shows that its sender knows the secret."""
    if given := headers.get(TOKEN):
        return hmac.compare_digest(given.encode(), secret.encode())
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()
    shown = [given.removeprefix("sha256=").encode() for name in SIGNATURES if (given := headers.get(name))]
    return bool(shown) and all(hmac.compare_digest(each, expected) for each in shown)
