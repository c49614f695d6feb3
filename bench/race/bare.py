"""The least that posting costs: the bodies are there already, and aiohttp posts them, fifty at once.

`python -m bench.race.bare FILE`, a JSON file with `sinks` and `items`, how many go to each, and `feeds`, each of which
is asked whether it has changed.
"""

from __future__ import annotations

import asyncio
import json
import sys
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp

from bench.feeds import ETAG, SENTENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

AT_ONCE = 50


def main(config: Path) -> None:
    """Post every item to every sink, and ask for every feed."""
    given = json.loads(config.read_text())
    bodies = [json.dumps({"text": f"Message {n}. {SENTENCE}", "link": "https://acme.example/"}).encode()
              for n in range(given["items"])]  # fmt: skip
    asyncio.run(_post(list(product(bodies, given["sinks"])), given["feeds"]))


async def _post(requests: list[tuple[bytes, str]], feeds: list[str]) -> None:
    waiting = iter(requests)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE)) as session:
        await asyncio.gather(*(_work(session, waiting) for _ in range(AT_ONCE)))
        for feed in feeds:
            async with session.get(feed, headers={"If-None-Match": ETAG}) as answer:
                await answer.read()
                answer.raise_for_status()


async def _work(session: aiohttp.ClientSession, waiting: Iterator[tuple[bytes, str]]) -> None:
    for number, (body, sink) in enumerate(waiting):
        async with session.post(sink, data=body, headers={"webhook-id": f"{id(body)} {number}"}) as answer:
            await answer.read()
            answer.raise_for_status()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
