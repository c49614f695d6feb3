"""`chappe test` and `chappe capture`: as a user runs them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from api.actions.capturing import capture, given_of
from api.errors import UsageError
from engine.model.post import Author, Link, Media, Post
from mappings.rehearsal.fixtures import beside, known, written
from mappings.rehearsal.given import post_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.api.cli.conftest import Cli

NEWS = """\
mapping: news
sources:
  blog: {kind: feed, url: https://example.org/feed}
operators:
  jobs: {kind: keep, from: blog, text: {contains: hiring}}
sinks:
  hook: {kind: webhook, from: jobs, url: https://hooks.example.org/in}
tests:
  - name: a job goes out
    given: {blog: We are hiring in Lyon}
    expect: {hook: {text: {contains: WORD}}}
  - name: lunch does not
    given: {blog: Soup}
    expect: {hook: nothing}
"""
GOOD = NEWS.replace("WORD", "hiring")


@pytest.fixture
def here(bare: Cli) -> Cli:
    bare.folder.mkdir()
    return bare


def test_tests_that_are_as_expected_are_counted(here: Cli) -> None:
    here.write("news.yaml", GOOD)
    assert here.out("test", str(here.folder)) == "2 tests: 2 as expected.\n"
    assert here.out("test", str(here.folder), "-k", "LUNCH") == "1 test: 1 as expected.\n"


def test_a_test_that_is_not_as_expected_shows_what_came_and_where_it_says_so(here: Cli) -> None:
    file = here.write("news.yaml", NEWS)
    ended = here.run("test", file)
    assert ended.exit_code == 1
    assert ended.stdout.splitlines() == [
        f"{file}:9  news: a job goes out",
        f"  {file}:11:28  tests[0].expect.hook.text.contains",
        "    expected: contains: WORD",
        "    got:      We are hiring in Lyon",
        "2 tests: 1 not as expected, 1 as expected.",
    ]
    report = here.folder / "report.xml"
    data = json.loads(here.run("test", file, "--json", "--junit", str(report)).stdout)
    assert [(one["name"], one["passed"]) for one in data["tests"]] == [
        ("a job goes out", False),
        ("lunch does not", True),
    ]
    assert 'tests="2" failures="1"' in report.read_text()
    assert "contains: WORD" in report.read_text()


def test_a_file_with_errors_is_remarked_on(here: Cli) -> None:
    file = here.write("news.yaml", GOOD.replace("hook: nothing", "hok: nothing"))
    ended = here.run("test", file)
    assert ended.exit_code == 3
    assert f"{file}:14:14  CH501" in ended.stdout
    assert ended.stdout.endswith("No test was run.\n")


def test_words_that_no_test_has_are_told_of_and_fail(here: Cli) -> None:
    file = here.write("news.yaml", GOOD)
    ended = here.run("test", file, "-k", "zzz")
    assert (ended.exit_code, ended.stdout) == (1, "None of the 2 tests matches -k zzz.\n")
    here.write("news.yaml", GOOD.partition("tests:")[0])
    assert here.out("test", file, "-k", "zzz") == "There is no test: write some under `tests:`.\n"


def test_a_file_with_errors_is_an_error_in_the_report_of_junit(here: Cli) -> None:
    file = here.write("news.yaml", GOOD.replace("hook: nothing", "hook: [Soup]"))
    report = here.folder / "report.xml"
    assert here.run("test", file, "--junit", str(report)).exit_code == 3
    [suite] = ET.fromstring(report.read_text())  # noqa: S314  # our own
    [case] = suite
    assert (suite.get("name"), suite.get("errors")) == (file, "1")
    assert (case.get("name"), case.get("line")) == ("CH107 tests[1].expect.hook", "14")
    assert f"{file}:14:20  CH107" in str(case[0].text)


def test_what_may_be_expected_is_named_where_it_is_something_else(here: Cli) -> None:
    file = here.write("news.yaml", GOOD.replace("hook: nothing", "hook: Soup"))
    said = "This should be `nothing`, or say what the posts should be, such as `{text: hello}`"
    assert said in here.run("test", file).stdout


def test_snapshots_are_written_when_asked_and_compared_from_then_on(here: Cli) -> None:
    file = here.write("news.yaml", GOOD)
    shots = here.folder / "news.snapshots.yaml"
    assert here.out("test", file, "--update").splitlines()[0] == f"Written: {shots}"
    assert here.out("test", str(here.folder)) == "2 tests: 2 as expected.\n"
    here.write("news.yaml", GOOD.replace("We are hiring", "Now we are hiring"))
    ended = here.run("test", file)
    assert ended.exit_code == 1
    assert [line.strip() for line in ended.stdout.splitlines() if " text: " in line] == [
        "-  - text: We are hiring in Lyon",
        "+  - text: Now we are hiring in Lyon",
    ]
    here.out("test", file, "--update", "-k", "job")
    assert "Now we are" in shots.read_text()
    assert "lunch does not" in shots.read_text()
    here.write("news.yaml", GOOD.replace("a job goes out", "jobs go out"))
    assert "none yet: `chappe test --update` writes it" in here.run("test", file).stdout


def test_captured_posts_are_given_by_their_names(cast: Cli) -> None:
    end = cast.arrive("We are hiring a cook, ${NAME}")
    file = str(cast.folder / "news.fixtures.yaml")
    assert cast.out("capture", end, "-o", file).splitlines()[0] == "news.fixtures.yaml#we-are-hiring-a-cook"
    assert cast.data("capture", "--source", "blog", "--last", "1", "-o", file)["added"] == {}
    given = "{fixture: news.fixtures.yaml#we-are-hiring-a-cook}"
    mapping = GOOD.replace("We are hiring in Lyon", given).replace("contains: hiring", "contains: '$${NAME}'")
    cast.out("test", cast.write("news.yaml", mapping))
    cast.write("news.yaml", mapping.replace("#we-are-", "#we-were-"))
    assert "Did you mean `we-are-hiring-a-cook`?" in cast.run("test", str(cast.folder / "news.yaml")).stdout


def test_capture_says_which_posts_and_which_file_it_needs(cast: Cli) -> None:
    assert "Say which" in cast.refused(2, "capture", "-o", "a.fixtures.yaml")
    cast.arrive("Hello")
    assert "let its name end in .fixtures.yaml" in cast.refused(2, "capture", "--source", "blog", "-o", "a.yaml")


def test_what_readers_see_of_a_post_survives_its_capture(tmp_path: Path) -> None:
    post = Post(
        key="1",
        text="Hello @jane #hiring https://a.example/1",
        title="A job",
        links=(Link(url="https://a.example/1"), Link(url="https://a.example/2")),
        media=(Media(url="https://a.example/p.png", alt="A desk"), Media(url="https://a.example/f.mp4", kind="video")),
        hashtags=("hiring", "lyon"),
        mentions=("jane",),
        language="en",
        author=Author(name="Ana"),
        permalink="https://a.example/1",
    )
    file = tmp_path / "a.fixtures.yaml"
    assert list(capture(file, [post, post])) == ["a-job"]
    assert list(capture(file, [post, post.model_copy(update={"text": "Other"})])) == ["a-job-2"]
    assert post_of(beside(tmp_path / "news.yaml")("a.fixtures.yaml#a-job"), "1", None) == post
    assert known(written({"x": given_of(post)}), "f") == {"x": given_of(post)}
    with pytest.raises(UsageError):
        capture(tmp_path / "a.yaml", [post])
