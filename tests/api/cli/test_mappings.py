"""Mapping files on the command line: linted, applied, previewed."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.api.cli.conftest import MAPPING

if TYPE_CHECKING:
    from tests.api.cli.conftest import Cli


def test_lint_says_what_is_wrong_and_where_all_at_once(bare: Cli) -> None:
    bare.folder.mkdir()
    file = bare.write("bad.yaml", MAPPING.replace("contains", "contians").replace("kind: webhook", "kind: webhok", 1))
    result = bare.run("lint", file)
    unknown = "`contians` is not a key of `text`. Did you mean `contains`?"

    assert result.exit_code == 3
    assert result.stdout.splitlines() == [
        f"{file}:10:16  CH101  operators.jobs.any[0].text.contians  {unknown}",
        f"{file}:13:11  CH103  sinks.partners.kind  “webhok” is not a kind of sink. Did you mean `webhook`?",
        "1 file: 2 errors.",
    ]


def test_lint_names_a_circle_node_by_node(bare: Cli) -> None:
    bare.folder.mkdir()
    again = "operators:\n  again: {kind: keep, from: jobs, any: [{text: {contains: [a]}}]}\n"
    text = MAPPING.replace("operators:\n", again).replace("from: blog", "from: [blog, again]")
    [finding] = json.loads(bare.run("lint", bare.write("circle.yaml", text), "--json").stdout)["findings"]

    assert finding["code"] == "CH202"
    assert "jobs → again → jobs" in finding["sentence"] or "again → jobs → again" in finding["sentence"]


def test_lint_needs_no_database_and_reads_folders(bare: Cli) -> None:
    bare.folder.mkdir()
    bare.write("a.yaml", MAPPING)
    bare.write("b.yml", MAPPING.replace("mapping: news", "mapping: other"))

    assert bare.out("lint", str(bare.folder)) == "2 files: nothing to remark.\n"
    assert bare.refused(4, "lint", str(bare.folder / "no")) == f"chappe: There is no file or folder {bare.folder}/no.\n"


def test_lint_puts_parameters_in(bare: Cli) -> None:
    bare.folder.mkdir()
    file = bare.write("p.yaml", MAPPING.replace("News to partners", "News of ${NAME}"))

    assert bare.run("lint", file).exit_code == 3
    assert bare.out("lint", file, "-p", "NAME=Acme") == "1 file: nothing to remark.\n"
    assert bare.refused(2, "lint", file, "-p", "NAME") == (
        "chappe: “NAME” does not say what it is: write NAME=VALUE.\n"
    )


def test_apply_names_a_missing_account_and_changes_nothing(cast: Cli) -> None:
    good = cast.write("news.yaml", MAPPING.replace("hiring", "jobs"))
    bad = cast.write("bad.yaml", MAPPING.replace("mapping: news", "mapping: other").replace("acme-hook", "acme-hok"))

    assert cast.refused(3, "apply", good, bad) == (
        f"{bad}:15:16  CH301  sinks.partners.accounts[0]  There is no account “acme-hok”. Did you mean `acme-hook`?\n"
    )
    assert cast.data("apply", good, "--dry-run")["mappings"][0]["version"] == 2
    assert [each["name"] for each in cast.data("status")["mappings"]] == ["news"]


def test_apply_says_what_it_changes_and_a_dry_run_changes_nothing(cast: Cli) -> None:
    file = cast.write("news.yaml", MAPPING.replace("hiring", "jobs").replace("friends", "people"))
    dry = cast.data("apply", file, "--dry-run")

    assert not dry["applied"]
    [change] = dry["mappings"]
    assert (change["what"], change["version"]) == ("changed", 2)
    assert (change["added"], change["removed"]) == (["sinks.people"], ["sinks.friends"])
    assert change["altered"] == ["operators.jobs"]
    assert cast.data("apply", file)["mappings"] == dry["mappings"]
    assert cast.data("apply", file)["mappings"][0]["what"] == "unchanged"


def test_apply_tells_which_secrets_are_missing(cast: Cli) -> None:
    own = MAPPING.replace("accounts: [acme-hook]", "url: https://hooks.example.org/x\n    secret: secret://hooks")
    file = cast.write("own.yaml", own)

    assert "The secret hooks is not set: run `chappe secrets set hooks`." in cast.out("apply", file)
    short = "whsec_" + "Abc4" * 4
    wrong = "`signing` has the wrong form: it must be whsec_ and the base64 of 24 to 64 random bytes."
    assert cast.refused(5, "secrets", "set", "hooks", given=short) == (
        f"chappe: Nothing was changed: news.partners cannot use it. {wrong}\n"
    )
    cast.out("secrets", "set", "hooks", given="whsec_" + "Abc4" * 8)
    applied = cast.data("apply", file)
    assert (applied["missing_secrets"], applied["unfit_secrets"]) == ([], [])


def test_apply_tells_which_secrets_cannot_be_right(cast: Cli) -> None:
    cast.out("secrets", "set", "hooks", given="whsec_abc\n")
    own = MAPPING.replace("accounts: [acme-hook]", "url: https://hooks.example.org/x\n    secret: secret://hooks")
    file = cast.write("own.yaml", own)

    [unfit] = cast.data("apply", file)["unfit_secrets"]

    assert (unfit["secret"], unfit["mapping"], unfit["node"]) == ("hooks", "news", "partners")
    assert f"The secret hooks cannot be right for news.partners: {unfit['why']}" in cast.out("apply", file)
    (cast.folder / "chappe.key").unlink()
    assert "The secrets that are set were not looked at. The key file" in cast.out("apply", file)


PRICED = """
mapping: priced
sources:
  blog:
    kind: feed
    url: https://example.org/feed
