"""Where Undertone calls when something is decided."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from undertone_bridge.bridge import Bridge

LARGEST_BODY = 1_000_000


class Listener(ThreadingHTTPServer):
    """Listens for decisions."""

    daemon_threads = True

    def __init__(self, host: str, port: int, bridge: Bridge) -> None:
        super().__init__((host, port), _Handler)
        self.bridge = bridge

    def start(self) -> None:
        """Listen from now on, beside whatever else is done."""
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    server: Listener
    timeout = 20

    def do_POST(self) -> None:
        """Take a decision: 204; 401 where Undertone did not sign it, 404 where its comment is not known (yet)."""
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            self._answer(413)
            return
        body = self.rfile.read(int(length))
        if not self.server.bridge.undertone.is_sender(self.headers, body):  # type: ignore[arg-type]  # has `get`
            self._answer(401)
            return
        self._answer(self._take(body))

    def _take(self, body: bytes) -> int:
        try:
            event = json.loads(body)
            kind, data = event["type"], event["data"]
            if kind != "comment.decided":
                return 204  # nothing that a blog has to know
            taken = self.server.bridge.decided(data["outside_id"], data["status"], data["number"], data.get("text"))
        except (ValueError, LookupError, TypeError):
            return 400
        return 204 if taken else 404

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what was decided is said when it is done."""
