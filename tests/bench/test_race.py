"""Who raced is compared by what each course came to."""

from __future__ import annotations

from itertools import product

from bench.race.course import COURSES, Result
from bench.race.measure import compared

NAMES = tuple(course.name for course in COURSES)
OURS = ("Chappe embedded", "Chappe distributed, 1 worker", "Chappe distributed, 2 workers")
EVERYBODY = (*OURS, "script with feedparser and httpx", "Celery 5.7")
RESULT = Result(first=1.0, last=2.0, cpu=1.0, memory=1, arrived=100, lost=0, doubled=0)


def test_what_a_killed_worker_loses_is_told_of_each_of_ours() -> None:
    results = dict.fromkeys(product(NAMES, EVERYBODY), RESULT)
    results[NAMES[-1], OURS[2]] = Result(1.0, 2.0, 1.0, 1, arrived=99, lost=1, doubled=2)

    lost = [figure.reached for figure in compared(results, NAMES) if figure.unit == "posts"]

    assert lost == [0, 0, 3]


def test_a_smaller_course_keeps_what_it_is_about() -> None:
    smaller = [course.smaller(1_000) for course in COURSES]

    assert [bool(course.posts) for course in smaller] == [bool(course.posts) for course in COURSES]
    assert [bool(course.polls) for course in smaller] == [bool(course.polls) for course in COURSES]
