"""The heaviest 2 kB of conditions, patterns and templates that lint lets through, on posts of 10 kB."""

from __future__ import annotations

import random
import time
from functools import partial
from itertools import count
from statistics import median
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from bench.child import run
from bench.figures import Figure
from bench.scene import EPOCH
from engine.content.template import Template, TemplateError
from engine.contract.context import WalkContext
from engine.model.post import Post
from mappings.conditions import Condition
from mappings.operators.sieve import Keep
from mappings.operators.translate_terms import Config, TranslateTerms
from mappings.operators.write import Config as Words
from mappings.operators.write import Write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from bench.setting import Bench
    from engine.contract.operator import Operator

SIZE: Final = 10_000
NUMBERS: Final = count()
CONTEXT: Final = WalkContext("bench", "node", ZoneInfo("UTC"), EPOCH)
WORDS: Final = "{% assign words = post.text | split: ' ' %}"

PATTERNS: Final = (
    *("[ab]*a[ab]{96}z", "[ab]*a" + "[ab]" * 96 + "z", "(?:.?){33}z", "a.{0,16}b.{0,16}c", "[^z]{0,33}y"),
    *("a*[^z]{5,32}z", "[a-c]?.{5,32}a", "(?:a?){33}a{33}", "([ab]{20,40}aab).{5,18}z", r"\PL*[^z]{0,18}z"),
    *(r"ab\w{0,5}[\pL\pN]+|bz", "|".join(f"{'a' * size}b" for size in range(1, 60)), "(a|aa)+$", "a" * 97 + "[bz]"),
)
CONDITIONS: Final[tuple[dict[str, Any], ...]] = (
    *({"text": {"matches": pattern}} for pattern in PATTERNS),
    {"text": {"contains": ["a" * 98 + "ba"] * 19}},
    {"text": {"contains": ["a" * 900 + "ba"] * 2}},
    {"all": [{"length": {"min": 1}}] * 90},
    {"none": [{"link": {"host": f"h{number}.example"}} for number in range(60)]},
    {"none": [{"hashtag": f"tag{number}"} for number in range(80)]},
    {"none": [{"text": {"contains": f"z{number}", "case_sensitive": True}} for number in range(30)]},
)
TEMPLATES: Final = (
    WORDS + "{% for a in words %}" * 12 + "x" + "{% endfor %}" * 12,
    WORDS + "{%for a in words%}" + "{%if post.text contains a%}{%endif%}" * 11 + "{%endfor%}",
    WORDS + "{% assign b = words | sort %}" * 65,
    "{{ post.text " + "| upcase " * 200 + "}}",
    "{% assign a = 'x' %}" + "{% assign a = a | append: a %}" * 60,
    "{{ post.text | replace: 'a', 'bb' | truncate_to_fit }}",
)
REPLACEMENTS: Final[tuple[dict[str, str], ...]] = (
    {"a": "b"},
    {"a": "b", "é": "e", " ": "_"},
    {"a": "b"} | {f"{'a' * size}b": "c" for size in range(1, 30)},
    {"a": "b"} | {"a" * 199 + sign: "c" for sign in "bcdefghi"},
)
GLOSSARY: Final = {f"{'a ' * size}b": "c" for size in range(1, 6)}


def measure(bench: Bench) -> Iterator[Figure]:
    """Measure the slowest of each."""
    each = [run(slowest) for _ in bench.rounds("bounds")]
    detail = (
        f"{len(CONDITIONS)} conditions, {len(TEMPLATES)} templates, replacements, a glossary, on {len(texts())} texts"
    )
    yield Figure("the heaviest 2 kB of a mapping on a post of 10 kB: CPU", median(each), 20, unit="ms", detail=detail)


def texts() -> tuple[str, ...]:
    """Return texts of 10 kB that make them slow."""
    chance = random.Random(1)  # the same texts in each run
    mixed = ("".join(chance.choices(signs, k=SIZE)) for signs in ("ab", "abc é", "abcz. #@", "àéîõüāăąćĉ"))
    plain = ("a", "ab", "a ", "mot accentué ", "#a ", "https://acme.example/a ", "\N{FAMILY}é")
    whole = (*mixed, *(part * SIZE for part in plain))
    return tuple(text.encode()[:SIZE].decode(errors="ignore") for text in whole)


def slowest() -> float:
    """Return the milliseconds of what takes longest, with nothing remembered of the text."""
    conditions = [Keep(Condition.model_validate(condition)) for condition in CONDITIONS]
    written = [Write(Words.model_validate({"replacements": words})) for words in REPLACEMENTS]
    terms = TranslateTerms(Config.model_validate({"terms": GLOSSARY}))
    deciding: list[Operator[Any]] = [*conditions, *written, terms]
    steps = [
        *(partial(_decide, operator) for operator in deciding),
        *(partial(_render, Template(source)) for source in TEMPLATES),
    ]
    return max(_least(step, text) for text in texts() for step in steps) * 1_000


def _least(step: Callable[[Post], None], text: str) -> float:
    """Return the least CPU seconds of three tries: what others do meanwhile does not count."""
    times = []
    for _ in range(3):
        post = Post(key="1", text=f"{text[:-9]}{next(NUMBERS):09}")
        begun = time.process_time()
        step(post)
        times.append(time.process_time() - begun)
    return min(times)


def _decide(operator: Operator[Any], post: Post) -> None:
    operator.decide(post, CONTEXT)


def _render(template: Template, post: Post) -> None:
    try:
        template.render(post, mapping="bench", zone=ZoneInfo("UTC"), bounds=[(280, "x_weighted")])
    except TemplateError:
        return  # it came to its limit, as most of them do
