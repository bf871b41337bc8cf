"""Ghost: reads and hides comments through its Admin API, with the key of a custom integration.

Ghost has neither webhooks for comments nor a queue before publication: a comment is there at once, and gone from sight
when the bridge has looked and Undertone does not approve it. Nobody but its author can change a text there.
"""

import base64
import hashlib
import hmac
import json
import time
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from undertone_bridge.blog import BlogRefused, Look, Written
from undertone_bridge.calls import Answer, NoAnswer, call

PUBLISHED, HIDDEN, DELETED = "published", "hidden", "deleted"
PAGE = 100
"""As many comments as Ghost gives at once."""

ALL_SECONDS = 600.0
"""How often all comments are looked at, whatever Ghost counts."""

RECOUNT_SECONDS = 10.0
"""How often at most they are, because Ghost counts others than are known: it may count what it does not list."""

TOKEN_SECONDS = 240
"""Ghost takes tokens that are good for five minutes at most."""

GONE = 404


class Ghost:
    """A blog made with Ghost."""

    def __init__(self, address: str, key: str) -> None:
        self._all_at = self._recount_at = 0.0
        self._there: set[str] = set()
        """The numbers of those that Ghost had at the last look, which it does not give for deleted ones."""
        self.api = f"{address.rstrip('/')}/ghost/api/admin"
        self._key_id, _, secret = key.partition(":")
        self._secret = bytes.fromhex(secret)
        if not self._secret:
            raise ValueError("a key has two parts")

    def look(self) -> Look:
        """Return what changed last, and all where Ghost counts others than are known, or now and then.

        Raise NoAnswer where Ghost does not give them.
        """
        found, total, _ = self._page(1)
        self._there |= {each["id"] for each in found}
        now = time.monotonic()
        if now < self._all_at and (len(self._there) == total or now < self._recount_at):
            return Look(_oldest_first(found), is_complete=False)
        everything = self._everything()
        self._there = {each["id"] for each in everything}
        self._all_at, self._recount_at = now + ALL_SECONDS, now + RECOUNT_SECONDS
        return Look(_oldest_first(everything), is_complete=True)

    def is_gone(self, key: str) -> bool:
        """Whether a comment was deleted: while pages were turned, it may just have slipped from one to another."""
        answer = self._ask("GET", f"/comments/{key}/")
        return answer.status == GONE or answer.json()["comments"][0]["status"] == DELETED

    def show(self, written: Written) -> None:
        """Let readers see a comment."""
        self._put(written, PUBLISHED)

    def hide(self, written: Written) -> None:
        """Hide a comment, as a moderator of Ghost's does."""
        self._put(written, HIDDEN)

    def rewrite(self, written: Written, text: str) -> None:
        """Raise BlogRefused: nobody but its author can change a comment there."""
        raise BlogRefused("Ghost has no way to change the text of a comment")

    def _everything(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        page: int | None = 1
        while page is not None:
            more, _, page = self._page(page)
            found += more
        return found

    def _page(self, number: int) -> tuple[list[dict[str, Any]], int, int | None]:
        """Return a page of comments, how many there are on all, and the number of the next."""
        asked = urlencode({"page": number, "limit": PAGE, "order": "updated_at desc"})
        answer = self._ask("GET", f"/comments/?{asked}")
        if not answer.is_good:
            raise NoAnswer(f"{self.api} {answer}")
        read = answer.json()
        return read["comments"], int(read["meta"]["pagination"]["total"]), read["meta"]["pagination"]["next"]

    def _put(self, written: Written, status: str) -> None:
        body = json.dumps({"comments": [{"id": written.number, "status": status}]}).encode()
        answer = self._ask("PUT", f"/comments/{written.number}/", body)
        if not answer.is_good:
            raise BlogRefused(f"Ghost {answer}")

    def _ask(self, method: str, path: str, body: bytes | None = None) -> Answer:
        headers = {
            "authorization": f"Ghost {self._token()}",
            "accept-version": "v6.0",
            "content-type": "application/json",
        }
        answer = call(method, self.api + path, body, headers)
        if answer.is_for_later or answer.status in (401, 403):  # somebody has to put the key right
            raise NoAnswer(f"{self.api} {answer}")
        return answer

    def _token(self) -> str:
        """Return what Ghost wants to see of its key: a JSON Web Token (RFC 7519) for the next minutes."""
        now = int(time.time())
        head = {"alg": "HS256", "typ": "JWT", "kid": self._key_id}
        claims = {"iat": now, "exp": now + TOKEN_SECONDS, "aud": "/admin/"}
        signed = b".".join(_base64(json.dumps(part).encode()) for part in (head, claims))
        return (signed + b"." + _base64(hmac.new(self._secret, signed, hashlib.sha256).digest())).decode()


def _base64(said: bytes) -> bytes:
    return base64.urlsafe_b64encode(said).rstrip(b"=")


def _oldest_first(comments: list[dict[str, Any]]) -> list[Written]:
    """Return comments so that an answer comes after what it answers; one that came on two pages comes once."""
    each_once = {each["id"]: each for each in comments if each["status"] != DELETED}
    return [_written(each) for each in sorted(each_once.values(), key=lambda each: str(each["created_at"]))]


def _written(comment: dict[str, Any]) -> Written:
    member, post = comment.get("member") or {}, comment.get("post") or {}
    more: dict[str, Any] = {
        "thread": {"url": post.get("url"), "title": post.get("title")},
        "author": {name: member[name] for name in ("id", "name", "email") if member.get(name)},
        "parent_id": comment.get("in_reply_to_id") or comment.get("parent_id"),
        "created_at": comment["created_at"],
    }
    number = str(comment["id"])
    return Written(number, number, plain(comment["html"] or ""), comment["status"] == PUBLISHED, more)


def plain(markup: str) -> str:
    """Return the text of a comment's HTML, a line for each paragraph, with the address of each link.

    >>> plain('<p>Read <a href="https://example.org/x">this</a>.</p><p>A &lt; B</p>')
    'Read this (https://example.org/x).\\n\\nA < B'
    """
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return "".join(reader.parts).strip()


class _Reader(HTMLParser):
    """Reads the few tags that Ghost leaves in a comment."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._link: str | None = None
        self._link_starts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.parts.append("\n")
        if tag == "a":
            self._link, self._link_starts = dict(attrs).get("href"), len(self.parts)

    def handle_endtag(self, tag: str) -> None:
        if tag in ("p", "blockquote"):
            self.parts.append("\n\n")
        if tag == "a" and self._link:
            if self._link != "".join(self.parts[self._link_starts :]):
                self.parts.append(f" ({self._link})")
            self._link = None

    def handle_data(self, data: str) -> None:
        self.parts.append(data)
