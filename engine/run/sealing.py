"""Where sealed things stand: each is bound to its workspace, table, row and field, so that it opens nowhere else."""

from __future__ import annotations

from engine.vault import Place


def grant_place(workspace_id: str, account_id: str) -> Place:
    """Return where an account's grant stands."""
    return Place(workspace_id, "grants", account_id, "sealed")


def secret_place(workspace_id: str, name: str) -> Place:
    """Return where a named secret of a workspace stands."""
    return Place(workspace_id, "secrets", name, "sealed")


def app_place(workspace_id: str, platform: str) -> Place:
    """Return where the secrets of a platform's app stand."""
    return Place(workspace_id, "apps", platform, "sealed")


def hook_place(workspace_id: str, repository_id: str) -> Place:
    """Return where the secret of a repository's webhook stands."""
    return Place(workspace_id, "repositories", repository_id, "hook")


def state_place(workspace_id: str, state_id: str) -> Place:
    """Return where the verifier of a connecting that has begun stands."""
    return Place(workspace_id, "oauth_states", state_id, "sealed")


def webhook_place(workspace_id: str, webhook_id: str) -> Place:
    """Return where the signing secrets of a webhook stand."""
    return Place(workspace_id, "webhooks", webhook_id, "sealed")


def source_hook_place(workspace_id: str, source_id: str) -> Place:
    """Return where the secret of those who wake a source stands."""
    return Place(workspace_id, "sources", source_id, "hook")


def hub_place(workspace_id: str, source_id: str) -> Place:
    """Return where the secret stands with which a hub signs what it says of a source's feed."""
    return Place(workspace_id, "hubs", source_id, "sealed")
