"""Libraries that speak Standard Webhooks, in Python and JavaScript, against a started server, both ways.

Those of the reference and of Svix send and receive; OpenAI's own, whose webhooks are of the same kind, only receive.
"""

import base64
import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openai
import pytest
import urllib3
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests import cast
from tests.processes import Receiver, Server, until
from tests.web.protocols.conftest import RunPython

URL = "https://relay.example.org"


@pytest.fixture(scope="module")
def keys(server: Server, receiver: Receiver) -> dict[str, Any]:
    """Return what a blog was given, which has renewed its secrets once since."""
    added = json.loads(server.command("site", "add", URL, "--callback", receiver.url, "--json"))
    server.command("site", "change", URL, "--audit-share", "0")
    renewed = json.loads(server.command("site", "renew", URL, "--secrets", "--json"))
    server.start()
    return {**added, **renewed, "before": added["webhook_secret"]}


def created(number: str, text: str = cast.KIND) -> str:
    data = {"id": number, "text": text, "thread": {"url": cast.POST}}
    return json.dumps({"type": "comment.created", "timestamp": datetime.now(UTC).isoformat(), "data": data})


def run(clients: Path, *arguments: str) -> Any:  # noqa: ANN401
    """Run the blog in JavaScript; AssertionError with what it says where it fails."""
    command = ["node", "webhooks.js", *arguments]
    done = subprocess.run(command, cwd=clients, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def by_python(server: Server, keys: dict[str, Any], secret: str, message_id: str, body: str) -> tuple[int, Any]:
    """Send a message as the Python library signs it."""
    at = datetime.now(UTC)
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, at, body),
    }
    url = f"{server.url}/api/v1/webhooks/{keys['site']}"
    answer = urllib3.request("POST", url, body=body.encode(), headers=headers)
    return answer.status, json.loads(answer.data)


def told(receiver: Receiver, number: str) -> tuple[dict[str, str], bytes]:
    """Wait for the message about a comment, and return its headers and body."""

    def look() -> tuple[dict[str, str], bytes] | None:
        found = (each for each in list(receiver.got) if json.loads(each[1])["data"]["outside_id"] == number)
        return next(found, None)

    found: tuple[dict[str, str], bytes] = until(look, f"a message about {number}")
    return found


@pytest.mark.parametrize("which", ["webhook_secret", "before"])
def test_python_sends(server: Server, keys: dict[str, Any], which: str) -> None:
    status, answer = by_python(server, keys, keys[which], f"py-{which}", created(f"py-{which}", cast.UNKIND))
    assert (status, answer["verdict"]) == (201, "hold")


@pytest.mark.parametrize("which", ["webhook_secret", "before"])
@pytest.mark.parametrize("library", ["standardwebhooks", "svix"])
def test_javascript_sends(server: Server, keys: dict[str, Any], clients: Path, library: str, which: str) -> None:
    url = f"{server.url}/api/v1/webhooks/{keys['site']}"
    number = f"js-{library}-{which}"
    answer = run(clients, "send", library, url, keys[which], number, created(number, "Größe ≥ 3 🙂 " + cast.UNKIND))
    assert (answer["status"], answer["body"]["verdict"]) == (201, "hold")


def test_svix_sends(server: Server, keys: dict[str, Any], in_python: RunPython) -> None:
    body = created("svix-python", cast.UNKIND)
    headers = in_python("svix_signs", server.url, keys["webhook_secret"], body)
    url = f"{server.url}/api/v1/webhooks/{keys['site']}"
    answer = urllib3.request("POST", url, body=body.encode(), headers=headers)
    assert (answer.status, json.loads(answer.data)["verdict"]) == (201, "hold")


def test_python_sends_again(server: Server, keys: dict[str, Any]) -> None:
    body = created("py-again")
    first = by_python(server, keys, keys["webhook_secret"], "py-again", body)
    second = by_python(server, keys, keys["webhook_secret"], "py-again", body)
    assert (first[0], second) == (201, (200, first[1]))


def test_one_message_sent_by_eight_at_once_is_taken_once(server: Server, keys: dict[str, Any]) -> None:
    body = created("at-once")
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(by_python, server, keys, keys["webhook_secret"], "at-once", body) for _ in range(8)]
    answers = [each.result() for each in sent]
    assert (sorted(status for status, _ in answers), len({answer["id"] for _, answer in answers})) == (
        [200] * 7 + [201],
        1,
    )


@pytest.mark.parametrize("which", ["webhook_secret", "before"])
def test_python_receives_with_either_secret(
    server: Server, keys: dict[str, Any], receiver: Receiver, which: str
) -> None:
    number = f"py-told-{which}"
    by_python(server, keys, keys["webhook_secret"], number, created(number))
    headers, body = told(receiver, number)
    assert Webhook(keys[which]).verify(body, headers)["data"]["status"] == "approved"


@pytest.mark.parametrize("which", ["webhook_secret", "before"])
@pytest.mark.parametrize("library", ["standardwebhooks", "svix", "openai"])
def test_javascript_receives_with_either_secret(
    server: Server, keys: dict[str, Any], receiver: Receiver, clients: Path, library: str, which: str
) -> None:
    number = f"js-{library}-told-{which}"
    by_python(server, keys, keys["webhook_secret"], number, created(number))
    headers, body = told(receiver, number)
    read = run(clients, "receive", library, keys[which], json.dumps(headers), body.decode())
    assert read["data"]["status"] == "approved"


@pytest.mark.parametrize("which", ["webhook_secret", "before"])
def test_svix_receives_with_either_secret(
    server: Server, keys: dict[str, Any], receiver: Receiver, in_python: RunPython, which: str
) -> None:
    number = f"svix-told-{which}"
    by_python(server, keys, keys["webhook_secret"], number, created(number))
    headers, body = told(receiver, number)
    read = in_python("svix_reads", server.url, keys[which], json.dumps([headers, body.decode()]))
    assert read["data"]["status"] == "approved"


@pytest.mark.parametrize("which", ["webhook_secret", "before"])
def test_openais_library_receives_with_either_secret(
    server: Server, keys: dict[str, Any], receiver: Receiver, which: str
) -> None:
    number = f"openai-told-{which}"
    by_python(server, keys, keys["webhook_secret"], number, created(number))
    headers, body = told(receiver, number)
    with openai.OpenAI(api_key="none") as client:
        client.webhooks.verify_signature(body, headers, secret=keys[which])


def test_another_s_secret_verifies_nothing(server: Server, keys: dict[str, Any], receiver: Receiver) -> None:
    by_python(server, keys, keys["webhook_secret"], "not-theirs", created("not-theirs"))
    headers, body = told(receiver, "not-theirs")
    other = "whsec_" + base64.b64encode(b"another secret of thirty-two byt").decode()
    with pytest.raises(WebhookVerificationError):
        Webhook(other).verify(body, headers)
