"""Every door through which a text comes in, in one shape, so that the same may be thrown at each."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from werkzeug.test import TestResponse

from tests import cast

Headers = dict[str, str]


@dataclass(frozen=True)
class Door:
    """How one request comes in: what opens the door, what is sent, and what an error looks like there."""

    path: str
    opens: Callable[[cast.Blog, bytes], Headers]
    """The headers of somebody who may come in with this very body."""
    sent: Mapping[str, Any]
    """A request that is taken."""
    is_error: Callable[[TestResponse], bool]
    """Whether an answer refuses, in the words of this door's protocol."""
    query: Callable[[cast.Blog], dict[str, str]] = lambda _: {}
    is_form: bool = False
    stores: bool = True
    needs_model: bool = False
    """Whether there is no answer without a model; elsewhere a comment is held until there is one."""

    def body(self, fields: Mapping[str, Any] | None = None) -> bytes:
        """Return a request as it is written here."""
        wanted = self.sent if fields is None else fields
        return urlencode(wanted, errors="surrogatepass").encode() if self.is_form else json.dumps(wanted).encode()

    def send(self, blog: cast.Blog, raw: bytes, **headers: str | None) -> TestResponse:
        """Send a body, with other headers where they are given, and without those that are None."""
        kind = "application/x-www-form-urlencoded" if self.is_form else "application/json"
        own = {"Content-Type": kind, **self.opens(blog, raw)}
        for name, value in headers.items():
            own.pop(name.replace("_", "-"), None)
            if value is not None:
                own[name.replace("_", "-")] = value
        path = self.path.format(site=blog.site_id)
        return blog.client.post(path, query_string=self.query(blog), data=raw, headers=own)

    def refuses(self, answer: TestResponse) -> bool:
        """Whether an answer says no."""
        return answer.status_code >= 400 or "X-akismet-debug-help" in answer.headers


def with_key(blog: cast.Blog, _: bytes) -> Headers:
    """Return what opens the doors that want a key."""
    return blog.headers


def webhook_headers(raw: bytes, secret: str, message_id: str = "msg_1", at: datetime | None = None) -> Headers:
    """Return the headers of a message; made by hand, since the library signs no bytes that are no text."""
    seconds = str(int((at or datetime.now(UTC)).timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = hmac.new(key, f"{message_id}.{seconds}.".encode() + raw, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": "v1," + base64.b64encode(made).decode(),
    }


def coral_headers(raw: bytes, *secrets: str) -> Headers:
    """Return Coral's headers: one signature for each secret that is active there."""
    signatures = [f"sha256={hmac.new(each.encode(), raw, hashlib.sha256).hexdigest()}" for each in secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": "Coral Moderation/9.11.8",
        "X-Coral-Signature": ",".join(signatures),
    }


def is_ours(answer: TestResponse) -> bool:
    """Whether this is an error in our own shape."""
    return answer.json.keys() == {"error"} and answer.json["error"].keys() == {"code", "message", "details"}


def is_googles(answer: TestResponse) -> bool:
    """Whether this is an error as Google's services answer; clients read the first of the details unseen."""
    error = answer.json["error"]
    return error["code"] == answer.status_code and bool(error["message"] and error["status"] and error["details"][0])


def is_openais(answer: TestResponse) -> bool:
    """Whether this is an error as OpenAI answers."""
    return answer.json["error"].keys() == {"message", "type", "param", "code"}


def is_akismets(answer: TestResponse) -> bool:
    """Whether this is an error as Akismet's clients read it: in words, which are neither of its two answers."""
    is_numbered = "X-akismet-guid" in answer.headers  # else a current plugin publishes
    return answer.mimetype == "text/plain" and is_numbered and answer.text not in ("", "true", "false")


def _nothing(_blog: cast.Blog, _raw: bytes) -> Headers:
    return {}


COMMENT = {"id": "1", "text": cast.KIND, "thread": {"url": cast.POST, "title": cast.TITLE}, "author": {"name": "Maya"}}
FORM = {"blog": "https://relay.example.org", "user_ip": "203.0.113.7", "comment_content": cast.KIND}
FORM |= {"permalink": cast.POST, "comment_author": "Maya"}
CORAL = {
    "action": "NEW",
    "comment": {"body": cast.KIND, "parentID": None},
    "author": {"id": "a-7", "role": "COMMENTER"},
    "story": {"id": "s-1", "url": cast.POST},
}
ANALYSIS = {"comment": {"text": cast.UNKIND}, "requestedAttributes": {"TOXICITY": {}}, "languages": ["en"]}
SUGGESTION = {"comment": {"text": cast.UNKIND}, "attributeScores": {"TOXICITY": {"summaryScore": {"value": 1}}}}

DOORS: Mapping[str, Door] = {
    "comments": Door("/api/v1/comments", with_key, COMMENT, is_ours),
    "score": Door(
        "/api/v1/score", with_key, {"comments": [{"text": cast.KIND}]}, is_ours, stores=False, needs_model=True
    ),
    "webhooks": Door(
        "/api/v1/webhooks/{site}",
        lambda blog, raw: webhook_headers(raw, blog.keys.webhook_secret),
        {"type": "comment.created", "data": COMMENT},
        is_ours,
    ),
    "akismet": Door(
        "/1.1/comment-check",
        _nothing,
        FORM,
        is_akismets,
        query=lambda blog: {"api_key": blog.keys.akismet_key},
        is_form=True,
    ),
    "akismet's feedback": Door(
        "/1.1/submit-spam",
        _nothing,
        FORM,
        is_akismets,
        query=lambda blog: {"api_key": blog.keys.akismet_key},
        is_form=True,
    ),
    "perspective": Door(
        "/v1alpha1/comments:analyze",
        _nothing,
        ANALYSIS,
        is_googles,
        query=lambda blog: {"key": blog.keys.api_key},
        stores=False,
        needs_model=True,
    ),
    "perspective's feedback": Door(
        "/v1alpha1/comments:suggestscore",
        _nothing,
        SUGGESTION,
        is_googles,
        query=lambda blog: {"key": blog.keys.api_key},
        needs_model=True,
    ),
    "openai": Door(
        "/v1/moderations", with_key, {"input": [cast.KIND], "model": "x"}, is_openais, stores=False, needs_model=True
    ),
    "coral": Door("/v1/coral/{site}", lambda blog, raw: coral_headers(raw, blog.keys.coral_secret), CORAL, is_ours),
}
