"""Akismet's client libraries that nobody here wrote, and a plugin's address, against a started server."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import akismet
import httpx
import pytest
from akismet import CheckResponse, SyncClient
from akismet import _common as client_internals

from tests import cast
from tests.processes import PATIENCE_SECONDS, Receiver, Server, until
from tests.web.protocols.conftest import RunPython

URL = "https://relay.example.org"


class Plugin(Receiver):
    """The address of a current WordPress plugin: knows comments by their numbers, as Akismet 5.7.2 answers."""

    def __init__(self) -> None:
        super().__init__()
        self.known: set[str] = set()

    def answer_to(self, body: bytes) -> bytes:
        """Say of each comment whether it is known."""
        missing = {"status": "error", "message": "Could not find matching comment."}
        numbers = [each["guid"] for each in json.loads(body)["comments"]]
        told = {each: {"status": "success"} if each in self.known else missing for each in numbers}
        return json.dumps({"comments": told}).encode()


@pytest.fixture(scope="module")
def receiver() -> Iterator[Plugin]:
    opened = Plugin()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def make_site(server: Server) -> Callable[[str], str]:
    """Return a function that adds a blog to the server, which Ana moderates, and returns its key."""
    server.command("user", "add", cast.ANA, "--role", "moderator", "--password-stdin", given=cast.PASSWORD)

    def make(url: str) -> str:
        keys = json.loads(server.command("site", "add", url, "--json"))
        server.command("site", "change", url, "--audit-share", "0")
        if server.process is None:
            server.start()
        return str(keys["akismet_key"])

    return make


@pytest.fixture(scope="module")
def key(make_site: Callable[[str], str]) -> str:
    return make_site(URL)


@pytest.fixture
def client(server: Server, key: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SyncClient]:
    monkeypatch.setattr(client_internals, "_API_URL", server.url)
    # The second that it waits by default is for a server that has this machine to itself.
    with (
        httpx.Client(headers={"User-Agent": akismet.USER_AGENT}, timeout=PATIENCE_SECONDS) as http,
        SyncClient(config=akismet.Config(key=key, url=URL), http_client=http) as opened,
    ):
        yield opened


def post(server: Server, endpoint: str, fields: dict[str, str]) -> Any:  # noqa: ANN401
    return server.http.request("POST", f"{server.url}/1.1/{endpoint}", fields=fields, encode_multipart=False)


def test_python_checks_and_reports(client: SyncClient) -> None:
    comment: dict[str, Any] = {"comment_content": cast.KIND, "comment_author": "Maya", "permalink": f"{URL}/python"}
    ip = "203.0.113.7"
    assert client.comment_check(ip, **comment) is CheckResponse.HAM
    assert client.submit_spam(ip, **comment)
    assert client.comment_check(ip, **comment) is CheckResponse.SPAM
    assert client.submit_ham(ip, **comment)
    assert client.comment_check(ip, **comment) is CheckResponse.HAM
    assert client.comment_check(ip, **{**comment, "comment_content": cast.UNKIND}) is CheckResponse.SPAM


def test_python_reads_the_numbers(client: SyncClient) -> None:
    assert client.comment_check("203.0.113.7", comment_content="Thank you for the numbers.") is CheckResponse.HAM
    assert client.usage_limit()["usage"] > 0
    with pytest.raises(akismet.APIKeyError):
        client.key_sites()  # it forgets to send its key, here as there


def test_python_runs_akismets_own_tests(client: SyncClient) -> None:
    spam = {"comment_author": "akismet-guaranteed-spam", "comment_content": "x"}
    assert client.comment_check("127.0.0.1", is_test=True, **spam) is CheckResponse.SPAM
    assert client.comment_check("127.0.0.1", user_role="administrator", comment_content="x") is CheckResponse.HAM


def test_python_hears_of_a_wrong_key(client: SyncClient) -> None:
    assert client.verify_key() is True
    assert client.verify_key(key="000000000000", url=URL) is False
    with httpx.Client() as http:
        wrong = SyncClient(config=akismet.Config(key="000000000000", url=URL), http_client=http)
        with pytest.raises(akismet.APIKeyError):
            wrong.comment_check("203.0.113.7", comment_content="x")


@pytest.mark.parametrize(("library", "ham", "spam"), [("cedx", 0, 1), ("api", False, True), ("node", False, True)])
def test_javascript_checks_and_reports(
    server: Server, key: str, clients: Path, library: str, ham: object, spam: object
) -> None:
    command = ["node", "akismet.mjs", library, server.url, key, cast.KIND]
    done = subprocess.run(command, cwd=clients, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    right = {"isValid": True, "first": ham, "second": spam, "third": ham}
    assert json.loads(done.stdout) == {"right": right, "wrong": {"isValid": False}}


@pytest.mark.parametrize("library", ["pykismet3", "python_akismet"])
def test_other_libraries_for_python_check_and_report(
    server: Server, key: str, in_python: RunPython, library: str
) -> None:
    heard = in_python(library, server.url, key, cast.KIND)
    assert heard == {"found": [False, True, False], "wrong": "AkismetServerError"}


def test_a_plugin_is_told_and_told_again_until_it_knows_the_comment(
    server: Server, make_site: Callable[[str], str], receiver: Plugin
) -> None:
    plugin = receiver
    key = make_site(f"http://{plugin.address}")
    fields = {"api_key": key, "blog": f"http://{plugin.address}", "user_ip": "203.0.113.7"}
    fields |= {"comment_content": cast.UNKIND, "callback": f"http://{plugin.address}/wp-json/akismet/v1/webhook"}
    answer = post(server, "comment-check", fields)
    number = answer.headers["X-akismet-guid"]
    assert (answer.data, answer.headers["X-akismet-recheck-after"]) == (b"false", "604800")
    assert post(server, "submit-ham", {**fields, "comment_content": "unknown"}).status == 200
    approve(server)
    until(lambda: plugin.got, "the plugin to be told")
    plugin.known.add(number)
    until(lambda: len(plugin.got) > 1, "the plugin to be told again")
    headers, body = plugin.got[-1]
    assert headers["x-akismet-webhook"] == "1"
    told = {"key": key, "endpoint": "comment-check", "comments": [{"guid": number, "result": "false"}]}
    assert json.loads(body) == told


def approve(server: Server) -> None:
    """Let Ana approve the newest comment there is, in a browser of her own."""
    headers = {"Referer": server.url}
    with httpx.Client(base_url=server.url, headers=headers, timeout=PATIENCE_SECONDS) as browser:
        token = {"X-CSRFToken": token_in(browser.get("/login").text)}
        browser.post("/login", data={"name": cast.ANA, "password": cast.PASSWORD}, headers=token)
        queue = browser.get("/queue").text
        newest = max(map(int, re.findall(r"/comments/(\d+)", queue)))
        token = {"X-CSRFToken": token_in(queue)}
        answer = browser.post(f"/api/v1/comments/{newest}/decisions", json={"decision": "approve"}, headers=token)
    assert answer.status_code == 201, answer.text


def token_in(page: str) -> str:
    """Return what a page's forms have to send back."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found, page
    return found[1]
