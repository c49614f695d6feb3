"""Lint: everything at once, each remark at its place, in words for whoever wrote the mapping."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mappings.known import Known
from mappings.linting.lint import lint

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.contract.registry import Registry
    from mappings.findings import Finding

    Lines = Callable[[list[Finding]], list[str]]

SAMPLES = Path(__file__).parents[1] / "samples"
GOOD = (SAMPLES / "good.yaml").read_text()
BAD = (SAMPLES / "bad.yaml").read_text()
SAID = (SAMPLES / "bad.txt").read_text()

KNOWN = Known(
    accounts={"acme-page": "facebook", "acme-linkedin": "linkedin", "lea": "linkedin"},
    audiences=frozenset({"ambassadors-fr", "editors"}),
)


def test_the_mapping_of_the_design_has_nothing_to_remark(registry: Registry) -> None:
    assert lint(GOOD, "news.yaml", registry, known=KNOWN) == []


def test_everything_is_said_at_once_from_top_to_bottom(registry: Registry, lines: Lines) -> None:
    assert "\n".join([*lines(lint(BAD, "bad.yaml", registry)), ""]) == SAID


def test_findings_are_data_too(registry: Registry) -> None:
    finding = lint(GOOD.replace("spread: 4h", "spread: 4 hours"), "news.yaml", registry)[0]
    assert json.loads(json.dumps(finding.as_dict())) == {
        "file": "news.yaml",
        "line": 38,
        "column": 13,
        "code": "CH108",
        "path": "sinks.linkedin.spread",
        "sentence": "“4 hours” is not a duration: write 4h.",
        "severity": "error",
    }


ACCOUNT = "account: acme-page"
AUDIENCE = "audience: ambassadors-fr"


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (ACCOUNT, "account: acme-pages", "9:14  CH301  sources.page.account  There is no account “acme-pages”. Did"),
        (
            ACCOUNT,
            "account: lea",
            "9:14  CH303  sources.page.account  “lea” is an account of linkedin; `page` needs one",
        ),
        (
            AUDIENCE,
            "audience: everybody",
            "37:15  CH302  sinks.linkedin.audience  There is no group “everybody”. There",
        ),
        (AUDIENCE, "accounts: [lea, karim]", "37:21  CH301  sinks.linkedin.accounts[1]  There is no account “karim”."),
    ],
    ids=["slip", "platform", "audience", "accounts"],
)
def test_names_of_the_workspace_are_looked_up(old: str, new: str, line: str, registry: Registry, lines: Lines) -> None:
    text = GOOD.replace(old, new)
    said = lines(lint(text, "n", registry, known=KNOWN))
    assert [text.removeprefix("n:")[: len(line)] for text in said] == [line]
    assert lint(text, "n", registry) == []


def test_names_that_would_do_are_offered(registry: Registry, lines: Lines) -> None:
    text = GOOD.replace(AUDIENCE, "accounts: [lea, zoe]").replace(ACCOUNT, "account: lea")
    said = lines(lint(text, "n", registry, known=KNOWN))
    assert [line.partition("  ")[2].partition("  ")[2].partition("  ")[2] for line in said] == [
        "“lea” is an account of linkedin; `page` needs one of facebook. There is `acme-page`.",
        "There is no account “zoe”. There are `acme-linkedin` and `lea`.",
    ]


def test_an_empty_workspace_has_no_names_to_offer(registry: Registry, lines: Lines) -> None:
    assert lines(lint(GOOD, "n", registry, known=Known())) == [
        "n:9:14  CH301  sources.page.account  There is no account “acme-page”. No account has been added yet.",
        "n:37:15  CH302  sinks.linkedin.audience  There is no group “ambassadors-fr”. No group has been added yet.",
    ]


SMALL = """\
mapping: news
timezone: Europe/Paris
sources:
  blog: {kind: feed, url: https://example.org/feed}
operators:
%s
sinks:
  hook:
    kind: webhook
    from: %s
    url: https://hooks.example.org/in
"""

CIRCLE = """\
  a: {kind: keep, from: c, language: fr}
  b: {kind: keep, from: a, language: fr}
  c: {kind: keep, from: [blog, b], language: fr}"""


ROUTER = "  r: {kind: route, from: blog, ports: {short: {length: {max: 20}}, long: {length: {min: 21}}}}"


@pytest.mark.parametrize(
    ("operators", "feeds", "line"),
    [
        (
            CIRCLE,
            "c",
            "6:25  CH202  operators.a.from  These nodes feed each other in a circle: a → b → c → a. Take one",
        ),
        (ROUTER, "r", "10:11  CH205  sinks.hook.from  hook is fed by r, which is not one of"),
        (
            ROUTER,
            "r.shart",
            "10:11  CH205  sinks.hook.from  hook is fed by r.shart, which is",
        ),
        ("", "blogg", "10:11  CH201  sinks.hook.from  There is no node “blogg”. Did you mean `blog`?"),
        ("", "x", "10:11  CH201  sinks.hook.from  There is no node “x”. There is `blog`."),
        ("", "a.b.c", "10:11  CH107  sinks.hook.from  Write the name of a node, or `router.port` for one output of a"),
        ("  a: {kind: keep, from: [], language: fr}", "a", "6:25  CH107  operators.a.from  `from` is empty: write at"),
        (
            "  a: {kind: slots, from: blog, blackout: []}",
            "a",
            "6:42  CH107  operators.a.blackout  `blackout` is empty: write at least 1 there: days without posts, such",
        ),
        (
            "  a: {kind: keep, language: fr}",
            "a",
            "6:3  CH102  operators.a.from  `a` needs `from`: the node that feeds it",
        ),
        ("  a: {from: blog}", "a", "6:3  CH102  operators.a.kind  `a` needs `kind`: what the node does: a kind of the"),
        (
            "  a: {kind: keep, from: blog}",
            "a",
            "6:3  CH107  operators.a  This tests nothing. Say at least one of `all:`",
        ),
        ("  a: keep", "blog", "6:6  CH107  operators.a  This should be a mapping of keys and values."),
        ("  a:", "blog", "6:5  CH107  operators.a  This is empty. Write a value, or delete the key."),
        ("  1a: {kind: keep, from: blog, language: fr}", "1a", "6:3  CH105  operators.1a  “1a” is not a name: names"),
        (
            "  a b: {kind: keep, from: blog, language: fr}",
            "a b",
            "6:3  CH105  operators.a b  “a b” is not a name: names",
        ),
    ],
)
def test_nodes_and_arrows(operators: str, feeds: str, line: str, registry: Registry, lines: Lines) -> None:
    said = lines(lint(SMALL % (operators, feeds), "n", registry))
    assert [text.removeprefix("n:")[: len(line)] for text in said] == [line]


def test_a_cycle_is_named_from_its_first_node_once(registry: Registry, lines: Lines) -> None:
    said = lines(lint(SMALL % (CIRCLE, "c"), "n", registry))
    path = "a → b → c → a"
    assert said == [
        f"n:6:25  CH202  operators.a.from  These nodes feed each other in a circle: {path}. Take one of the arrows out."
    ]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            ("kind: facebook_page\n", "kind: facebook_page\n    reels: maybe\n"),
            "9:12  CH107  sources.page.reels  This should be true or false.",
        ),
        (
            ("{last: 3}", "{lst: 3}"),
            "12:17  CH101  sources.page.first_run.lst  `lst` is not a key of `first_run`. Did you mean `last`?",
        ),
        (("{last: 3}", "{last: -1}"), "12:23  CH107  sources.page.first_run.last  This should be at least 0."),
        (("{x: 10, y: 20}", "{x: 10}"), "50:3  CH102  canvas.page.y  `page` needs `y`."),
        (("{x: 10, y: 20}", "here"), "50:9  CH107  canvas.page  This should be a mapping of keys and values."),
        (
            ("    account: acme-page\n", ""),
            "7:3  CH207  sources.page  The source facebook_page is read with an account. Add",
        ),
        (
            ("    audience: ambassadors-fr\n", ""),
            "34:3  CH206  sinks.linkedin  `linkedin` does not say for whom it publishes. Add",
        ),
        (
            ("every: 5m", "every: 30s"),
            "10:12  CH113  sources.page.every  This is too often for the source facebook_page. Write 1m or",
        ),
        (
            ("page:\n    kind", "page:\n    steadi: 1m\n    kind"),
            "8:5  CH101  sources.page.steadi  `steadi` is not a key of the source facebook_page. Did you",
        ),
        (
            ("spread: 4h", "spread: 240"),
            "38:13  CH108  sinks.linkedin.spread  A duration is a number with its unit, such as 90s, 10m, 4h or 2d.",
        ),
        (("mapping: company-news", "mapping: 7"), "1:10  CH107  mapping  This should be a text: put it in quotes."),
        (
            ("    expect: {linkedin: {text: {contains: recrut}}}\n", ""),
            "45:5  CH102  tests[0].expect  `tests` needs `expect`: what is expected, by node or by `router.port`.",
        ),
    ],
)
def test_keys_and_values(change: tuple[str, str], line: str, registry: Registry, lines: Lines) -> None:
    assert change[0] in GOOD
    said = lines(lint(GOOD.replace(*change), "n", registry))
    assert [text.removeprefix("n:")[: len(line)] for text in said] == [line]


def test_a_secret_in_the_wrong_place_is_not_repeated(registry: Registry, lines: Lines) -> None:
    text = SMALL % ("", "blog") + "    secret: whsec_bm90LWZvci15b3U\n"
    said = lines(lint(text, "n", registry))
    assert len(said) == 1
    assert "sinks.hook.secret" in said[0]
    assert "bm90LWZvci15b3U" not in said[0]


def test_a_mapping_of_300_nodes_is_linted(registry: Registry) -> None:
    operators = "\n".join(
        f"  n{number}: {{kind: keep, from: {f'n{number - 1}' if number else 'blog'}, text: {{contains: a}}}}"
        for number in range(300)
    )
    assert lint(SMALL % (operators, "n299"), "n", registry) == []


OFFLINE = """
import sys

def refuse(event, args):
    if event.startswith("socket."):
        raise RuntimeError(event)

sys.addaudithook(refuse)

from engine.contract.registry import Registry
from mappings.linting.lint import lint
from mappings.operators import ALL

print(*lint(sys.stdin.read(), "news.yaml", Registry(ALL)), sep="\\n")
print(sorted({"sqlalchemy", "aiohttp", "httpx"} & sys.modules.keys()))
"""


def test_lint_opens_no_socket_and_needs_no_database() -> None:
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE], input=SMALL % ("", "blog"), capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        "news.yaml:4:16  CH103  sources.blog.kind  “feed” is not a kind of source.",
        "news.yaml:9:11  CH103  sinks.hook.kind  “webhook” is not a kind of sink.",
        "[]",
    ]


OWN_WORDS = "variants: ['{{ post.text }}', 'With us: {{ post.text }}']"


@pytest.mark.parametrize(
    ("settings", "codes"),
    [
        ("audience: ambassadors", ["CH209"]),
        ("audience: ambassadors, variants: '{{ post.text }}'", ["CH209"]),
        (f"audience: ambassadors, {OWN_WORDS}", []),
        ("audience: ambassadors, approval: person", []),
        ("audience: ambassadors, mode: repost", []),
        ("account: acme", []),
        ("accounts: acme", []),
        ("accounts: [acme, lea]", ["CH209"]),
        (f"accounts: [acme, lea], {OWN_WORDS}", []),
        (f"accounts: [acme, lea, karim], {OWN_WORDS}", ["CH209"]),
    ],
)
def test_several_accounts_at_x_need_words_of_their_own(registry: Registry, settings: str, codes: list[str]) -> None:
    sources = "{blog: {kind: feed, url: 'https://example.org/feed'}}"
    text = f"mapping: m\nsources: {sources}\nsinks: {{x: {{kind: x_post, from: blog, {settings}}}}}\n"
    assert [finding.code for finding in lint(text, "m.yaml", registry)] == codes
