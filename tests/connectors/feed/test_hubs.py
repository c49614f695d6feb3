"""Which hub a feed names, in its document or in the headers of the answer."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from connectors.feed.hubs import HEADER_MOST, chosen, hub_of_header
from connectors.feed.parsing import Document, Wish, read_feed
from engine.contract.source import NOBODY, Hub

URL = "https://acme.example/feed.xml"
HUB, SELF = "https://hub.example/", "https://acme.example/feed"
ATOM = (
    f'<feed xmlns="http://www.w3.org/2005/Atom"><link rel="hub" href="{HUB}"/><link rel="self" href="{SELF}"/></feed>'
)
RSS = (
    '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>Acme</title>'
    f'<link>https://acme.example/</link><atom:link rel="self" href="/feed"/><atom:link rel="hub" href="{HUB}"/>'
    "</channel></rss>"
)
HUBS = [{"type": "rssCloud", "url": "https://cloud.example/"}, {"type": "WebSub", "url": HUB}]
JSON = {"version": "https://jsonfeed.org/version/1.1", "title": "Acme", "items": [], "feed_url": SELF, "hubs": HUBS}


@pytest.mark.parametrize("document", [ATOM, RSS, json.dumps(JSON)], ids=["atom", "rss", "json"])
def test_a_document_names_its_hub_and_itself(document: str) -> None:
    wish = Wish(10, "summary", datetime(2026, 1, 1, tzinfo=UTC))
    assert read_feed(Document(document.encode(), "", URL), wish, ()).hub == Hub(HUB, SELF)


@pytest.mark.parametrize(
    ("header", "hub"),
    [
        (f'<{HUB}>; rel="hub", <{SELF}>; rel="self"', Hub(HUB, SELF)),
        (f"<{HUB}>;rel=hub,<{SELF}>; title=x; rel=self", Hub(HUB, SELF)),
        (f'<{HUB}>; title="a, b"; rel="nofollow HUB", <https://second.example/>; rel="hub"', Hub(HUB, "")),
        ('</feed>; rel="self"', Hub("", SELF)),
        ("<javascript:alert(1)>; rel=hub", NOBODY),
        ("<" * HEADER_MOST * 2, NOBODY),
        ("", NOBODY),
    ],
)
def test_a_link_header_names_a_hub(header: str, hub: Hub) -> None:
    assert hub_of_header(header, URL) == hub


def test_headers_go_before_the_document_and_the_address_stands_for_what_is_not_said() -> None:
    assert chosen(Hub("https://one/", ""), Hub(HUB, SELF), URL) == Hub("https://one/", SELF)
    assert chosen(NOBODY, Hub(HUB, ""), URL) == Hub(HUB, URL)
    assert chosen(Hub("", SELF), NOBODY, URL) == NOBODY
