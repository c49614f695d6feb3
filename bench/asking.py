"""A client that asks one thing after the other over one connection, as a process of its own.

It is told on its input, line by line, what to ask and how often, and says after each line how many bytes an answer had.
"""

from __future__ import annotations

import json
import sys
from http.client import HTTPConnection


def main(port: int, key: str) -> None:
    """Ask until the input ends; an answer that is none of what was meant ends the process."""
    connection = HTTPConnection("127.0.0.1", port)
    for line in sys.stdin:
        path, times = json.loads(line)
        size = 0
        for _ in range(times):
            connection.request("GET", path, headers={"authorization": f"Bearer {key}"})
            answer = connection.getresponse()
            body = answer.read()
            size = len(body)
            if answer.status != 200:
                sys.exit(f"{path} answers {answer.status}: {body[:500]!r}")
        print(size, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
