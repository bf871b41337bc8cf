"""A stand-in for Ghost's Admin API, which answers as Ghost 6.65.0 was seen to; the real one takes minutes to build."""

import base64
import hashlib
import hmac
import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY_ID = "6b022072a6dd5546a9d6d382"
SECRET = "3b" * 32
PAGE = 100


class Ghost:
    """Comments, and who may see and change them."""

    def __init__(self) -> None:
        self.comments: dict[str, dict[str, Any]] = {}
        self._changes = 0
        ghost = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = urlsplit(self.path)
                number = asked.path.removeprefix("/ghost/api/admin/comments/").strip("/")
                if number:
                    self._answer(ghost.one(number))
                else:
                    self._answer(ghost.page(int(parse_qs(asked.query)["page"][0])))

            def do_PUT(self) -> None:
                [sent] = json.loads(self.rfile.read(int(self.headers["content-length"])))["comments"]
                ghost.change(sent["id"], status=sent["status"])
                self._answer(ghost.one(sent["id"]))

            def _answer(self, said: dict[str, Any] | None) -> None:
                status = 404 if said is None else 200
                if not _is_admin(self.headers.get("authorization", "")):
                    status, said = 401, {"errors": [{"message": "Invalid token"}]}
                body = json.dumps(said or {"errors": [{"message": "Resource not found error"}]}).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def write(self, markup: str) -> str:
        """Write a comment, which is there at once."""
        number = f"{len(self.comments):024x}"
        member = {"id": "7", "name": "Maya", "email": "maya@example.org"}
        post = {"id": "1", "title": "A post", "url": f"{self.url}/a-post/"}
        self.comments[number] = {
            "id": number,
            "parent_id": None,
            "in_reply_to_id": None,
            "status": "published",
            "html": markup,
            "created_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
            "member": member,
            "post": post,
        }
        self.change(number)
        return number

    def change(self, number: str, **values: str) -> None:
        """Change a comment, which makes it the last that was changed."""
        self._changes += 1
        self.comments[number] = {**self.comments[number], **values, "change": self._changes}

    def one(self, number: str) -> dict[str, Any] | None:
        """Return a comment, also one that is deleted."""
        return {"comments": [self.comments[number]]} if number in self.comments else None

    def page(self, number: int) -> dict[str, Any]:
        """Return a page of those that are not deleted, the last changed first."""
        there = [each for each in list(self.comments.values()) if each["status"] != "deleted"]
        there.sort(key=lambda each: -each["change"])
        more = number + 1 if len(there) > number * PAGE else None
        pagination = {"page": number, "limit": PAGE, "total": len(there), "next": more}
        return {"comments": there[(number - 1) * PAGE : number * PAGE], "meta": {"pagination": pagination}}

    def status(self, number: str) -> str:
        """Return where a comment stands."""
        return str(self.comments[number]["status"])

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _is_admin(header: str) -> bool:
    signed, _, signature = header.removeprefix("Ghost ").rpartition(".")
    made = hmac.new(bytes.fromhex(SECRET), signed.encode(), hashlib.sha256).digest()
    return hmac.compare_digest(base64.urlsafe_b64encode(made).rstrip(b"="), signature.encode())
