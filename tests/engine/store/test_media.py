"""Pictures are kept once for each address and form, on both databases, until they are old."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from engine.ids import new_id
from engine.store import media, retire
from engine.store.media import ORIGINAL, Kept

if TYPE_CHECKING:
    from datetime import datetime

    from engine.store.unit import Store

URL = "https://cdn.acme.example/karim.jpg?token=é"
FILE = Kept(ORIGINAL, bytes(range(256)) * 4)
SMALL = Kept("a" * 32, b"\x00\xff", "image/jpeg", 60, 40)


async def keep(store: Store, *forms: Kept, workspace: str = "w", url: str = URL) -> None:
    await store.write(media.keep, workspace, url, tuple(new_id() for _ in forms), forms)


async def test_a_picture_comes_back_as_it_went_in_each_form(store: Store) -> None:
    await keep(store, FILE, SMALL)

    assert await store.read(media.find, "w", URL, ORIGINAL) == FILE
    assert await store.read(media.find, "w", URL, SMALL.fit) == SMALL


async def test_a_picture_is_known_in_its_workspace_by_its_whole_address_and_form(store: Store) -> None:
    await keep(store, SMALL)

    assert await store.read(media.find, "v", URL, SMALL.fit) is None
    assert await store.read(media.find, "w", URL + "2", SMALL.fit) is None
    assert await store.read(media.find, "w", URL, ORIGINAL) is None


async def test_the_first_of_two_that_fetch_at_once_stays(store: Store) -> None:
    await keep(store, SMALL)
    await keep(store, SMALL._replace(content=b"later"), FILE)

    assert await store.read(media.find, "w", URL, SMALL.fit) == SMALL
    assert await store.read(media.find, "w", URL, ORIGINAL) == FILE


async def test_a_file_of_no_use_is_forgotten_and_what_was_made_of_it_stays(store: Store) -> None:
    await keep(store, FILE, SMALL)
    await store.write(media.forget, "w", URL)

    assert await store.read(media.find, "w", URL, ORIGINAL) is None
    assert await store.read(media.find, "w", URL, SMALL.fit) == SMALL


async def test_old_pictures_are_retired_and_new_ones_stay(store: Store, now: datetime) -> None:
    made = f"{int(now.timestamp() * 1_000):012x}"
    for number, url in enumerate((URL, URL + "2")):
        await store.write(media.keep, "w", url, (f"{made}{number:020x}",), (SMALL,))

    assert await store.write(retire.media, now, 10) == 0
    assert await store.write(retire.media, now + timedelta(seconds=1), 1) == 1
    assert await store.read(media.find, "w", URL, SMALL.fit) is None
    assert await store.read(media.find, "w", URL + "2", SMALL.fit) == SMALL
