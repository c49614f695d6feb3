"""The same as tasks of Celery, with its ordinary settings: one polls a feed, one posts an item to a sink.

It runs in an environment of its own, which the bench makes; `CELERY_RACE` names a JSON file with `feeds`, `sinks`,
`broker` and `polls`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import feedparser
import httpx
import redis
from celery import Celery
from celery.signals import worker_ready

GIVEN = json.loads(Path(os.environ["CELERY_RACE"]).read_text())
app = Celery("race", broker=GIVEN["broker"])
http = httpx.Client()
known = redis.Redis.from_url(GIVEN["broker"])


@app.task
def poll(feed: str) -> None:
    """Hand on what is new in a feed."""
    for entry in reversed(feedparser.parse(http.get(feed).content).entries):
        if known.sadd("seen", entry.id):
            for sink in GIVEN["sinks"]:
                send.delay(sink, {"title": entry.title, "text": entry.summary, "link": entry.link}, entry.id)


@app.task
def send(sink: str, body: dict[str, str], name: str) -> None:
    """Post an item to a sink."""
    http.post(sink, json=body, headers={"webhook-id": f"{sink} {name}"}).raise_for_status()


@worker_ready.connect
def begin(**_: Any) -> None:
    """Poll at the start, as a timetable would."""
    for feed in GIVEN["feeds"] * GIVEN["polls"]:
        poll.delay(feed)
