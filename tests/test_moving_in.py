"""The sites in docs/moving-in are run as they stand there, against a started server."""

import hashlib
import hmac
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.settings import ROOT
from tests import cast
from tests.moderator import Moderator
from tests.plugins.programs import Program
from tests.processes import Server, free_port, until
from tests.web.protocols.conftest import clients  # noqa: F401  # the fixture that installs what is written for Node

PAGES = ROOT / "docs" / "moving-in"
BLOG = "https://blog.example.org"
POST = "/five-years-after-hsct"


def block(page: str, name: str) -> str:
    """Return the code that a page gives a file's name on its first line."""
    [found] = re.findall(
        rf"^```\w+\n((?:# |// |<\?php // ){re.escape(name)}\n.*?)^```$", page, re.DOTALL | re.MULTILINE
    )
    return str(found)


@dataclass
class Site:
    """A site from the page, and the service that it uses."""

    server: Server
    program: Program
    again: list[str] | None
    url: str
    folder: Path
    keys: dict[str, Any]

    def write(self, text: str) -> None:
        """Write a comment as a reader does."""
        answer = httpx.post(self.url + POST, data={"name": "Maya", "text": text}, timeout=30)
        assert answer.status_code in (302, 303), answer.text

    def page(self) -> str:
        """Return the page that readers see."""
        return httpx.get(self.url + POST, timeout=30).text

    def is_up(self) -> bool:
        """Whether it answers."""
        try:
            return httpx.get(self.url + POST).status_code == 200
        except httpx.HTTPError:
            return False

    def comment(self, text: str) -> dict[str, Any]:
        """Wait for a comment at the service."""

        def look() -> dict[str, Any] | None:
            _, answer = self.server.call("GET", "/comments?limit=200", self.keys["api_key"])
            return next((each for each in answer["comments"] if each["text"] == text), None)

        found: dict[str, Any] = until(look, f"{text!r}; {self.program.said()}")
        return found

    def send_again(self) -> None:
        """Send what could not be sent, as the page says."""
        if self.again is None:  # it does so when it starts, and every minute
            self.program.stop()
            self.program.start()
            until(self.is_up, "the site")
            return
        done = Program(self.again, self.folder / "again.log", **self.program.environment)
        done.folder = self.folder
        done.start()
        assert done.process
        assert done.process.wait(60) == 0, done.said()


def python_site(folder: Path, port: int) -> tuple[list[str], list[str], dict[str, str]]:
    flask = [sys.executable, "-m", "flask", "--app", "blog"]
    return [*flask, "run", "--port", str(port)], [*flask, "send-again"], {}


def php_site(folder: Path, port: int) -> tuple[list[str], list[str], dict[str, str]]:
    if not shutil.which("php"):
        pytest.skip("no php here")
    return ["php", "-S", f"127.0.0.1:{port}", "blog.php"], ["php", "blog.php", "send-again"], {}


def node_site(folder: Path, port: int) -> tuple[list[str], None, dict[str, str]]:
    return ["node", "blog.cjs"], None, {"PORT": str(port)}


SITES: dict[str, tuple[str, Callable[..., tuple[list[str], list[str] | None, dict[str, str]]]]] = {
    "python": ("blog.py", python_site),
    "php": ("blog.php", php_site),
    "javascript": ("blog.cjs", node_site),
}


@pytest.fixture(scope="module", params=list(SITES))
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    name, make = SITES[request.param]
    folder, port = tmp_path_factory.mktemp(request.param), free_port()
    run, again, more = make(folder, port)
    if request.param == "javascript":
        more["NODE_PATH"] = str(request.getfixturevalue("clients") / "node_modules")
    (folder / name).write_text(block((PAGES / "hand-made.md").read_text(encoding="utf-8"), name), encoding="utf-8")
    server = Server(folder, CALLBACK_ALLOW=f"127.0.0.1:{port}", UNDO_SECONDS="0")
    server.command("db", "upgrade")
    server.command("user", "add", cast.ANA, "--role", "moderator", "--password-stdin", given=cast.PASSWORD)
    added = server.command("site", "add", BLOG, "--callback", f"http://127.0.0.1:{port}/undertone", "--json")
    server.command("site", "change", BLOG, "--audit-share", "0")
    server.start()
    keys = json.loads(added)
    more |= {"MODERATION_URL": server.url, "MODERATION_KEY": keys["api_key"], "PYTHONPATH": str(folder)}
    more |= {"MODERATION_SECRET": keys["webhook_secret"]}
    program = Program(run, folder / "site.log", **more)
    program.folder = folder
    opened = Site(server, program, again, f"http://127.0.0.1:{port}", folder, keys)
    program.start()
    until(opened.is_up, f"the site; {program.said()}")
    yield opened
    program.stop()
    server.kill()


def test_a_kind_comment_is_shown_at_once(site: Site) -> None:
    site.write(cast.KIND)
    assert cast.KIND in site.page()
    assert site.comment(cast.KIND)["thread"] == {"url": BLOG + POST, "title": "Five years after HSCT"}


