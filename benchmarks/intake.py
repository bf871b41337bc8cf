"""How fast comments come in over HTTP: one connection, and eight."""

import json
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.comments import texts
from tests.processes import Server

COMMENTS = 400


def post_all(server: Server, key: str, numbered: Iterator[tuple[str, str]]) -> list[float]:
    """Post comments one after the other and return the seconds each took."""
    took = []
    for number, text in numbered:
        body = {"id": number, "text": text, "thread": {"url": "https://blog.example.org/post"}}
        began = time.perf_counter()
        status, answer = server.call("POST", "/comments", key, body)
        took.append(time.perf_counter() - began)
        if status != 201:  # noqa: PLR2004
            raise SystemExit(f"answered {status}: {answer}")
    return took


def measure(server: Server, key: str, connections: int) -> None:
    """Post the comments over so many connections at once and print how fast they came in."""
    found: list[float] = []
    work = [(f"{connections}-{number}", text) for number, text in enumerate(texts(COMMENTS))]

    def post(part: int) -> None:
        found.extend(post_all(server, key, iter(work[part::connections])))

    threads = [threading.Thread(target=post, args=[part]) for part in range(connections)]
    began = time.perf_counter()
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    rate = COMMENTS / (time.perf_counter() - began)
    cuts = statistics.quantiles(found, n=100)
    shown = ", ".join(f"p{at} {1000 * cuts[at - 1]:.1f} ms" for at in (50, 95, 99))
    print(f"POST /api/v1/comments, {connections} connections: {rate:.0f} a second, {shown}")


def main() -> None:
    """Start a server on a new SQLite file and post to it."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), RATE_LIMIT="100000/second")
        server.start()
        key = json.loads(server.command("site", "add", "https://blog.example.org", "--json"))["api_key"]
        for connections in (1, 8):
            measure(server, key, connections)
        server.kill()


if __name__ == "__main__":
    main()
