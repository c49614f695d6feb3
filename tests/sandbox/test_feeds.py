"""Feeds as real readers read them: in three formats, with conditional requests, and changing at once."""

from __future__ import annotations

import json
import re
import struct
import zlib
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.feeds import WINDOW, Feed, NewEntry
from sandbox.formats import TYPES, render
from sandbox.pictures import HEIGHT, WIDTH, picture
from sandbox.world import World

if TYPE_CHECKING:
    from tests.sandbox.conftest import Sandbox

PARTS = ("home", "feeds")
BASE = "http://127.0.0.1:8090/feeds/acme/"
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
texts = st.text(max_size=80)


def titles(form: str, body: bytes) -> list[str]:
    if form == "feed.json":
        return [item.get("title", "") for item in json.loads(body)["items"]]
    parsed = feedparser.parse(body)
    assert not parsed.bozo, parsed.get("bozo_exception")
    written = [entry.get("title", "") for entry in parsed.entries]
    return [unescape(title) for title in written] if form == "atom.xml" else written  # there a title is HTML


@pytest.mark.parametrize("form", TYPES)
async def test_acme_has_published_lately_in_every_format(sandbox: Sandbox, form: str) -> None:
    answer = await sandbox.client.get(f"/feeds/acme/{form}")

    assert answer.headers["content-type"] == TYPES[form]
    assert len(titles(form, answer.content)) == 9
    assert "Nous recrutons : développeur·euse Python (H/F) à Lyon" in titles(form, answer.content)
    ages = [sandbox.clock.now() - entry.at for entry in sandbox.world.feed("acme").newest()]
    assert timedelta(0) < min(ages) < max(ages) < timedelta(hours=24)


async def test_the_samples_have_what_real_feeds_have(sandbox: Sandbox) -> None:
    body = (await sandbox.client.get("/feeds/acme/rss.xml")).text

    for habit in (
        "<![CDATA[",
        "&nbsp;",
        "&#8217;",
        "&amp;",
        'href="../jobs/',
        "<enclosure ",
        "👩‍👩‍👧‍👦",
        "recrutement",
        "lunch",
    ):
        assert habit in body


@pytest.mark.parametrize("form", TYPES)
async def test_every_address_of_the_samples_leads_somewhere(sandbox: Sandbox, form: str) -> None:
    feed = (await sandbox.client.get(f"/feeds/acme/{form}")).text
    base = f"{sandbox.client.base_url}/feeds/acme/".replace("//feeds", "/feeds")
    found = re.findall(r"href=[\"\\]*&?(?:quot;)?([a-z]+/[\w./-]+)|(http://127[^\"<&]+)", feed)
    addresses = {urljoin(base, relative or absolute) for relative, absolute in found}

    assert len(addresses) > 9
    for address in addresses:
        assert (await sandbox.client.get(address)).status_code == 200, address


@pytest.mark.parametrize("form", TYPES)
async def test_a_new_entry_is_there_at_once_and_first(sandbox: Sandbox, form: str) -> None:
    before = (await sandbox.client.get(f"/feeds/acme/{form}")).headers["etag"]
    made = await sandbox.client.post("/feeds/acme/entries", json={"title": "Neuf & frais 🚀", "text": "Là. #neuf"})
    after = await sandbox.client.get(f"/feeds/acme/{form}", headers={"if-none-match": before})

    assert made.status_code == 201
    assert made.json()["tags"] == ["neuf"]
    assert after.status_code == 200
    assert titles(form, after.content)[0] == "Neuf & frais 🚀"


@pytest.mark.parametrize("form", TYPES)
async def test_a_reader_that_has_it_is_told_so(sandbox: Sandbox, form: str) -> None:
    first = await sandbox.client.get(f"/feeds/acme/{form}")
    by_tag = await sandbox.client.get(f"/feeds/acme/{form}", headers={"if-none-match": first.headers["etag"]})
    by_time = await sandbox.client.get(
        f"/feeds/acme/{form}", headers={"if-modified-since": first.headers["last-modified"]}
    )

    assert (by_tag.status_code, by_tag.content) == (by_time.status_code, by_time.content) == (304, b"")
    assert by_tag.headers["etag"] == first.headers["etag"]


