"""The script that everybody writes first: feedparser, httpx, and a file of what was seen.

`python -m bench.race.naive FILE`, a JSON file with `feeds`, `sinks`, `seen` (a path) and `polls`, how often each feed
is read.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import feedparser
import httpx


def main(config: Path) -> None:
    """Read each feed, and post what is new in it to each sink."""
    given = json.loads(config.read_text())
    state = Path(given["seen"])
    seen = set(json.loads(state.read_text())) if state.exists() else set()
    with httpx.Client() as http:
        for _ in range(given["polls"]):
            for feed in given["feeds"]:
                for entry in reversed(feedparser.parse(http.get(feed).content).entries):
                    if entry.id in seen:
                        continue
                    for sink in given["sinks"]:
                        body = {"title": entry.title, "text": entry.summary, "link": entry.link}
                        http.post(sink, json=body, headers={"webhook-id": f"{sink} {entry.id}"}).raise_for_status()
                    seen.add(entry.id)
                    state.write_text(json.dumps(sorted(seen)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
