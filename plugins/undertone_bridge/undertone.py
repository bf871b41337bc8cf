"""Undertone, as it is told and as it tells: messages signed as Standard Webhooks says, both ways with one secret."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from undertone_bridge.calls import Answer, NoAnswer, call

TEXTS = ("created", "edited")
MALFORMED = (400, 413)
UNKNOWN = 404
"""Of a text it says that there is no such blog; of anything else, that the comment is not known there."""

TOLERATED_SECONDS = 300
"""How old or early a message may be, as the other side has it too."""


class Undertone:
    """The service at the other end."""

    def __init__(self, url: str, secret: str) -> None:
        self.url = url
        if not secret.startswith("whsec_"):
            raise ValueError("it begins otherwise")
        self._key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)

    def tell(self, kind: str, data: Mapping[str, Any], message_id: str) -> Answer:
        """Tell what happened, and return what becomes of it, or why this message is never taken.

        Raise NoAnswer where it cannot be told now, or where somebody has to put address or secret right first.
        """
        event = {"type": f"comment.{kind}", "timestamp": datetime.now(UTC).isoformat(), "data": data}
        body, at = json.dumps(event).encode(), str(int(time.time()))
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": at,
            "webhook-signature": self._signature(message_id, at, body),
        }
        answer = call("POST", self.url, body, headers)
        refusals = MALFORMED if kind in TEXTS else (*MALFORMED, UNKNOWN)
        if not answer.is_good and answer.status not in refusals:
            raise NoAnswer(f"{self.url} {answer}")
        return answer

    def is_sender(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether Undertone sent this, just now."""
        at = headers.get("webhook-timestamp", "")
        if not (at.isascii() and at.isdecimal()) or abs(time.time() - int(at)) > TOLERATED_SECONDS:
            return False
        wanted = self._signature(headers.get("webhook-id", ""), at, body).encode()
        # There are two signatures while the secret is being changed.
        sent = headers.get("webhook-signature", "").encode("utf-8", "replace").split(b" ")
        return any(hmac.compare_digest(each, wanted) for each in sent)

    def _signature(self, message_id: str, at: str, body: bytes) -> str:
        made = hmac.new(self._key, f"{message_id}.{at}.".encode() + body, hashlib.sha256)
        return f"v1,{base64.b64encode(made.digest()).decode()}"
