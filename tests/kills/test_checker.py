"""The judge of the kill tests sees each fault that it is there to see, and no other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.kills.checker import Found, Row, Try, judge
from tests.peers.receiver import MODES, Entry, Mode

SENT = Row("d1", "a1", "p1", "sent", "")
ASKED = SENT._replace(state="check_needed", detail="Look at the account, then confirm.")
TRY = Try("d1", 1, "d1", "sent", 99.0)
HERE = Entry("d1", "/in", "hash", 100.0, published=True)
GOOD = Found({"p1": "routed"}, frozenset({"a1"}), (SENT,), (TRY,))


def but(**changes: object) -> Found:
    """Return what is good but for these fields."""
    return replace(GOOD, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("mode", MODES)
def test_what_arrived_once_has_no_fault(mode: Mode) -> None:
    verdict = judge(GOOD, [HERE], mode)

    assert verdict.faults == ()
    assert verdict.figures["sent"] == verdict.figures["published"] == 1
    assert verdict.figures["doubled"] == 0


FAULTS: dict[str, tuple[Found, list[Entry], str]] = {
    "an account without its delivery": (but(accounts=frozenset({"a1", "a2"})), [HERE], "0 deliveries for a2"),
    "two deliveries of one post": (
        but(deliveries=(SENT, SENT._replace(id="d2")), attempts=(TRY, Try("d2", 1, "d2", "sent", 99.0))),
        [HERE, HERE._replace(key="d2")],
        "2 deliveries for a1",
    ),
    "sent and not there": (GOOD, [], "the receiver has nothing of it"),
    "left open": (but(deliveries=(SENT._replace(state="doubtful"),)), [HERE], "is open: doubtful"),
    "rejected": (but(deliveries=(SENT._replace(state="rejected"),)), [HERE], "ended without being sent: rejected"),
    "a post that is not routed": (but(posts={"p1": "new"}), [HERE], "p1 is new"),
    "a route that is not done": (but(under_way=1), [HERE], "have not come to their end"),
    "a ledger that is wrong": (but(ledger_wrong=("r1",)), [HERE], "route r1 does not add up"),
    "a damaged file": (but(integrity="row 3 missing"), [HERE], "damaged: row 3 missing"),
    "sent without an intent": (but(attempts=()), [HERE], "there is no attempt of it"),
    "an intent written afterwards": (GOOD, [HERE._replace(at=98.0)], "before its attempt was written"),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named(name: str, mode: Mode) -> None:
    found, journal, sentence = FAULTS[name]

    assert [fault for fault in judge(found, journal, mode).faults if sentence in fault]


@pytest.mark.parametrize("mode", ["dedupe", "readback"])
def test_twice_is_a_fault_where_once_is_promised(mode: Mode) -> None:
    verdict = judge(GOOD, [HERE, HERE], mode)

    assert verdict.faults == ("d1 was published 2 times.",)
    assert verdict.figures["doubled"] == 1


def test_a_repetition_that_the_receiver_recognised_is_no_fault_but_another_body_is() -> None:
    again = HERE._replace(published=False)

    assert judge(GOOD, [HERE, again], "dedupe").faults == ()
    assert judge(GOOD, [HERE, again._replace(sha256="x")], "dedupe").faults == ("d1 was sent again with another body.",)


def test_a_person_is_asked_only_at_a_receiver_that_can_do_neither_and_in_a_sentence() -> None:
    asked = but(deliveries=(ASKED,))

    assert judge(asked, [HERE], "plain").faults == ()
    assert judge(asked, [], "plain").faults == ()
    assert judge(asked, [HERE], "plain").figures["of them live"] == 1
    assert "without a sentence" in judge(but(deliveries=(ASKED._replace(detail=""),)), [HERE], "plain").faults[0]
    assert "is open: check_needed" in judge(asked, [HERE], "dedupe").faults[0]


def test_a_resend_at_a_receiver_that_can_do_neither_is_a_fault_even_where_one_arrived() -> None:
    second = Try("d1", 2, "d1", "sent", 99.5)

    assert judge(GOOD, [HERE, HERE], "plain").faults == ("d1 reached the receiver 2 times.",)
    for outcome in ("", "doubtful"):
        found = but(attempts=(TRY._replace(outcome=outcome), second))
        assert "was tried again by itself" in judge(found, [HERE], "plain").faults[0]
    assert judge(but(attempts=(TRY._replace(outcome="put_back"), second)), [HERE], "plain").faults == ()
