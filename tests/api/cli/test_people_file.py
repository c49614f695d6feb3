"""`chappe people apply`: a file that adds and changes, shows it first, and gives nothing back that was withdrawn."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from engine.model.consent import Terms
from engine.store import accounts, consents, people, workspaces

if TYPE_CHECKING:
    from engine.store.unit import Store
    from tests.api.cli.conftest import Cli

FILE = """\
people:
  Léa:
    email: lea@example.org
    groups: [ambassadors, sailors]
    consents:
      - mode: post-for-me
        evidence: mail of 22 November
        max_per_day: 4
        mappings: [news]
  Karim:
    groups: []
    consents:
      - evidence: form of 1 June
        accounts: [karim-hook, karim-x]
  Inès:
    email: ines@example.org
    consents:
      - evidence: form of 1 June
"""


def apply(cli: Cli, text: str = FILE, *more: str) -> dict[str, Any]:
    return dict(cli.data("people", "apply", cli.write("people.yaml", text), "--yes", *more))


def consent(cli: Cli, name: str) -> Any:
    rows = {row["name"]: row for row in cli.data("people", "list")}
    return [account["consent"] for account in rows[name]["accounts"]]


def test_a_file_adds_and_changes_people_groups_and_consents(either: Cli) -> None:
    made = apply(either)
    assert (made["added"], made["emails"], made["groups"]) == (["Inès"], ["Léa"], ["sailors"])
    assert (made["entered"], made["left"]) == ([["Léa", "sailors"]], [["Karim", "ambassadors"]])
    assert [(one["account"], one["differences"]) for one in made["consents"]] == [
        ("lea-hook", ["mode", "mappings", "max_per_day"]),
        ("karim-hook", []),
    ]
    again = "then apply this file again to record the consent"
    assert made["notes"] == [
        ["Karim", f"no account karim-x yet: connect it, {again}"],
        ["Inès", f"no account yet: connect one, {again}"],
    ]
    rows = {row["name"]: row for row in either.data("people", "list")}
    assert (rows["Léa"]["email"], rows["Léa"]["groups"]) == ("lea@example.org", ["ambassadors", "sailors"])
    assert rows["Karim"]["groups"] == []
    [lea] = consent(either, "Léa")
    assert (lea["mode"], lea["max_per_day"], lea["mappings"], lea["how"]) == ("post_for_me", 4, ["news"], "operator")
    assert consent(either, "Karim")[0]["evidence"] == "form of 1 June"


def test_applied_again_it_changes_nothing(cast: Cli) -> None:
    apply(cast)
    before = cast.data("people", "consent", "show", "Léa")["records"]
    assert "Nothing has changed." in cast.out("people", "apply", cast.write("people.yaml", FILE), "--yes")
    assert cast.data("people", "consent", "show", "Léa")["records"] == before


def test_nothing_is_done_before_it_was_shown_and_agreed_to(cast: Cli) -> None:
    path = cast.write("people.yaml", FILE)
    shown = cast.out("people", "apply", path, "--dry-run")
    assert re.search(r"Léa +lea-hook: mode +ask me for each post +post for me", shown)
    assert re.search(r"Karim +leaves +ambassadors", shown)
    assert "Nothing was changed: this was a dry run." in shown
    assert cast.run("people", "apply", path, given="n\n").exit_code == 1
    assert {row["name"] for row in cast.data("people", "list")} == {"Léa", "Karim"}


def test_hours_and_days_are_applied_and_shown_when_they_change(cast: Cli) -> None:
    times = "        hours: [09:00-18:00, 22:00-02:00]\n        days: mon-fri\n        zone: Europe/Paris\n"
    apply(cast)
    made = apply(cast, FILE.replace("        mappings: [news]\n", "        mappings: [news]\n" + times))

    assert [one["differences"] for one in made["consents"]] == [["hours", "days", "zone"]]
    [lea] = consent(cast, "Léa")
    assert (lea["hours"], lea["days"], lea["zone"]) == (["09:00-18:00", "22:00-02:00"], ["mon-fri"], "Europe/Paris")
    shown = cast.out("people", "apply", cast.write("people.yaml", FILE), "--dry-run")
    assert re.search(r"Léa +lea-hook: hours +09:00-18:00, 22:00-02:00 +all", shown)


def test_what_was_withdrawn_is_given_again_by_new_evidence_alone(cast: Cli) -> None:
    apply(cast)
    cast.out("people", "consent", "withdraw", "Léa", "--yes")
    again = apply(cast)
    assert again["consents"] == []
    assert ["Léa", "the consent for lea-hook was withdrawn: a new yes needs new evidence"] in again["notes"]
    assert consent(cast, "Léa")[0]["given"] is False
    assert len(apply(cast, FILE.replace("22 November", "1 December"))["consents"]) == 1
    assert consent(cast, "Léa")[0]["given"] is True


def test_what_a_person_said_themselves_stays_as_it_is(cast: Cli) -> None:
    async def work(store: Store) -> None:
        [workspace] = await store.read(workspaces.listed)
        lea = await store.read(people.by_name, workspace.id, "Léa")
        [mine] = [row for row in await store.read(accounts.listed, workspace.id) if row.person_id == lea.id]
        await store.write(consents.give, workspace.id, lea.id, mine.id, Terms(), lea.created_at)

    cast.inside(work)
    assert ["Léa", "what Léa said of lea-hook themselves stays as it is"] in apply(cast)["notes"]
    assert (consent(cast, "Léa")[0]["how"], consent(cast, "Léa")[0]["mode"]) == ("person", "ask_me")


def test_evidence_on_record_makes_no_consent_longer(cast: Cli) -> None:
    soon = (datetime.now(UTC) + timedelta(days=9)).date().isoformat()  # a day of the real calendar
    apply(cast, FILE.replace("        max_per_day: 4\n", f"        until: {soon}\n"))
    [first] = consent(cast, "Léa")
    apply(cast, FILE.replace("max_per_day: 4", "max_per_day: 3"))
    [then] = consent(cast, "Léa")
    assert (then["max_per_day"], then["until"]) == (3, first["until"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("groups: []", "group: []"),
            ":11:5  CH101  people.Karim.group  `group` is not a key of `Karim`. Did you mean",
        ),
        (("mode: post-for-me", "mode: post_for"), ":6:15  CH107  people.Léa.consents[0].mode  This should be `ask-me`"),
        (("        evidence: mail of 22 November\n", ""), ":6:9  CH102  people.Léa.consents[0].evidence"),
        (("[news]", "[new]"), ":9:20  CH107  people.Léa.consents[0].mappings[0]  There is no mapping “new” in this"),
        (("[karim-hook,", "[lea-hook,"), ":14:20  CH301  people.Karim.consents[0].accounts[0]  “lea-hook” is not an"),
        (("max_per_day: 4", "until: tomorrow"), ":8:16  CH107  people.Léa.consents[0].until  This should be a day"),
        (("max_per_day: 4", "until: 2020-02-29"), ":8:16  CH109  people.Léa.consents[0].until  This consent would"),
        (("max_per_day: 4", "hours: 9-18"), ":8:16  CH109  people.Léa.consents[0].hours  “9-18” is not a span of the"),
        (
            ("max_per_day: 4", "days: mon"),
            ":6:9  CH107  people.Léa.consents[0]  Hours and days are of a time zone: add",
        ),
        (("max_per_day: 4", "zone: Paris"), ":8:15  CH109  people.Léa.consents[0].zone  “Paris” is not a time zone"),
        (("  Karim:", "  Léa:"), "CH006"),
        ((FILE, "- Léa"), ":1:1  CH008  .  A file of people is a document of keys and values: `people:` and names."),
        (
            (FILE, FILE + "      - {evidence: x}\n"),
            ":19:9  CH106  people.Inès.consents[1]  Inès has agreed to something",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_nothing_is_done(
    cast: Cli, change: tuple[str, str], said: str
) -> None:
    refused = cast.refused(3, "people", "apply", cast.write("people.yaml", FILE.replace(*change)), "--yes")
    assert said in refused
    assert {row["name"] for row in cast.data("people", "list")} == {"Léa", "Karim"}


def test_a_file_that_is_not_there_is_named(cli: Cli) -> None:
    assert "cannot be read" in cli.refused(4, "people", "apply", "none.yaml")
