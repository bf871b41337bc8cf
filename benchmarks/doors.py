"""How long every door takes with eight connections at once, beside a bare Flask route that parses the same body.

`python -m benchmarks.doors [DOOR …]`. Each connection waits for its answer before it asks again, in two ways: as fast
as it can, which fills both cores, and at a pace of five a second, which is a comment every 25 milliseconds in all.
"""

import hashlib
import hmac
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from standardwebhooks.webhooks import Webhook

from benchmarks.comments import texts
from tests.processes import Server, free_port

CONNECTIONS = 8
EACH = 100
PACE_SECONDS = 0.2
LIMITS = {95: 25.0, 99: 60.0}
POST = "https://blog.example.org/post"


@dataclass(frozen=True)
class Request:
    """What is sent to a door."""

    path: str
    body: bytes
    headers: dict[str, str]


@dataclass
class Site:
    """A blog of the server, and how its requests are written."""

    keys: dict[str, Any]
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(10**9)))

    def native(self, text: str) -> Request:
        """Write a comment to our own API."""
        return self._with_key("/api/v1/comments", self._comment(text))

    def webhook(self, text: str) -> Request:
        """Write a signed event."""
        body = json.dumps({"type": "comment.created", "timestamp": _now(), "data": self._comment(text)})
        name, moment = f"msg_{next(self.numbers)}", datetime.now(UTC)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": Webhook(self.keys["webhook_secret"]).sign(name, moment, body),
        }
        return Request(f"/api/v1/webhooks/{self.keys['site']}", body.encode(), headers)

    def akismet(self, text: str) -> Request:
        """Write what the WordPress plugin sends."""
        fields = {
            "api_key": self.keys["akismet_key"],
            "blog": "https://blog.example.org",
            "permalink": POST,
            "comment_type": "comment",
            "comment_author": "Marisol",
            "user_ip": "203.0.113.9",
            "comment_content": f"{text} {next(self.numbers)}",
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return Request("/1.1/comment-check", urllib.parse.urlencode(fields).encode(), headers)

    def analyze(self, text: str) -> Request:
        """Write what Perspective's clients send."""
        asked = {"comment": {"text": text}, "requestedAttributes": {"TOXICITY": {}, "INSULT": {}}}
        return self._with_key("/v1alpha1/comments:analyze", asked)

    def suggestscore(self, text: str) -> Request:
        """Write what Perspective's clients send back."""
        scores = {"TOXICITY": {"summaryScore": {"value": 0.9}}}
        asked = {"comment": {"text": f"{text} {next(self.numbers)}"}, "attributeScores": scores}
        return self._with_key("/v1alpha1/comments:suggestscore", asked)

    def moderations(self, text: str) -> Request:
        """Write what OpenAI's clients send."""
        return self._with_key("/v1/moderations", {"input": text})

    def coral(self, text: str) -> Request:
        """Write what Coral sends."""
        asked = {
            "action": "NEW",
            "comment": {"body": f"{text} {next(self.numbers)}", "parentID": None},
            "author": {"id": "a-7", "role": "COMMENTER"},
            "story": {"id": "s-1", "url": POST},
        }
        body = json.dumps(asked, indent=2).encode()
        signature = hmac.new(self.keys["coral_secret"].encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Coral-Signature": f"sha256={signature}"}
        return Request(f"/v1/coral/{self.keys['site']}", body, headers)

    def _comment(self, text: str) -> dict[str, Any]:
        return {"id": f"n-{next(self.numbers)}", "text": text, "thread": {"url": POST}}

    def _with_key(self, path: str, body: object) -> Request:
        # Perspective takes its key in the address, the others in a header; ours takes either there.
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.keys['api_key']}"}
        asked = f"{path}?key={self.keys['api_key']}" if "v1alpha1" in path else path
        return Request(asked, json.dumps(body).encode(), headers)


DOORS: dict[str, Callable[[Site, str], Request]] = {
    "native": Site.native,
    "webhook": Site.webhook,
    "akismet": Site.akismet,
    "analyze": Site.analyze,
    "suggestscore": Site.suggestscore,
    "moderations": Site.moderations,
    "coral": Site.coral,
}


def ask(port: int, requests: Sequence[Request], pace: float) -> list[float]:
    """Send requests over one connection, no sooner than the pace says, and return the milliseconds each took."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.connect()
    took, due = [], time.perf_counter()
    for each in requests:
        time.sleep(max(0.0, due - time.perf_counter()))
        due = max(due, time.perf_counter()) + pace
        began = time.perf_counter()
        connection.request("POST", each.path, each.body, each.headers)
        answer = connection.getresponse()
        said = answer.read()
        took.append(1000 * (time.perf_counter() - began))
        if answer.status >= 300:  # noqa: PLR2004
            raise SystemExit(f"{each.path} answered {answer.status}: {said[:300]!r}")
    connection.close()
    return took


def all_at_once(port: int, requests: Sequence[Request], pace: float) -> list[float]:
    """Deal requests out to eight connections and return the milliseconds that they took."""
    found: list[float] = []

    def work(part: int) -> None:
        time.sleep(part * pace / CONNECTIONS)
        found.extend(ask(port, requests[part::CONNECTIONS], pace))

    threads = [threading.Thread(target=work, args=[part]) for part in range(CONNECTIONS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if len(found) != len(requests):
        raise SystemExit("a connection broke")
    return found


def said(name: str, took: Sequence[float], *, judged: bool) -> str:
    """Return a line about how long something took."""
    cuts = statistics.quantiles(took, n=100)
    figures = "  ".join(f"p{at} {cuts[at - 1]:6.1f}" for at in (50, 95, 99))
    holds = all(cuts[at - 1] <= limit for at, limit in LIMITS.items())
    return f"  {name:24} {figures} ms" + ("" if not judged else "  holds" if holds else "  MISSED")


class Bare:
    """A Flask application that parses what it is sent and does nothing else, served as ours is."""

    def __init__(self) -> None:
        self.port = free_port()
        self._process = subprocess.Popen([sys.executable, "-m", "benchmarks.bare", str(self.port)])
        while True:
            try:
                http.client.HTTPConnection("127.0.0.1", self.port).connect()
                return
            except OSError:
                time.sleep(0.05)

    def stop(self) -> None:
        """Stop it."""
        self._process.terminate()
        self._process.wait()


def measure(name: str, server: Server, bare: Bare, site: Site) -> None:
    """Print how long a door takes, as fast as can be and at a pace, and the bare route on the same bodies."""
    write = DOORS[name]
    count = CONNECTIONS * EACH
    print(f"{name}: {count} requests, {CONNECTIONS} connections", flush=True)
    for way, pace in (("paced", PACE_SECONDS), ("as fast as can be", 0.0)):
        requests = [write(site, text) for text in texts(count)]
        plain = [Request("/", each.body, each.headers) for each in requests]
        print(said(f"bare Flask, {way}", all_at_once(bare.port, plain, pace / 10), judged=False))
        began = time.perf_counter()
        print(said(f"{name}, {way}", all_at_once(server.port, requests, pace), judged=True), end="")
        print(f"  {count / (time.perf_counter() - began):.0f} a second", flush=True)


def main() -> None:
    """Start both servers and knock at every door."""
    names = sys.argv[1:] or list(DOORS)
    bare = Bare()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), RATE_LIMIT="100000/second")
        server.start("--workers", "2")
        site = Site(json.loads(server.command("site", "add", "https://blog.example.org", "--json")))
        for each in list(texts(200)):  # what loads at first use is loaded
            ask(server.port, [site.native(each)], 0.0)
        for name in names:
            measure(name, server, bare, site)
        server.kill()
    bare.stop()


def _now() -> str:
    return datetime.now(UTC).isoformat()


if __name__ == "__main__":
    main()