async def test_the_same_key_changes_an_entry_in_its_place(sandbox: Sandbox) -> None:
    first = (await sandbox.client.post("/feeds/acme/entries", json={"title": "Un", "key": "k"})).json()
    sandbox.clock.advance(60)
    second = (await sandbox.client.post("/feeds/acme/entries", json={"title": "Deux", "key": "k"})).json()
    feed = sandbox.world.feed("acme")

    assert (second["key"], second["link"], second["at"]) == (first["key"], first["link"], first["at"])
    assert second["changed_at"] > first["changed_at"]
    assert [entry.title for entry in feed.newest() if entry.key == "k"] == ["Deux"]


async def test_an_entry_that_says_nothing_is_refused(sandbox: Sandbox) -> None:
    answer = await sandbox.client.post("/feeds/acme/entries", json={"tags": ["x"]})

    assert answer.status_code == 422
    assert "An entry needs a title, a text or HTML." in answer.text


async def test_any_name_is_a_feed_with_a_page_that_names_its_formats(sandbox: Sandbox) -> None:
    await sandbox.client.post("/feeds/other/entries", json={"title": "Là", "html": "<p>Voilà</p>"})
    front = (await sandbox.client.get("/feeds/other/")).text
    links: list[Any] = re.findall(r'<link rel="alternate" type="([^"]+)"[^>]*href="([^"]+)"', front)

    assert [name for _, name in links] == list(TYPES)
    assert ">Là</a>" in front
    assert (await sandbox.client.get("/feeds/other/nowhere")).status_code == 404


def test_a_feed_shows_its_newest_entries_only() -> None:
    feed = Feed("acme", "Acme")
    for minute in range(WINDOW + 5):
        feed.publish(NewEntry(title=str(minute)), NOW + timedelta(minutes=minute))

    assert [entry.title for entry in feed.newest()] == [str(n) for n in reversed(range(5, WINDOW + 5))]


@given(texts, texts, texts, texts, st.lists(texts, max_size=3))
def test_whatever_is_published_every_format_stays_well_formed(
    title: str, text: str, author: str, link: str, tags: list[str]
) -> None:
    feed = Feed("acme", "Acme & <co>")
    new = NewEntry(title=f"T{title}", text=text, author=author, link=link, tags=tuple(tags), html=text)
    entry = feed.publish(new, NOW)

    rss, atom = (ET.fromstring(render(feed, form, BASE)) for form in ("rss.xml", "atom.xml"))  # noqa: S314  # our own
    [item] = json.loads(render(feed, "feed.json", BASE))["items"]

    content = "{http://purl.org/rss/1.0/modules/content/}encoded"
    assert (rss.findtext("channel/item/title") or "").split() == entry.title.split()
    assert (rss.findtext(f"channel/item/{content}") or "").split() == entry.html.split()
    assert (atom.findtext("{*}entry/{*}content") or "").split() == entry.html.split()
    assert item["title"] == entry.title


def test_samples_have_the_age_they_had_when_the_sandbox_began() -> None:
    assert len({entry.at for entry in World().feed("acme").newest()}) == 9


def test_a_picture_is_a_png_that_its_name_decides() -> None:
    data = picture("acme/energie")
    width, height, depth, colours = struct.unpack(">IIBB", data[16:26])
    pixels = data[data.index(b"IDAT") + 4 : -16]

    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert (width, height, depth, colours) == (WIDTH, HEIGHT, 8, 3)
    assert len(zlib.decompress(pixels)) == HEIGHT * (WIDTH + 1)
    assert picture("acme/energie") == data != picture("acme/nantes")
