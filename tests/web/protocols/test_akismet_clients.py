"""Akismet's client libraries that nobody here wrote, and a plugin's address, against a started server."""

import json
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import akismet
import httpx
import pytest
from akismet import CheckResponse, SyncClient
from akismet import _common as client_internals

from tests import cast
from tests.processes import PATIENCE_SECONDS, Server, until

URL = "https://relay.example.org"


class Plugin:
    """The address of a current WordPress plugin: knows comments by their numbers, as Akismet 5.7.2 answers."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.got: list[tuple[dict[str, str], dict[str, Any]]] = []
        plugin = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                sent = json.loads(self.rfile.read(int(self.headers["content-length"])))
                plugin.got.append(({name.lower(): value for name, value in self.headers.items()}, sent))
                missing = {"status": "error", "message": "Could not find matching comment."}
                told = {
                    each["guid"]: {"status": "success"} if each["guid"] in plugin.known else missing
                    for each in sent["comments"]
                }
                body = json.dumps({"comments": told}).encode()
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(scope="module")
def plugin() -> Iterator[Plugin]:
    opened = Plugin()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, plugin: Plugin) -> Iterator[Server]:
    started = Server(tmp_path_factory.mktemp("server"), CALLBACK_ALLOW=plugin.address, UNDO_SECONDS="0")
    started.command("db", "upgrade")
    started.command("user", "add", cast.ANA, "--role", "moderator", "--password-stdin", given=cast.PASSWORD)
    yield started
    started.kill()


@pytest.fixture(scope="module")
def make_site(server: Server) -> Callable[[str], str]:
    """Return a function that adds a blog to the started server and returns its key."""

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


@pytest.mark.parametrize(("library", "ham", "spam"), [("cedx", 0, 1), ("api", False, True)])
def test_javascript_checks_and_reports(
    server: Server, key: str, clients: Path, library: str, ham: object, spam: object
) -> None:
    command = ["node", "akismet.mjs", library, server.url, key, cast.KIND]
    done = subprocess.run(command, cwd=clients, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    right = {"isValid": True, "first": ham, "second": spam, "third": ham}
    assert json.loads(done.stdout) == {"right": right, "wrong": {"isValid": False}}


def test_a_plugin_is_told_and_told_again_until_it_knows_the_comment(
    server: Server, make_site: Callable[[str], str], plugin: Plugin
) -> None:
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
    headers, sent = plugin.got[-1]
    assert headers["x-akismet-webhook"] == "1"
    told = {"key": key, "endpoint": "comment-check", "comments": [{"guid": number, "result": "false"}]}
    assert sent == told


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
