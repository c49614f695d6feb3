"""What keeps failing rests: accounts, platforms, and retries that are too many."""

from __future__ import annotations

from datetime import timedelta

from engine.run.breaker import Breakers, Call, Place, Rest

PLACE = Place("acme", "linkedin")
MINUTE = 60.0


def tell(breakers: Breakers, outcome: str, account: str = "lea", at: float = 0.0, *, retry: bool = False) -> list[Rest]:
    return breakers.seen(Call(PLACE, account, outcome, retry, at))


def many(breakers: Breakers, outcomes: list[str], at: float = 0.0, accounts: int = 30) -> list[Rest]:
    told = [tell(breakers, outcome, f"account {n % accounts}", at) for n, outcome in enumerate(outcomes)]
    return [rest for rests in told for rest in rests]


def test_an_account_rests_after_five_failures_in_a_row_and_longer_each_time() -> None:
    breakers = Breakers()

    assert [tell(breakers, "transient") for _ in range(4)] == [[], [], [], []]
    first = tell(breakers, "doubtful")
    again = [tell(breakers, "transient", at=n * 60 * MINUTE)[0].lasts for n in range(1, 6)]

    assert [(rest.scope, rest.lasts) for rest in first] == [("account", timedelta(minutes=5))]
    assert again == [timedelta(minutes=n) for n in (10, 20, 40, 60, 60)]


def test_what_works_in_between_begins_the_count_anew() -> None:
    breakers = Breakers()

    for outcome in (*["transient"] * 4, "sent", *["transient"] * 4, "rejected", *["transient"] * 4, "rate_limited"):
        assert tell(breakers, outcome) == []


def test_a_platform_rests_when_half_of_twenty_calls_for_three_accounts_failed() -> None:
    assert many(Breakers(), ["transient", "sent"] * 9 + ["sent"]) == []
    assert [rest.scope for rest in many(Breakers(), ["sent"] * 10 + ["transient"] * 10)] == ["platform"]
    assert many(Breakers(), ["sent"] * 11 + ["transient"] * 10) == []


def test_two_accounts_alone_never_rest_a_platform() -> None:
    assert {rest.scope for rest in many(Breakers(), ["transient"] * 40, accounts=2)} == {"account"}


def test_failures_of_more_than_five_minutes_ago_do_not_count() -> None:
    breakers = Breakers()
    many(breakers, ["transient"] * 19)

    assert many(breakers, ["transient"] * 19, at=5 * MINUTE + 1, accounts=40) == []


def test_after_a_rest_one_call_probes_and_a_success_ends_it() -> None:
    breakers = Breakers()
    many(breakers, ["transient"] * 20)

    assert not breakers.probes(PLACE, 5 * MINUTE - 1)
    assert tell(breakers, "transient", "late", at=MINUTE) == []  # was under way when the rest began
    assert breakers.probes(PLACE, 5 * MINUTE)
    assert [rest.lasts for rest in tell(breakers, "transient", "probe", at=5 * MINUTE)] == [timedelta(minutes=10)]
    assert not breakers.probes(PLACE, 5 * MINUTE)
    assert tell(breakers, "sent", "probe", at=15 * MINUTE) == []
    assert not breakers.probes(PLACE, 20 * MINUTE)
    assert not breakers.probes(Place("other", "linkedin"), 5 * MINUTE)


def test_retries_wait_once_ten_or_a_tenth_of_the_first_tries_were_made() -> None:
    breakers = Breakers()
    for n in range(10):
        assert breakers.retry_after(PLACE, 0.0) == timedelta()
        tell(breakers, "sent", f"account {n}", retry=True)

    assert breakers.retry_after(PLACE, MINUTE) == timedelta(minutes=9)
    many(breakers, ["sent"] * 200)
    assert breakers.retry_after(PLACE, MINUTE) == timedelta()
    assert breakers.retry_after(PLACE, 11 * MINUTE) == timedelta()


def test_only_so_many_accounts_are_remembered() -> None:
    breakers = Breakers()
    for _ in range(4):
        tell(breakers, "transient", "forgotten")
    for n in range(10_000):
        tell(breakers, "transient", f"account {n}", at=n * 10 * MINUTE)

    assert tell(breakers, "transient", "forgotten", at=10_001 * 10 * MINUTE) == []
