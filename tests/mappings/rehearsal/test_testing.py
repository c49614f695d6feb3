"""Tests in mappings: posts go in anywhere, and what is expected of a node is compared with what came."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from engine.errors import MappingError
from mappings.cases import CaseEntry, GivenPost
from mappings.compiling import compile_document
from mappings.linting.lint import check
from mappings.reading.loading import load
from mappings.rehearsal.testing import run_case

if TYPE_CHECKING:
    from engine.contract.registry import Registry
    from mappings.rehearsal.expecting import Miss

GOOD = (Path(__file__).parents[1] / "samples" / "good.yaml").read_text()
MENDED = GOOD.replace("approval: person", "approval: none")
JOB = "Acme recrute une développeuse à Lyon"


def case(text: str) -> CaseEntry:
    data: Any = load(f"case: {text}", "case").data
    return CaseEntry.model_validate({"name": "a"} | data["case"])


def missed(registry: Registry, given: str, expect: str, *, more: str = "") -> list[Miss]:
    graph = compile_document(GOOD, registry)
    return list(run_case(graph, case(f"{{given: {given}, expect: {expect}{more}}}")).misses)


@pytest.mark.parametrize(
    "expect",
    [
        "{linkedin: {text: {contains: [Acme, recrute], not: cantine}, length: {max: 60}}}",
        "{linkedin: {variants: [{starts_with: Nous recrutons}, {matches: '^Envie .* recrute'}]}}",
        "{linkedin: {count: 1, at: '09:10', title: '', media: 1}}",
        "{linkedin: {at: 'mon 09:10'}, page: {at: 10m, text: 'Acme recrute une développeuse à Lyon'}}",
        "{signed: {hashtags: ['#AcmeRecrute'], text: {ends_with: '#AcmeRecrute'}, media: {count: 2, kind: image}}}",
        "{jobs: {text: 'Acme recrute une développeuse à Lyon', media: {alt: {contains: desk}}}}",
        "{page: {held: has not changed for 10m}, office_hours: {held: true}, signed: {held: false}}",
        "{linkedin: {posts: {text: {contains: recrute}, at: 2026-01-05 09:10}}}",
        "{linkedin: {}}",
    ],
)
def test_what_is_as_expected_passes(expect: str, registry: Registry) -> None:
    given = f"{{page: {{text: {JOB}, media: [{{alt: a desk}}, {{alt: two desks}}]}}}}"
    assert missed(registry, given, expect) == []


@pytest.mark.parametrize(
    ("expect", "path", "expected", "got"),
    [
        ("{jobs: {text: Lunch}}", ("jobs", "text", "equals"), "Lunch", JOB),
        ("{jobs: {text: {contains: Paris}}}", ("jobs", "text", "contains"), "contains: Paris", JOB),
        ("{jobs: {text: {not: Acme}}}", ("jobs", "text", "not"), "does not contain: Acme", JOB),
        ("{jobs: {length: {max: 9}}}", ("jobs", "length"), "at most 9", f"36: {JOB}"),
        ("{jobs: {media: 1}}", ("jobs", "media", "count"), "1 media", "0"),
        ("{jobs: {hashtags: job}}", ("jobs", "hashtags"), "#job", "no hashtag"),
        ("{jobs: {link: https://acme.example}}", ("jobs", "link", "equals"), "https://acme.example", ""),
        ("{linkedin: {at: '14:00'}}", ("linkedin", "at"), "14:00", "Mon 2026-01-05 09:10"),
        ("{linkedin: nothing}", ("linkedin", "nothing"), "nothing arrives", None),
        ("{linkedin: {count: {min: 2}}}", ("linkedin", "count"), "at least 2 posts", None),
        ("{linkedin: {posts: [{}, {}]}}", ("linkedin", "posts"), "2 posts", None),
        ("{linkedin: {variants: [{}]}}", ("linkedin", "variants"), "1 variants", None),
        ("{jobs: {dropped: true}}", ("jobs", "dropped"), "a post is dropped there", "nothing was dropped there"),
        ("{page: {held: false}}", ("page", "held"), "nothing is held there", "Waits until it has not changed for 10m."),
    ],
)
def test_what_is_not_as_expected_is_told_with_what_came(
    expect: str, path: tuple[str, ...], expected: str, got: str | None, registry: Registry
) -> None:
    [miss] = missed(registry, f"{{page: {JOB}}}", expect)
    assert (miss.path, miss.expected) == (("expect", *path), expected)
    assert got is None or miss.got == got


def test_a_post_that_does_not_arrive_is_explained(registry: Registry) -> None:
    [dropped] = missed(registry, "{page: Lunch}", "{linkedin: {text: Lunch}}")
    assert dropped.path == ("expect", "linkedin")
    assert dropped.got.startswith("nothing. Ended at jobs: None of the 2 conditions of jobs matched:")
    [waiting] = missed(registry, f"{{page: {JOB}}}", "{linkedin: {}}", more=", now: fri 17:55, until: 3h")
    assert waiting.got == (
        "nothing. Still waits at office_hours until Mon 2026-01-12 09:00: Waits for Mon 12 Jan, 09:00 (Europe/Paris)."
    )


def test_posts_go_in_at_any_node_and_at_their_times(registry: Registry) -> None:
    given = "{signed: [one, {text: two, at: '13:00'}, {text: three, at: '19:00'}], linkedin: {text: four, at: 3d}}"
    expect = (
        "{signed: {count: 3}, linkedin: {posts: [{at: 'mon 09:00'}, {at: 'mon 14:00'}, {at: 'tue 09:00'}, "
        "{at: 'thu 09:00', text: {contains: four}}]}, page: nothing, jobs: nothing}"
    )
    assert missed(registry, given, expect) == []


def test_a_second_post_of_one_key_is_a_change_of_the_first(registry: Registry) -> None:
    given = f"{{page: [{{key: a, text: {JOB}}}, {{key: a, text: Acme recrute deux personnes, at: '09:05'}}]}}"
    assert missed(registry, given, "{jobs: {count: 1, text: Acme recrute deux personnes, at: '09:15'}}") == []


def test_an_old_post_ends_at_its_source(registry: Registry) -> None:
    given = f"{{page: {{text: {JOB}, published: -3d}}}}"
    assert missed(registry, given, "{page: {dropped: 3 days old}, linkedin: nothing}") == []


def test_what_leaves_an_output_of_a_router_is_seen_apart(registry: Registry) -> None:
    graph = compile_document(
        "mapping: news\nsources: {blog: {kind: feed, url: https://example.org/feed}}\n"
        "operators: {size: {kind: route, from: blog, ports: {short: {length: {max: 9}}, long: {length: {min: 10}}}}}\n"
        "sinks:\n  hook: {kind: webhook, from: [size.short, size.long], url: https://hooks.example.org/in}\n",
        registry,
    )
    both = "{given: {blog: [short, a text that is rather long]}, expect: %s}"
    expect = "{size.short: {text: short}, size.long: {text: a text that is rather long}, size: {count: 2}}"
    assert run_case(graph, case(both % expect)).misses == ()


def test_a_fixture_is_a_given_post_that_the_test_may_change(registry: Registry) -> None:
    graph = compile_document(GOOD, registry)
    posts = {"n.fixtures.yaml#job": GivenPost(text=JOB, title="A job")}
    given = (
        "{given: {jobs: {fixture: n.fixtures.yaml#job, title: Another}}, expect: {jobs: {text: %s, title: Another}}}"
    )
    assert run_case(graph, case(given % JOB), posts.__getitem__).misses == ()

    def none(name: str) -> GivenPost:
        raise MappingError(f"There is no {name}.")

    [miss] = run_case(graph, case(given % JOB), none).misses
    assert (miss.path, miss.got) == ((), "There is no n.fixtures.yaml#job.")


def test_a_test_that_is_not_written_as_it_should_be_is_remarked_on_where_it_stands(registry: Registry) -> None:
    wrong = GOOD.replace("{linkedin: {text: {contains: recrut}}}", "{linkedin: {txt: a, at: 25:00}, linkdin: nothing}")
    assert [(finding.line, finding.code, finding.path) for finding in check(wrong, "n", registry).findings] == [
        (47, "CH101", "tests[0].expect.linkedin.txt"),
        (47, "CH109", "tests[0].expect.linkedin.at"),
        (47, "CH501", "tests[0].expect.linkdin"),
    ]


def test_operators_that_hold_run_on_the_clock_and_editors_say_what_the_test_says(registry: Registry) -> None:
    graph = compile_document(
        "mapping: news\nsources: {blog: {kind: feed, url: https://example.org/feed}}\noperators:\n"
        "  calm: {kind: tank, from: blog, every: 1d, publications: 2}\n"
        "  review: {kind: approve, from: calm, timeout: 2d}\n"
        "sinks:\n  hook: {kind: webhook, from: review, url: https://hooks.example.org/in}\n",
        registry,
    )
    given = "given: {blog: [one, two]}"
    going = f"{{{given}, decided: {{review: approved}}, expect: {{calm: {{count: 4}}, hook: %s}}}}"
    wanted = "{posts: [one, two, one, two]}".replace("one", "{text: one, at: '09:00'}").replace("two", "{text: two}")
    assert run_case(graph, case(going % wanted)).misses == ()
    rejected = (
        f"{{{given}, decided: {{review: rejected}}, expect: {{review: {{dropped: by the test}}, hook: nothing}}}}"
    )
    assert run_case(graph, case(rejected)).misses == ()
    nobody = f"{{{given}, expect: {{review: {{dropped: Nobody decided within 2d}}, hook: nothing}}}}"
    assert run_case(graph, case(nobody)).misses == ()
