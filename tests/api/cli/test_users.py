"""The first user and the first key, made on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fixtures.instances import Cli

LEA = ("users", "add", "Léa", "--email", "Lea@acme.example")
PASSWORD = "three otters in a canoe"


def test_the_first_user_is_made_with_one_command_and_administers_the_instance(cli: Cli) -> None:
    said = cli.out(*LEA, "--owner", given=PASSWORD)
    cli.out("users", "add", "Karim", "--email", "karim@acme.example", "--by-code")

    assert "lea@acme.example, as owner" in said
    assert PASSWORD not in said
    found = [(one["email"], one["role"], one["admin"]) for one in cli.data("users", "list")]
    assert found == [("lea@acme.example", "owner", True), ("karim@acme.example", "viewer", False)]


def test_a_weak_password_makes_no_user(cli: Cli) -> None:
    assert "12 to 256 characters" in cli.refused(1, *LEA, given="short")
    assert cli.data("users", "list") == []


def test_a_role_changes_a_member_leaves_and_the_only_owner_stays(cli: Cli) -> None:
    cli.out(*LEA, "--owner", "--by-code")
    cli.out("users", "add", "Karim", "--email", "karim@acme.example", "--by-code")

    cli.out("users", "role", "karim@acme.example", "approver")
    assert [one["role"] for one in cli.data("users", "list")] == ["owner", "approver"]
    cli.out("users", "remove", "karim@acme.example", "--yes")
    assert [one["name"] for one in cli.data("users", "list")] == ["Léa"]
    assert "only owner" in cli.refused(5, "users", "role", "lea@acme.example", "viewer")
    assert "There is no user" in cli.refused(4, "users", "role", "nobody@acme.example", "viewer")


def test_a_key_is_made_for_known_scopes_and_revoked_by_its_beginning(cli: Cli) -> None:
    cli.out(*LEA, "--owner", "--by-code")
    wanted = ("api-keys", "create", "export", "--user", "lea@acme.example", "--scope")

    made = cli.data(*wanted, "members:read")
    assert made["token"].startswith(made["prefix"] + "_")
    assert "members:read" in cli.refused(1, *wanted, "members:raed")
    cli.out("api-keys", "revoke", made["prefix"], "--yes")
    assert [one["revoked_at"] is None for one in cli.data("api-keys", "list")] == [False]
