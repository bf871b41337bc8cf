"""The one door to other programs: an HTTP call, and what can come of it."""

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, NamedTuple

TIMEOUT_SECONDS = 15
LONGEST_ANSWER = 50_000_000


class NoAnswer(Exception):
    """Somebody does not answer, or not now: the same call may go well later."""


class Answer(NamedTuple):
    """What somebody answered."""

    status: int
    body: bytes

    @property
    def is_good(self) -> bool:
        """Whether the call did what it was for."""
        return 200 <= self.status < 300  # noqa: PLR2004  # RFC 9110, section 15.3

    @property
    def is_for_later(self) -> bool:
        """Whether to try again: too many calls, or something that does not work there just now."""
        return self.status == 429 or self.status >= 500  # noqa: PLR2004  # RFC 6585 and RFC 9110

    def json(self) -> Any:  # noqa: ANN401  # whatever it is
        """Return what the body says; raise NoAnswer where it is no JSON, but some page of a proxy's."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise NoAnswer(f"no JSON came: {self}") from None

    def __str__(self) -> str:
        return f"answered {self.status}: {self.body[:300].decode('utf-8', 'replace').strip()}"


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A POST that is sent elsewhere would arrive as a GET without its body: better to hear of it."""

    def redirect_request(self, *_: Any, **__: Any) -> None:  # noqa: ANN401  # the library's signature
        """Follow nothing."""


_opener = urllib.request.build_opener(_NoRedirects)


def call(method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
    """Make a call and return the answer, whatever it says; raise NoAnswer where none comes."""
    sent = urllib.request.Request(url, body, dict(headers or {}), method=method)  # noqa: S310  # the operator's address
    try:
        with _opener.open(sent, timeout=TIMEOUT_SECONDS) as answer:
            return Answer(answer.status, answer.read(LONGEST_ANSWER))
    except urllib.error.HTTPError as answer:
        with answer:
            return Answer(answer.code, answer.read(LONGEST_ANSWER))
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(f"{url}: {getattr(error, 'reason', error)}") from error
