"""Keys stay from poll to poll, whatever a feed does to its GUIDs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from connectors.feed.entry import Entry, Words
from connectors.feed.identity import KEY_MOST, REMEMBERED, Known, keyed, remembered

JANUARY = datetime(2026, 1, 1, 8, tzinfo=UTC)


def entry(number: int, **fields: object) -> Entry:
    whole = Entry(
        guid=f"guid-{number}",
        link=f"https://acme.example/{number}",
        title=Words(f"Title {number}"),
        summary=Words(f"Words of {number}."),
        published_at=JANUARY + timedelta(days=number),
    )
    return replace(whole, **fields)  # type: ignore[arg-type]


def keys(entries: list[Entry], memory: list[Known] | None = None) -> list[str]:
    return [known.key for _, known in keyed(entries, memory or [])]


def memory_of(entries: list[Entry], before: list[Known] | None = None) -> list[Known]:
    return remembered([known for _, known in keyed(entries, before or [])], before or [])


def test_a_key_is_the_guid_else_the_address_else_what_it_says() -> None:
    entries = [entry(1), entry(2, guid=""), entry(3, guid="", link=None)]
    found = keys(entries)
    assert found[:2] == ["guid-1", "https://acme.example/2"]
    assert found[2].startswith("sha256:")
    assert keys([entry(3, guid="", link=None, summary=Words("Other words."))]) == found[2:]
    assert keys([entry(3, guid="", link=None, title=Words("Other title"))]) != found[2:]


def test_new_guids_for_known_entries_change_no_key() -> None:
    memory = memory_of([entry(n) for n in range(5)])
    moved = [entry(n, guid=f"new-{n}") for n in range(6)]
    assert keys(moved, memory) == ["guid-0", "guid-1", "guid-2", "guid-3", "guid-4", "new-5"]


def test_new_guids_on_a_new_host_change_no_key() -> None:
    memory = memory_of([entry(n) for n in range(3)])
    moved = [entry(n, guid=f"new-{n}", link=f"https://new.example/blog/{n}/") for n in range(3)]
    assert keys(moved, memory) == ["guid-0", "guid-1", "guid-2"]


def test_a_changed_guid_and_title_at_the_same_address_and_time_change_no_key() -> None:
    memory = memory_of([entry(1)])
    assert keys([entry(1, guid="new", title=Words("Corrected title"))], memory) == ["guid-1"]


def test_the_keys_stay_at_the_second_change_too() -> None:
    memory = memory_of([entry(n) for n in range(3)])
    memory = memory_of([entry(n, guid=f"second-{n}") for n in range(3)], memory)
    assert keys([entry(n, guid=f"third-{n}") for n in range(3)], memory) == ["guid-0", "guid-1", "guid-2"]


def test_another_post_at_the_same_address_is_another_post() -> None:
    memory = memory_of([entry(1)])
    incident = entry(2, link="https://acme.example/1")
    assert keys([incident], memory) == ["guid-2"]


def test_entries_that_all_point_to_one_page_are_told_apart() -> None:
    memory = memory_of([entry(n, link="https://acme.example/show") for n in range(3)])
    later = [entry(n, link="https://acme.example/show", title=Words("Weekly")) for n in range(3, 6)]
    assert keys(later, memory) == ["guid-3", "guid-4", "guid-5"]


def test_the_same_words_at_another_time_are_another_post() -> None:
    weekly = {"title": Words("Open thread"), "summary": Words("Say what you like.")}
    memory = memory_of([entry(1, **weekly)])
    assert keys([entry(2, **weekly)], memory) == ["guid-2"]


def test_a_key_that_the_document_still_has_is_given_to_nobody_else() -> None:
    memory = memory_of([entry(1)])
    copy = entry(1, guid="copy")
    assert keys([entry(1), copy], memory) == ["guid-1", "copy"]


def test_entries_that_share_a_guid_have_keys_of_their_own_that_stay() -> None:
    twins = [entry(1, guid="same"), entry(2, guid="same")]
    found = keys(twins)
    assert len(set(found)) == 2
    memory = memory_of(twins)
    assert keys([twins[1]], memory) == found[1:]
    assert keys([*twins, entry(3, guid="same")], memory)[:2] == found


def test_an_entry_that_stands_twice_is_taken_once() -> None:
    assert keys([entry(1), entry(1)]) == keys([entry(1), entry(1), entry(1)])
    assert len(keys([entry(1), entry(1)])) == 1


def test_a_long_guid_becomes_a_digest() -> None:
    found = keys([entry(1, guid="x" * 501), entry(2, guid="x" * 502), entry(3, guid="y" * 500)])
    assert [len(key) <= KEY_MOST for key in found] == [True] * 3
    assert len(set(found)) == 3


def test_what_is_remembered_is_bounded_and_keeps_the_document_first() -> None:
    memory = memory_of([entry(n) for n in range(REMEMBERED)])
    after = memory_of([entry(n) for n in range(REMEMBERED, REMEMBERED + 10)], memory)
    assert len(after) == REMEMBERED
    assert [known.key for known in after[:10]] == [f"guid-{n}" for n in range(REMEMBERED, REMEMBERED + 10)]


ENTRIES = st.lists(
    st.builds(
        entry,
        st.integers(0, 5),
        guid=st.sampled_from(["", "a", "b", "c"]),
        link=st.sampled_from([None, "https://acme.example/1", "https://acme.example/2"]),
        title=st.sampled_from([Words(), Words("One"), Words("Two")]),
    ),
    max_size=8,
)


@given(ENTRIES, ENTRIES)
def test_whatever_comes_keys_are_unique_and_the_same_again(before: list[Entry], now: list[Entry]) -> None:
    memory = memory_of(before)
    found = keys(now, memory)
    assert len(set(found)) == len(found)
    assert keys(now, memory) == found
    assert all(0 < len(key) <= KEY_MOST for key in found)


@given(ENTRIES)
def test_whatever_comes_a_document_read_again_keeps_its_keys(entries: list[Entry]) -> None:
    assert keys(entries, memory_of(entries)) == keys(entries)
