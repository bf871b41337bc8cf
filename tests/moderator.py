"""A moderator at the desk of a started server, with a browser that is none."""

import re
from typing import Any, Self

import httpx

from tests import cast
from tests.processes import PATIENCE_SECONDS, Server


class Moderator:
    """Somebody who is signed in and decides."""

    def __init__(self, server: Server, name: str = cast.ANA) -> None:
        headers = {"Referer": server.url}  # as a browser says, and as the protection against forged requests wants it
        self.browser = httpx.Client(base_url=server.url, headers=headers, timeout=PATIENCE_SECONDS)
        token = self._token("/login")
        answer = self.browser.post("/login", data={"name": name, "password": cast.PASSWORD}, headers=token)
        assert answer.status_code == 302, answer.text
        self.token = self._token("/queue")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.browser.close()

    def decide(self, comment_id: str, decision: str, **more: object) -> dict[str, Any]:
        """Decide about a comment, and return the decision."""
        return self._post(f"/api/v1/comments/{comment_id}/decisions", {"decision": decision, **more})

    def undo(self, decision_id: str) -> dict[str, Any]:
        """Take a decision back."""
        return self._post(f"/api/v1/decisions/{decision_id}/undo", {})

    def redact(self, comment_id: str) -> dict[str, Any]:
        """Take personal data out of a comment."""
        return self._post(f"/api/v1/comments/{comment_id}/redaction", {})

    def _post(self, path: str, body: dict[str, object]) -> dict[str, Any]:
        answer = self.browser.post(path, json=body, headers=self.token)
        assert answer.is_success, answer.text
        return dict(answer.json())

    def _token(self, path: str) -> dict[str, str]:
        page = self.browser.get(path).text
        found = re.search(r'name="csrf-token" content="([^"]+)"', page)
        assert found, page
        return {"X-CSRFToken": found[1]}
