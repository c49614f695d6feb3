"""Values files: what parameters stand for, as it is written, and what is wrong with the file or with its use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mappings.changing.changes import Change, check_all
from mappings.values import read_values

if TYPE_CHECKING:
    from engine.contract.registry import Registry

MAPPING = """\
mapping: news
title: News of ${COMPANY}
sources: {blog: {kind: feed, url: "https://${HOST}/feed"}}
sinks: {out: {kind: webhook, from: blog, url: "https://hooks.example.org/in"}}
"""


def test_a_value_is_taken_as_it_is_written() -> None:
    values = read_values('COMPANY: Acme & fils  # ours\nPHONE: 0033\nRATE: 1.50\nON: yes\nEMPTY: ""\n', "prod.yaml")

    assert values.findings == []
    assert values.parameters == {"COMPANY": "Acme & fils", "PHONE": "0033", "RATE": "1.50", "ON": "yes", "EMPTY": ""}


def test_what_is_no_value_is_remarked_on_where_it_stands() -> None:
    values = read_values("COMPANY:\nHOSTS: [a, b]\nmy-name: x\n", "prod.yaml")

    assert [str(finding) for finding in values.findings] == [
        "prod.yaml:1:9  CH601  COMPANY  The parameter `COMPANY` needs a text or a number on its line.",
        "prod.yaml:2:8  CH601  HOSTS  The parameter `HOSTS` needs a text or a number on its line.",
        (
            "prod.yaml:3:1  CH601  my-name  `my-name` cannot be the name of a parameter: "
            "use letters, digits and underscores."
        ),
    ]


def test_a_file_that_is_no_table_of_values_is_remarked_on() -> None:
    assert [finding.code for finding in read_values("- COMPANY\n", "prod.yaml").findings] == ["CH008"]
    assert [finding.code for finding in read_values(b"A: \xff", "prod.yaml").findings] == ["CH001"]


def test_values_that_are_missing_and_values_that_nobody_asks_for_are_found(registry: Registry) -> None:
    values = read_values("COMPANY: Acme\nHOTS: blog.example.org\n", "prod.yaml")
    checked = check_all(Change("", {"news.yaml": MAPPING}, values.parameters), registry)

    assert [finding.code for finding in checked[0].findings] == ["CH010"]
    assert [str(finding) for finding in values.unused(checked)] == [
        "prod.yaml:2:1  CH602  HOTS  No mapping that is checked here has the parameter `HOTS`. Did you mean `HOST`?"
    ]
