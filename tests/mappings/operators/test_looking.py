"""`link` with a card gate and `translate_terms` with a rewrite: what they look for, and whom they let go."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import settings as runs
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.content.card import PageCard
from engine.contract.context import LookContext, WalkContext
from engine.contract.operator import Found, Held, Hold, Look, Pass, Release, Verdict, Wait
from engine.errors import ChappeError, MappingError, TransientError
from engine.http_client import HttpClient
from engine.model.post import Card, Post
from engine.model.post import Link as Address
from engine.run.network import BoundHttp
from engine.testing.loopback import Answer, Loopback, always
from mappings.looking import next_look
from mappings.operators.link import Config, Link
from mappings.operators.translate_terms import Config as Terms
from mappings.operators.translate_terms import TranslateTerms
from mappings.rewriting import words_of
from tests.mappings.operators.life import PARIS, asked, utc

if TYPE_CHECKING:
    from engine.contract.operator import LookingOperator

NOW = utc("2026-05-04T09:30")
CONTEXT = WalkContext("news", "node", PARIS, NOW)
A = "https://acme.example/a"
BAD = Look(NOW, good=False, reason="The server answered 503.")
GOOD = Look(NOW, good=True, reason="The page of its link answers.")
HOUR = timedelta(hours=1)
LOOKS = st.none() | st.builds(
    lambda hours, good, times: Look(NOW + hours * HOUR, good=good, reason="It looked.", times=times),
    st.integers(0, 30), st.booleans(), st.integers(1, 12),
)  # fmt: skip
VERDICTS = st.none() | st.builds(lambda yes: Verdict(yes=yes, by="Ada"), st.booleans())


def gate(**settings: Any) -> Link:
    return Link(Config.model_validate({"card": settings}))


def one(name: str, look: Look | None = None, verdict: Verdict | None = None) -> Held:
    return Held(name, Post(key=name, text="x"), NOW, look=look, verdict=verdict)


def context(http: Any = None, page: Any = None, **secrets: str) -> LookContext:
    return LookContext(http, page, NOW, secrets)


def test_a_post_with_an_address_waits_as_the_steps_before_left_it_and_any_other_passes() -> None:
    node = Link(Config.model_validate({"in_text": "append", "card": {}}))
    decision = node.decide(Post(key="1", text="News", links=(Address(url=A),)), CONTEXT)
    assert isinstance(decision, Hold)
    assert decision.post is not None
    assert decision.post.text == f"News\n{A}"
    assert isinstance(node.decide(Post(key="1", text="News"), CONTEXT), Pass)


@pytest.mark.parametrize(
    ("post", "after"),
    [
        (Post(key="1", links=(Address(url=A),)), (Address(url=A, card=Card(title="News", image="https://i")),)),
        (Post(key="1", links=(Address(url=A, card=Card(title="Mine")),)), (Address(url=A, card=Card(title="Mine")),)),
        (Post(key="1", text=f"See {A}"), ()),
    ],
    ids=["no card", "a card of its own", "in the text alone"],
)
async def test_the_card_of_the_page_goes_with_a_link_that_has_none(post: Post, after: tuple[Address, ...]) -> None:
    calls: list[str] = []

    async def page(url: str) -> PageCard | None:
        calls.append(url)
        return PageCard(url, "News", image_url="https://i")

    found = await gate().look(post, context(page=page))
    assert (calls, found.post.links) == ([A], after)


async def test_a_page_that_says_nothing_of_itself_answers_well_too() -> None:
    async def page(url: str) -> PageCard | None:
        return None

    post = Post(key="1", text=A)
    reason = "The page of its link answers; there is no card to be had of it."
    assert await gate().look(post, context(page=page)) == Found(post, reason)


def test_those_whose_page_answers_go_and_the_others_wait_until_the_next_look() -> None:
    answer = asked(gate(), [one("a", GOOD), one("b", BAD)], NOW)
    assert answer == Release(("a",), until=NOW + timedelta(minutes=1), reasons={"a": GOOD.reason})
    assert asked(gate(), [one("b", BAD)], NOW) == Wait(NOW + timedelta(minutes=1))


@pytest.mark.parametrize(("settings", "goes"), [({}, True), ({"on_timeout": "drop"}, False)])
def test_a_post_that_waited_long_enough_goes_without_a_card_or_ends(settings: dict[str, str], goes: bool) -> None:
    answer = asked(gate(timeout="1h", **settings), [one("a", BAD)], NOW + HOUR)
    assert isinstance(answer, Release)
    assert (answer.ids, answer.drop) == ((("a",), ()) if goes else ((), ("a",)))
    assert answer.reason_of("a") == "Its page did not answer well in time. The server answered 503."


def test_the_time_out_comes_before_a_look_that_is_further_ahead() -> None:
    late = Look(NOW, good=False, reason="The server answered 503.", times=9)
    assert asked(gate(timeout="10m"), [one("a", late)], NOW) == Wait(NOW + timedelta(minutes=10))


@given(
    looks=st.lists(LOOKS, min_size=1, max_size=8), hours=st.integers(0, 40), policy=st.sampled_from(["pass", "drop"])
)
@runs(max_examples=40)
def test_a_good_page_or_the_end_of_patience_ends_the_waiting_and_all_others_are_looked_at_again(
    looks: list[Look | None], hours: int, policy: str
) -> None:
    waiting = [Held(f"h{nth}", Post(key="k"), NOW + nth * HOUR, look=look) for nth, look in enumerate(looks)]
    now = NOW + hours * HOUR
    answer = asked(gate(timeout="12h", on_timeout=policy), waiting, now)

    well = {one.id for one in waiting if one.look is not None and one.look.good}
    late = {one.id for one in waiting if one.since + 12 * HOUR <= now} - well
    goes, ends = (answer.ids, answer.drop) if isinstance(answer, Release) else ((), ())
    assert (set(goes), set(ends)) == ((well | late, set()) if policy == "pass" else (well, late))
    assert list(goes) == [one.id for one in waiting if one.id in goes]
    left = [one for one in waiting if one.id not in well | late]
    assert (answer.until is not None) is bool(left)
    if answer.until is not None:
        assert now < answer.until <= min(one.since for one in left) + 12 * HOUR


def test_looks_become_rarer() -> None:
    waits = [next_look(one("a", Look(NOW, good=False, reason="", times=times)), NOW) for times in (1, 2, 5, 6, 40)]
    assert [at and (at - NOW) / timedelta(minutes=1) for at in waits] == [1, 2, 16, 30, 30]
    assert next_look(one("a", GOOD), NOW) is None


def rewrites(url: str = "https://llm.acme.example/v1", **more: Any) -> TranslateTerms:
    rewrite = {"url": url, "model": "small", "instruction": "Make it short.", **more}
    return TranslateTerms(Terms.model_validate({"terms": {"job": "emploi"}, "rewrite": rewrite}))


def completion(words: str | None, **more: Any) -> Answer:
    body = {"choices": [{"message": {"role": "assistant", "content": words}, **more}]}
    return Answer(headers={"Content-Type": "application/json"}, body=json.dumps(body).encode())


async def looked(node: LookingOperator[Any], text: str, **secrets: str) -> Found:
    async with HttpClient(allow_private=["127.0.0.1"]) as client:
        return await node.look(Post(key="1", text=text), context(BoundHttp(client, node, timeout=5), **secrets))


async def test_the_text_is_rewritten_by_the_service_that_is_named() -> None:
    async with Loopback(always(completion(" Emploi ! #Acme\n"))) as server:
        node = rewrites(f"{server.url}/v1/", secret="secret://llm")
        assert node.secrets() == {"rewrite": "llm"}
        found = await looked(node, "Un emploi chez nous. #Old", rewrite="s3cret")
        (received,) = server.received
    assert (found.post.text, found.post.hashtags) == ("Emploi ! #Acme", ("Acme",))
    assert found.reason == "Rewritten by small at 127.0.0.1. Waits for an editor's decision."
    assert (received.path, received.headers["Authorization"]) == ("/v1/chat/completions", "Bearer s3cret")
    roles = [("system", "Make it short."), ("user", "Un emploi chez nous. #Old")]
    assert json.loads(received.body)["messages"] == [{"role": role, "content": words} for role, words in roles]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(status=503), "503"),
        (Answer(status=401), "401"),
        (Answer(body=b"<html>"), "The service's answer is no chat completion."),
        (completion(""), "The service answered without any words."),
        (completion("Half a", finish_reason="length"), "The service cut its answer off in the middle."),
    ],
    ids=["trouble", "refused", "garbage", "empty", "cut"],
)
async def test_a_service_that_fails_leaves_the_post_waiting_with_a_sentence(answer: Answer, why: str) -> None:
    async with Loopback(always(answer)) as server:
        with pytest.raises(ChappeError, match=why) as refused:
            await looked(rewrites(server.url), "Un emploi")
    assert isinstance(refused.value, TransientError)
    assert str(refused.value).endswith("It is tried again; an editor may decide about the words as they stand.")


def test_an_answer_is_bounded() -> None:
    with pytest.raises(ChappeError, match="longer than 10,000"):
        words_of(completion("x" * 10_001).body)


def test_the_glossary_comes_first_and_a_post_without_a_text_passes() -> None:
    node = rewrites()
    decision = node.decide(Post(key="1", text="A job"), CONTEXT)
    assert isinstance(decision, Hold)
    assert decision.post == Post(key="1", text="A emploi")
    assert isinstance(node.decide(Post(key="1", title="A job"), CONTEXT), Pass)


def test_nothing_that_was_rewritten_goes_on_without_a_persons_yes() -> None:
    yes, no = Verdict(yes=True, by="Léa"), Verdict(yes=False, by="Karim", note="No.")
    node, later = rewrites(), NOW + timedelta(days=300)
    assert node.asks_person
    assert isinstance(asked(node, [one("a", GOOD), one("b", BAD), one("c")], later), Wait)
    answer = asked(node, [one("a", GOOD), one("b", GOOD, yes), one("c", BAD, no)], later)
    assert isinstance(answer, Release)
    assert (answer.ids, answer.drop) == (("b",), ("c",))
    assert answer.reasons == {"b": "Approved by Léa.", "c": "Rejected by Karim: No."}


@given(waiting=st.lists(st.tuples(LOOKS, VERDICTS), min_size=1, max_size=8), hours=st.integers(0, 900))
@runs(max_examples=40)
def test_whatever_the_service_answered_and_however_late_it_is_a_person_decides(
    waiting: list[tuple[Look | None, Verdict | None]], hours: int
) -> None:
    posts = [one(f"h{nth}", look, verdict) for nth, (look, verdict) in enumerate(waiting)]
    answer = asked(rewrites(), posts, NOW + hours * HOUR)

    yes, no = ([each.id for each in posts if each.verdict and each.verdict.yes is word] for word in (True, False))
    goes, ends = (answer.ids, answer.drop) if isinstance(answer, Release) else ((), ())
    assert (list(goes), list(ends)) == (yes, no)
    assert isinstance(answer, Release) is bool(yes or no)


def test_settings_that_do_nothing_are_refused() -> None:
    with pytest.raises(ValidationError, match="This changes nothing"):
        Terms.model_validate({})
    assert not TranslateTerms(Terms.model_validate({"terms": {"a": "b"}})).asks_person
    with pytest.raises(MappingError):
        TranslateTerms(Terms.model_validate({"terms": {"a": ""}})).decide(Post(key="1", text="a"), CONTEXT)
