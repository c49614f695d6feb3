"""How long a post is for X: characters weighed, emoji and links found."""

from __future__ import annotations

import time
from statistics import median
from typing import TYPE_CHECKING

from bench.child import run
from bench.figures import Figure
from engine.model.text import measure as length_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.setting import Bench

LONG = 280
POSTS = tuple(
    (words * LONG)[: LONG - len(ending)] + ending
    for words, ending in (
        ("We are hiring engineers in Lyon. Come and build reliable things! ", " https://acme.example/jobs/42 #hiring"),
        ("Été comme hiver, l'équipe d'Acme recrute à Lille… ", " acme.jobs/lille #été_2026 @lea"),
        ("私たちは採用しています。ぜひご応募ください。", "詳しくはacme.jobsへ。#採用"),
        (
            "Merci \N{PARTY POPPER} à tous \N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}\u200d\N{BOY} bravo! ",
            "https://acme.example",
        ),
    )
)


def measure(bench: Bench) -> Iterator[Figure]:
    """Measure the count alone."""
    each = [run(counts, bench.sizes.counts) for _ in bench.rounds("count")]
    detail = f"{len(POSTS)} posts of {LONG} characters, {bench.sizes.counts} times a round"
    yield Figure(f"count of {LONG} characters for X: CPU a post", median(each), 200, unit="µs", detail=detail)


def counts(times: int) -> float:
    """Return the microseconds of one count, in the mean over posts in several scripts."""
    weights = [length_of(post, "x_weighted") for post in POSTS]
    begun = time.process_time()
    for _ in range(times):
        for post in POSTS:
            length_of(post, "x_weighted")
    used = time.process_time() - begun
    if not all(weights):
        raise RuntimeError(f"A post was not counted: {weights}")
    return used / (times * len(POSTS)) * 1e6