sinks:
  x:
    kind: x_post
    from: blog
    account: acme-x
  page:
    kind: facebook_page
    from: blog
    account: acme-page
"""


def test_preview_shows_each_sink_with_counts(bare: Cli) -> None:
    bare.folder.mkdir()
    file = bare.write("news.yaml", MAPPING)
    arguments = ("preview", file, "--text", "We are hiring", "--link", "https://example.org/jobs")
    [shown] = bare.data(*arguments)

    assert shown["sinks"]["partners"][0]["text"] == "We are hiring"
    assert shown["sinks"]["partners"][0]["length"] == 13
    assert list(bare.data(*arguments, "--sink", "friends")[0]["sinks"]) == ["friends"]
    assert "13 characters · link https://example.org/jobs" in bare.out(*arguments)


def test_preview_shows_what_a_post_costs_before_it_is_sent(bare: Cli) -> None:
    bare.folder.mkdir()
    file = bare.write("x.yaml", PRICED)
    [shown] = bare.data("preview", file, "--text", "We are hiring", "--link", "https://example.org/jobs")
    assert {name: [one["cost"] for one in variants] for name, variants in shown["sinks"].items()} == {
        "x": [0.2],
        "page": [None],
    }
    said = bare.out("preview", file, "--text", "We are hiring")
    assert "13 of 280 characters as X counts them · $0.015 for each account" in said
    assert said.count("$") == 1


def test_preview_names_the_time_at_which_a_post_would_go_on(bare: Cli) -> None:
    bare.folder.mkdir()
    rest = MAPPING.replace("sinks:", "  rest: {kind: delay, from: jobs, for: 2h}\nsinks:").replace(
        "from: jobs\n", "from: rest\n"
    )
    file = bare.write("news.yaml", rest)
    [shown] = bare.data("preview", file, "--text", "We are hiring")

    [stay] = shown["waits"]
    assert datetime.fromisoformat(stay["until"]) - datetime.fromisoformat(stay["since"]) == timedelta(hours=2)
    assert re.search(
        r"It would wait at rest until \d\d \w+ \d{4} \d\d:\d\d \S+: Waits",
        bare.out(*("preview", file, "--text", "We are hiring")),
    )


def test_preview_says_why_nothing_would_go_out(bare: Cli) -> None:
    bare.folder.mkdir()
    said = bare.out("preview", bare.write("news.yaml", MAPPING), "--text", "Lunch")

    assert "It would end at jobs: The text does not contain “hiring”." in said
    assert "Nothing for partners." in said


def test_preview_takes_the_newest_stored_posts_else_the_tests_of_the_mapping(cast: Cli) -> None:
    tested = MAPPING + "tests:\n  - name: a job goes out\n    given: {blog: {text: hiring in Lyon}}\n    expect: {}\n"
    file = cast.write("news.yaml", tested)

    assert [each["post"] for each in cast.data("preview", file)] == ["a job goes out"]
    end = cast.arrive("We are hiring a cook")
    assert [each["post"] for each in cast.data("preview", file)] == [end]
    assert [each["post"] for each in cast.data("preview", file, "--tests")] == ["a job goes out"]


def test_preview_of_nothing_says_what_to_type(cast: Cli) -> None:
    assert cast.refused(5, "preview", cast.write("news.yaml", MAPPING)) == (
        "chappe: There is no post to show yet: type one with --text, --title and --link.\n"
    )
    assert cast.refused(4, "preview", cast.write("news.yaml", MAPPING), "--sink", "partner") == (
        "chappe: news has no sink partner. Did you mean `partners`?\n"
    )


def test_a_values_file_fills_in_the_parameters_of_one_environment(cast: Cli) -> None:
    file = cast.write("news.yaml", MAPPING.replace("News to partners", "${TITLE} of ${COMPANY}"))
    values = cast.write("prod.yaml", "TITLE: News\nCOMPANY: Acme\nPHONE: 0033\n")

    found = cast.data("lint", str(cast.folder), "--values", values, "-p", "TITLE=Jobs")
    broken = cast.write("broken.yaml", "TITLE: [News]\n")
    said = cast.refused(3, "lint", file, "--values", broken)

    assert [(each["code"], each["severity"]) for each in found["findings"] if each["file"] == values] == [
        ("CH602", "warning")
    ]
    assert said == f"{broken}:1:8  CH601  TITLE  The parameter `TITLE` needs a text or a number on its line.\n"
    cast.out("apply", file, "--values", values)
    assert "News of Acme" in [each["title"] for each in cast.data("status")["mappings"]]