def test_an_unkind_one_is_shown_when_a_person_approved_it_and_no_more_when_that_is_undone(site: Site) -> None:
    site.write(cast.UNKIND)
    assert cast.UNKIND not in site.page()
    with Moderator(site.server) as ana:
        decision = ana.decide(site.comment(cast.UNKIND)["id"], "approve")
        until(lambda: cast.UNKIND in site.page(), f"the comment; {site.program.said()}")
        ana.undo(decision["id"])
        until(lambda: cast.UNKIND not in site.page(), f"the comment to go; {site.program.said()}")


def test_personal_data_is_taken_out(site: Site) -> None:
    said = "Thank you for this kind post. My number is 020 7946 0018, do call me about the support group."
    site.write(said)
    known = site.comment(said)
    with Moderator(site.server) as ana:
        if known["status"] == "held":
            ana.decide(known["id"], "approve")
        until(lambda: "7946" in site.page(), "the comment")
        ana.redact(known["id"])
        until(lambda: "7946" not in site.page(), f"the number to go; {site.program.said()}")
    assert "support group" in site.page()


@pytest.mark.parametrize("signature", ["", "v1,AAAA", "nonsense", "v1a,AAAA v1,AAAA"])
def test_nobody_else_can_decide(site: Site, signature: str) -> None:
    forged = f"{cast.UNKIND} Forged{signature}."
    site.write(forged)
    data = {"outside_id": site.comment(forged)["outside_id"], "status": "approved", "number": 99}
    headers = {"webhook-id": "x", "webhook-timestamp": "1795000000", "webhook-signature": signature}
    answer = httpx.post(f"{site.url}/undertone", json={"type": "comment.decided", "data": data}, headers=headers)
    assert answer.status_code == 401
    assert "Forged" not in site.page()


def test_what_is_written_while_the_service_is_down_is_sent_later(site: Site) -> None:
    later = "Written while nobody listened: thank you for the clear summary."
    site.server.kill()
    site.write(later)
    assert later not in site.page()
    site.server.start()
    site.send_again()
    until(lambda: later in site.page(), f"the comment; {site.program.said()}")


def test_markup_is_shown_as_text(site: Site) -> None:
    said = "Thank you! <script>alert(1)</script> is what I wrote in my notes."
    site.write(said)
    known = site.comment(said)
    if known["status"] == "held":
        with Moderator(site.server) as ana:
            ana.decide(known["id"], "approve")
    until(lambda: "alert(1)" in site.page(), "the comment")
    assert "<script>" not in site.page()


def test_every_page_is_listed() -> None:
    listed = (PAGES / "README.md").read_text(encoding="utf-8")
    assert {page.name for page in PAGES.glob("*.md")} - {"README.md"} <= set(re.findall(r"[\w-]+\.md", listed))


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_coral_s_phase_is_tried_by_hand_as_its_page_says(site: Site) -> None:
    page = (PAGES / "coral.md").read_text(encoding="utf-8")
    [body] = re.findall(r'^```json\n({"action".*?)^```$', page, re.DOTALL | re.MULTILINE)
    asked = json.loads(body)
    told = json.loads(phase(site, body).data)
    assert told["status"] == "SYSTEM_WITHHELD"
    asked["comment"]["body"] = cast.KIND
    assert phase(site, json.dumps(asked)).status == 204


def phase(site: Site, body: str) -> Any:  # noqa: ANN401
    """Ask as Coral does."""
    made = hmac.new(site.keys["coral_secret"].encode(), body.encode(), hashlib.sha256).hexdigest()
    headers = {"X-Coral-Signature": f"sha256={made}", "content-type": "application/json"}
    url = f"{site.server.url}/v1/coral/{site.keys['site']}"
    return site.server.http.request("POST", url, body=body.encode(), headers=headers)


@pytest.mark.parametrize("parent", ["", "12"])
def test_what_remark42_is_told_to_send_is_taken(site: Site, parent: str) -> None:
    page = (PAGES / "remark42.md").read_text(encoding="utf-8")
    [template] = re.findall(r"NOTIFY_WEBHOOK_TEMPLATE=(.*)", page)
    comment = {"ID": f"r{parent}", "Orig": 'She said "no"\nand left.', "ParentID": parent, "Locator.URL": BLOG + POST}
    comment |= {"PostTitle": "A post", "User.ID": "github_1", "User.Name": 'Maya "M"'}
    written = re.sub(r"{{if \.(\w+)}}(.*?){{end}}", lambda found: found[2] if comment[found[1]] else "", template)
    body = re.sub(r"{{\.([\w.]+) \| escapeJSONString}}", lambda found: json.dumps(comment[found[1]]), written)
    headers = {"Authorization": f"Bearer {site.keys['api_key']}", "content-type": "application/json"}
    answer = site.server.http.request("POST", f"{site.server.url}/api/v1/comments", body=body.encode(), headers=headers)
    assert answer.status == 201, answer.data
    assert site.comment(comment["Orig"])["author"]["name"] == 'Maya "M"'
