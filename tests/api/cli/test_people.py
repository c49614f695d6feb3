"""People, groups, consents, accounts and secrets on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.wiring import make_core
from engine.clock import SystemClock
from engine.model.birth import TOLD_FIRST
from engine.run.mail import tell
from engine.store import accounts, mappings, tellings, workspaces
from engine.store.accounts import ImplicitSink
from engine.testing.fakes import FakeClock

if TYPE_CHECKING:
    from engine.store.unit import Store
    from tests.api.cli.conftest import Cli

SIGNING = "whsec_" + "Abc4" * 11


def test_an_account_needs_the_settings_of_its_kind(cli: Cli) -> None:
    assert cli.refused(5, "accounts", "add", "webhook", "hook", "--set", "ur=https://hooks.example.org") == (
        "chappe: This is not an account of webhook. It needs `url` (Receives one POST for each post.): write "
        "url=VALUE behind the name. It has no setting `ur`. Did you mean `url`?\n"
    )
    assert cli.refused(4, "accounts", "add", "webhok", "hook") == (
        "chappe: There is no kind of account webhok. Did you mean `webhook`?\n"
    )


def test_a_secret_is_never_taken_from_the_command_line(cli: Cli) -> None:
    arguments = ("accounts", "add", "webhook", "hook", "--set", "url=https://hooks.example.org", "--secret")

    assert cli.refused(2, *arguments, "signing=whsec_verysecret") == (
        "chappe: A secret is not written on the command line, where others can read it: write signing=@FILE, "
        "signing=env:VARIABLE, or signing=- to be asked.\n"
    )
    assert cli.refused(5, *arguments, "sining=-") == (
        "chappe: An account of webhook has no secret sining. Did you mean `signing`?\n"
    )
    cli.out(*arguments, f"signing=@{cli.write('key.txt', SIGNING)}")
    assert "whsec" not in cli.out("accounts", "list", "--json")


def test_a_secret_that_nothing_can_be_signed_with_is_refused_when_it_is_given(cast: Cli) -> None:
    short = f"signing=@{cast.write('key.txt', 'whsec_short')}"
    why = (
        "chappe: Nothing was changed, since a secret cannot be right. `signing` has the wrong form: it must be whsec_ "
        "and the base64 of 24 to 64 random bytes.\n"
    )

    given = ("url=https://hooks.example.org", "--secret", short)
    assert cast.refused(5, "accounts", "add", "webhook", "hook", *given) == why
    assert "hook" not in {row["name"] for row in cast.data("accounts", "list")}
    assert cast.refused(5, "accounts", "reconnect", "acme-hook", "--secret", short) == why


def test_settings_are_written_behind_the_name_or_as_an_option_in_every_command(cast: Cli) -> None:
    first, second = "url=https://hooks.example.org/a", "url=https://hooks.example.org/b"

    cast.out("accounts", "add", "webhook", "behind", first)
    cast.out("accounts", "add", "webhook", "option", "--set", first)
    for name in ("behind", "option"):
        assert cast.data("accounts", "set", name, second)["settings"] == {"url": second[4:]}
        assert cast.data("accounts", "set", name, "--set", first)["settings"] == {"url": first[4:]}
    assert cast.refused(2, "accounts", "set", "behind") == (
        "chappe: What shall change? Write KEY=VALUE behind behind.\n"
    )


def test_accounts_are_listed_and_removed_after_a_question(cast: Cli) -> None:
    rows = {row["name"]: row for row in cast.data("accounts", "list")}

    assert {name: row["person"] for name, row in rows.items()} == {
        "acme-hook": None,
        "karim-hook": "Karim",
        "lea-hook": "Léa",
    }
    assert cast.run("accounts", "remove", "karim-hook", given="n\n").exit_code == 1
    assert len(cast.data("accounts", "list")) == 3
    assert cast.data("accounts", "remove", "karim-hook", "--yes") == {"removed": "karim-hook", "still_sending": []}
    assert cast.refused(4, "accounts", "remove", "karim-hook", "--yes").startswith(
        "chappe: There is no account karim-hook"
    )


def test_a_lost_account_goes_on_when_it_is_connected_again(cast: Cli) -> None:
    assert cast.data("accounts", "reconnect", "lea-hook") == {"account": "lea-hook", "deliveries": 0}
    key = cast.write("key.txt", SIGNING)
    assert cast.out("accounts", "reconnect", "acme-hook", "--secret", f"signing=@{key}") == (
        "acme-hook is used again.\n"
    )


def test_the_settings_of_an_account_are_changed_and_checked(cast: Cli) -> None:
    address = "https://hooks.example.org/new"

    assert cast.out("accounts", "set", "acme-hook", f"url={address}") == f"Changed acme-hook: url={address}.\n"
    assert cast.data("accounts", "set", "acme-hook", f"url={address}") == {
        "account": "acme-hook",
        "settings": {"url": address},
    }
    assert "`url`: " in cast.refused(5, "accounts", "set", "acme-hook", "url=nowhere")
    assert cast.data("accounts", "set", "acme-hook", f"url={address}")["settings"] == {"url": address}
    cast.inside(_lose)
    assert cast.out("accounts", "set", "acme-hook", f"url={address}").endswith(
        "It is lost: `chappe accounts reconnect acme-hook` uses it again.\n"
    )


def test_a_sink_of_its_own_address_is_changed_in_its_mapping_and_connected_again_by_name(cast: Cli) -> None:
    cast.inside(_own)

    assert cast.refused(5, "accounts", "set", "news/own", "url=https://hooks.example.org") == (
        "chappe: news/own publishes to the address of its sink: change the mapping, then apply it.\n"
    )
    assert cast.data("accounts", "reconnect", "news/own") == {"account": "news/own", "deliveries": 0}
    assert {row["state"] for row in cast.data("accounts", "list")} == {"live"}


async def _lose(store: Store, name: str = "acme-hook") -> None:
    [workspace] = await store.read(workspaces.listed)
    row = await store.read(accounts.by_name, workspace.id, name)
    await store.write(accounts.set_state, workspace.id, row.id, "lost", note="Gone.", now=row.created_at)


async def _own(store: Store) -> None:
    [workspace] = await store.read(workspaces.listed)
    mapping = await store.read(mappings.by_name, workspace.id, "news")
    sink = ImplicitSink(workspace.id, mapping.id, "news", "own", "webhook")
    await store.write(accounts.implicit, sink, workspace.created_at)
    await _lose(store, "news/own")


def test_a_person_is_added_to_groups_and_really_deleted(cast: Cli) -> None:
    assert cast.refused(4, "people", "add", "Ada", "-g", "ambasadors") == (
        "chappe: There is no group ambasadors in this workspace. Did you mean `ambassadors`?\n"
    )
    assert "chappe accounts connect PLATFORM --person 'Ada Roy'" in cast.out("people", "add", "Ada Roy")
    cast.out("people", "remove", "Ada Roy", "--yes")
    assert [row["name"] for row in cast.data("people", "group", "list", "ambassadors")] == ["Karim", "Léa"]
    assert cast.data("people", "remove", "Karim", "--yes")["removed"] == "Karim"
    assert [row["name"] for row in cast.data("people", "list")] == ["Léa"]
    assert [row["name"] for row in cast.data("accounts", "list")] == ["acme-hook", "lea-hook"]


def test_a_group_is_made_filled_emptied_and_removed(cast: Cli) -> None:
    assert cast.data("people", "group", "add", "north", "Léa") == {
        "group": "north",
        "made": True,
        "added": ["Léa"],
        "size": 1,
    }
    assert cast.out("people", "group", "add", "north", "Karim") == "The group north now has 2 people.\n"
    assert cast.out("people", "group", "remove", "north", "Léa") == "Took Léa out of north.\n"
    assert cast.data("people", "group", "remove", "north", "--yes")["gone"]
    assert [row["name"] for row in cast.data("people", "group", "list")] == ["ambassadors"]


def test_a_consent_is_recorded_with_its_terms_and_ends(cast: Cli) -> None:
    terms = (
        "--mode",
        "post-for-me",
        "--mapping",
        "news",
        "--max-per-hour",
        "1",
        "--until",
        "10d",
        "--evidence",
        "form 7",
    )
    cast.out("people", "consent", "give", "Karim", *terms)
    found = cast.data("people", "consent", "show", "Karim")
    [account] = found["accounts"]

    assert account["consent"]["mode"] == "post_for_me"
    assert account["consent"]["mappings"] == ["news"]
    assert account["consent"]["max_per_hour"] == 1
    assert account["consent"]["how"] == "operator"
    assert [(line["given"], line["terms"]["evidence"]) for line in found["records"]] == [(True, "form 7")]
    assert found["intact"]


def _allowed(cli: Cli, person: str) -> dict[str, object]:
    [account] = cli.data("people", "consent", "show", person)["accounts"]
    return {name: account["consent"][name] for name in ("mode", "mappings", "max_per_hour", "max_per_day")}


FREELY = ("--mode", "post-for-me", "--mapping", "news", "--max-per-hour", "5", "--max-per-day", "20")


def test_what_is_not_named_stays_as_the_person_allows_it(cast: Cli) -> None:
    cast.out("people", "consent", "give", "Karim", *FREELY, "--until", "10d", "--evidence", "form 7")
    before = _allowed(cast, "Karim")

    said = cast.out("people", "consent", "give", "Karim", "--evidence", "form 8")

    assert _allowed(cast, "Karim") == before
    assert said.endswith(": post for me, the mappings news, at most 5 an hour and 20 a day.\n")
    assert len(cast.data("people", "consent", "show", "Karim")["records"]) == 2


WORKDAYS = ("--hours", "09:00-12:00,14:00-18:00", "--days", "Monday-fri", "--zone", "Europe/Paris")


def _times(cli: Cli, person: str) -> tuple[object, ...]:
    [account] = cli.data("people", "consent", "show", person)["accounts"]
    return tuple(account["consent"][name] for name in ("hours", "days", "zone"))


def test_hours_and_days_are_recorded_kept_shown_and_taken_back(cast: Cli) -> None:
    give = ("people", "consent", "give", "Karim", "--evidence", "form 7")
    said = cast.out(*give, *WORKDAYS)

    assert said.endswith(", at most 2 an hour and 8 a day, mon-fri 09:00-12:00, 14:00-18:00 (Europe/Paris).\n")
    cast.out(*give)
    assert _times(cast, "Karim") == (["09:00-12:00", "14:00-18:00"], ["mon-fri"], "Europe/Paris")
    assert "14:00-18:00 (Europe/Paris)" in " ".join(cast.out("people", "consent", "show", "Karim").split())
    refused = cast.run(*give, "--days", "sat", given="n\n")
    assert refused.stdout.splitlines()[1].split() == ["karim-hook", "days", "mon-fri", "sat"]
    cast.out(*give, "--any-time", "--yes")
    assert _times(cast, "Karim") == ([], [], None)


def test_hours_and_days_that_make_no_sense_are_refused(cast: Cli) -> None:
    give = ("people", "consent", "give", "Karim", "--evidence", "form 7")
    for options, sentence in (
        (
            ("--hours", "9-18", "--zone", "Europe/Paris"),
            "--hours: “9-18” is not a span of the day such as 09:00-12",
        ),
        (("--days", "mon", "--zone", "paris"), "--zone: “paris” is not a time zone such as Europe/Paris. Did you mean"),
        (("--days", "mon"), "Hours and days are of a time zone: say which, such as --zone Europe/Paris."),
        (("--zone", "Europe/Paris"), "--zone goes with --hours or --days: without them every time is allowed."),
        (("--any-time", "--days", "mon"), "--any-time excludes --hours, --days and --zone: name some, or all."),
    ):
        assert cast.refused(2, *give, *options).startswith(f"chappe: {sentence}")


def test_what_becomes_more_or_less_is_shown_and_asked_about(cast: Cli) -> None:
    give = ("people", "consent", "give", "Karim", "--evidence", "form 8")
    cast.out(*give, *FREELY)
    before = _allowed(cast, "Karim")
    other = (*give, "--mode", "ask-me", "--all-mappings", "--until", "2d")

    refused = cast.run(*other, given="n\n")

    assert refused.exit_code == 1
    lines = [line.split() for line in refused.stdout.splitlines()[1:4]]
    assert lines[0] == ["karim-hook", "mode", *["post", "for", "me", "ask", "me", "for", "each", "post"]]
    assert lines[1] == ["karim-hook", "mappings", "news", "all"]
    assert lines[2][:2] == ["karim-hook", "until"]
    assert _allowed(cast, "Karim") == before
    cast.out(*other, "--yes")
    assert _allowed(cast, "Karim") == before | {"mode": "ask_me", "mappings": None}


def test_a_consent_that_is_withdrawn_begins_again_with_asking(cast: Cli) -> None:
    cast.out("people", "consent", "give", "Karim", *FREELY, "--evidence", "form 7")
    cast.out("people", "consent", "withdraw", "Karim", "--yes")
    cast.out("people", "consent", "give", "Karim", "--evidence", "form 8")

    assert _allowed(cast, "Karim") == {"mode": "ask_me", "mappings": None, "max_per_hour": 2, "max_per_day": 8}


def test_a_withdrawal_says_what_it_cancelled(cast: Cli) -> None:
    cast.arrive("We are hiring")
    said = cast.out("people", "consent", "withdraw", "Léa", "--yes")

    assert said == "Nothing more goes out for Léa by lea-hook.\n  1 delivery cancelled.\n"
    assert cast.data("deliveries", "list", "--account", "lea-hook")[0]["state"] == "cancelled"


def test_a_question_that_nobody_can_answer_names_the_option_for_it(cast: Cli) -> None:
    said = cast.refused(1, "people", "consent", "withdraw", "Léa", given="")

    assert said.splitlines()[0].startswith("Withdraw the consent of Léa?")
    assert said.splitlines()[1:] == [
        "chappe: Nothing was changed: nobody is there to answer. Where that is so, say --yes beforehand."
    ]
    assert cast.data("people", "consent", "show", "Léa")["accounts"][0]["consent"]["given"]


def test_a_consent_that_makes_no_sense_is_refused(cast: Cli) -> None:
    give = ("people", "consent", "give", "Léa", "--evidence", "mail")

    assert cast.refused(2, *give, "--mode", "post-forme") == (
        "chappe: “post-forme” is not a mode. Did you mean `post-for-me`?\n"
    )
    assert cast.refused(2, *give, "--until", "10 days") == (
        "chappe: --until: “10 days” is not a duration: write 10d.\n"
    )
    assert cast.refused(5, *give, "--until", "2020-01-31") == (
        "chappe: This consent would have ended already: choose a later --until.\n"
    )
    assert cast.refused(4, "people", "consent", "show", "Lea") == (
        "chappe: There is no person Lea in this workspace. Did you mean `Léa`?\n"
    )


def test_secrets_are_set_from_a_pipe_listed_by_name_and_removed(cli: Cli) -> None:
    assert cli.out("secrets", "set", "hooks", given="whsec_abc\n") == (
        "The secret hooks is set. Mappings name it secret://hooks.\n"
    )
    assert [row["name"] for row in cli.data("secrets", "list")] == ["hooks"]
    assert cli.refused(1, "secrets", "set", "hooks", given="\n") == "chappe: The secret hooks is empty.\n"
    assert cli.refused(1, "secrets", "set", "my hooks", given="x").startswith(
        "chappe: “my hooks” is not a secret's name"
    )
    assert cli.refused(4, "secrets", "remove", "hoks", "--yes") == (
        "chappe: There is no secret hoks in this workspace. Did you mean `hooks`?\n"
    )
    assert cli.data("secrets", "remove", "hooks", "--yes") == {"removed": "hooks"}


def test_who_wants_to_be_told_first_is_asked_while_nobody_can_tell_and_everybody_sees_why(cast: Cli) -> None:
    mode = "tell me first"
    assert mode in cast.out(
        "people", "consent", "give", "Léa", "--mode", "tell-first", "--evidence", "mail of 3 May", "--yes"
    )
    assert mode in cast.out("people", "consent", "show", "Léa")
    end = cast.arrive("We are hiring")

    async def without_a_mailer(store: Store) -> None:
        core = make_core(store, key_file=cast.folder / "chappe.key", allow_private=())
        core.clock = FakeClock(SystemClock().now() + tellings.GATHERED_AFTER)
        await tell(core)

    assert cast.data("deliveries", "list", "--account", "lea-hook")[0]["detail"] == TOLD_FIRST.detail
    cast.inside(without_a_mailer)
    why = tellings.NO_MAILER
    [row] = cast.data("deliveries", "list", "--account", "lea-hook")
    assert (row["state"], why in row["detail"]) == ("waiting", True)
    assert why in " ".join(cast.out("deliveries", "show", row["id"]).split())
    assert why in " ".join(cast.out("explain", end).split())
    assert cast.data("status")["waiting"][0]["what"] == "approval"
    cast.out("deliveries", "approve", row["id"])
    assert cast.data("deliveries", "show", row["id"])["state"] == "planned"
