"""A blog in Python that speaks by a library: `python speak.py LIBRARY ADDRESS KEY TEXT` prints what it hears, as JSON.

The libraries are as they came. Those whose address is written into them are led to ours on the way, as by a hosts file.
"""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

BLOG = "https://relay.example.org"
AGENT = "Relay/1.0"
IP = "203.0.113.7"
WRONG = "000000000000"


def lead_to(address: str) -> None:
    """Let whatever is sent go to one address, with the name of the host that it was meant for."""
    import httpx
    import requests

    ours = urlsplit(address)
    send, handle = requests.adapters.HTTPAdapter.send, httpx.HTTPTransport.handle_request

    def by_requests(self: Any, request: Any, **more: Any) -> Any:
        meant = urlsplit(request.url)
        request.headers["Host"] = meant.netloc
        request.url = urlunsplit(meant._replace(scheme=ours.scheme, netloc=ours.netloc))
        return send(self, request, **more)

    def by_httpx(self: Any, request: Any) -> Any:
        request.url = request.url.copy_with(scheme=ours.scheme, host=ours.hostname, port=ours.port)
        return handle(self, request)

    requests.adapters.HTTPAdapter.send = by_requests
    httpx.HTTPTransport.handle_request = by_httpx


def heard(ask: Callable[[], Any]) -> Any:
    """Return an answer, or the name of the exception that a library makes of it."""
    try:
        return ask()
    except Exception as error:
        return type(error).__name__


def pykismet3(key: str, text: str) -> dict[str, Any]:
    from pykismet3 import Akismet

    def comment() -> dict[str, str]:
        place = {"referrer": "", "permalink": f"{BLOG}/pykismet3", "content_type": "comment"}
        return {"user_ip": IP, "user_agent": AGENT, "comment_author": "Maya", "comment_content": text, **place}

    client = Akismet(api_key=key, blog_url=BLOG, user_agent=AGENT)
    first = client.check(comment())
    client.submit_spam(comment())
    second = client.check(comment())
    client.submit_ham(comment())
    stranger = Akismet(api_key=WRONG, blog_url=BLOG, user_agent=AGENT)
    found = [first, second, client.check(comment())]
    return {"found": found, "wrong": heard(lambda: stranger.check(comment()))}


def python_akismet(key: str, text: str) -> dict[str, Any]:
    from akismet import Akismet, SpamStatus

    words = {SpamStatus.Ham: False, SpamStatus.ProbableSpam: True}
    given = {"comment_author": "Maya", "comment_content": text, "permalink": f"{BLOG}/python-akismet"}
    client = Akismet(key, blog=BLOG, application_user_agent=AGENT)
    first = client.check(IP, AGENT, **given)
    client.submit_spam(IP, AGENT, **given)
    second = client.check(IP, AGENT, **given)
    client.submit_ham(IP, AGENT, **given)
    found = [words.get(each) for each in (first, second, client.check(IP, AGENT, **given))]
    return {"found": found, "wrong": heard(lambda: Akismet(WRONG, blog=BLOG).check(IP, AGENT, **given))}


def pyperspective(key: str, text: str) -> dict[str, Any]:
    from PyPerspective.Perspective import Perspective

    comment = Perspective(key).get_score(text, tests=["TOXICITY", "THREAT"])
    toxicity = comment["TOXICITY"]
    found = {"TOXICITY": toxicity.score, "THREAT": comment["THREAT"].score}
    return {"found": found, "span": str(toxicity[0]), "wrong": heard(lambda: Perspective(WRONG))}


def perspectiveapi(key: str, text: str) -> dict[str, Any]:
    from perspective.blocking import Perspective
    from perspective.models import Attribute

    score = Perspective(key).score(text, [Attribute.TOXICITY, Attribute.THREAT])
    found = {"TOXICITY": score.toxicity, "THREAT": score.threat}
    return {"found": found, "span": text, "wrong": heard(lambda: Perspective(WRONG).score(text))}


def gpru(key: str, text: str) -> dict[str, Any]:
    from gpru.openai.api import ModerationRequest, OpenAiApi

    def moderate(key: str) -> dict[str, Any]:
        [result] = OpenAiApi(key).create_moderation(ModerationRequest(input=text)).results
        return {"flagged": result.flagged, "harassment": result.categories.model_dump(by_alias=True).get("harassment")}

    return {"found": moderate(key), "wrong": heard(lambda: moderate(WRONG))}


def svix_signs(secret: str, body: str) -> dict[str, Any]:
    from svix.webhooks import Webhook

    at = datetime.now(UTC)
    headers = {"webhook-id": "svix-python", "webhook-timestamp": str(int(at.timestamp()))}
    return {**headers, "webhook-signature": Webhook(secret).sign("svix-python", at, body)}


def svix_reads(secret: str, sent: str) -> dict[str, Any]:
    from svix.webhooks import Webhook

    headers, body = json.loads(sent)
    return Webhook(secret).verify(body, headers)


SPEAK = {each.__name__: each for each in (pykismet3, python_akismet, pyperspective, perspectiveapi, gpru)}
SPEAK |= {each.__name__: each for each in (svix_signs, svix_reads)}

if __name__ == "__main__":
    library, address, key, text = sys.argv[1:]
    lead_to(address)
    print(json.dumps(SPEAK[library](key, text)))
