"""A desk for tests in real browsers: a server, a blog that hears of decisions, 200 comments that wait, four people."""

import json
import random
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from service.domain.labels import Action
from service.settings import ROOT
from service.store.engine import Database
from service.store.tables import CommentRow, DecisionRow, JobKind, JobRow, JobStatus, Role, SiteRow
from tests import cast
from tests.processes import Receiver, Server, until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WIDE = {"width": 1180, "height": 900}
TELEPHONE = {"width": 360, "height": 740}

UNDO_SECONDS = 5
HELD = 200
VERA, ADA = "Vera", "Ada"

UNUSUAL = (
    "I cannot go on like this, I want to end my life. Nobody would miss me.",
    "I stopped taking my tablets three weeks ago and told nobody, the neurologist can whistle.",
    "Ring me on 020 7946 0958 or write to maya.fenn@example.org, I would love to talk.",
    "My consultant lost the letter. NHS number 943 476 5919, perhaps one of you can find it.",
    "You are a disgusting idiot and a worthless liar, get lost.",
    "Shut up you stupid pathetic moron, nobody wants to hear from scum like you.",
    "What an absolute idiot you are. Stupid, ugly, worthless cow.",
    "BEST STEM CELL CLINIC!!! 100% cure guaranteed, call now, visit http://cure-ms-now.example/buy discount today",
    "Ana wrote this post as if she had never met a patient. The conclusion does not follow from the data.",
    "Die Studie hat keine Kontrollgruppe, und zwanzig Patienten sind zu wenige, um irgendetwas zu beweisen.",
    "The registry is larger than this trial, and it says the opposite about relapses in the second year. " * 18,
    "See https://registry.example.org/table-6 and http://xn--bcher-kva.example/ms for the figures.",
)
"""One of each kind of card."""


@dataclass
class Stage:
    """A server and what stands around it; `anew` puts every comment and person back to where they began."""

    server: Server
    receiver: Receiver
    key: str
    state: Path
    ids: list[int]
    cookies: Mapping[str, Any] = field(default_factory=dict)
    began: str = ""
    bulk: str = ""
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    """What went wrong in a page's script, or what the browser found wrong with a page."""

    @property
    def database(self) -> Database:
        """The server's database, opened beside it."""
        return Database(self.server.environment["UNDERTONE_DATABASE_URL"])

    def keep(self, name: str) -> Path:
        """Keep everything as it stands now."""
        kept = self.state.with_name(name)
        _copy(_file(self.server), kept)
        return kept

    def anew(self, kept: Path | None = None) -> None:
        """Put everything back to where it began, or to what was kept, under the running server."""
        _copy(kept or self.state, _file(self.server))
        self.began = datetime.now(UTC).isoformat()
        self.receiver.got.clear()

    def sign_all_in(self, browser: Browser) -> None:
        """Sign everybody in, once: what is put back knows their sessions."""
        if not self.cookies:
            self.cookies = {name: _cookies_of(browser, self, name) for name in (cast.ANA, cast.BEN, VERA, ADA)}

    def told(self) -> dict[str, list[str]]:
        """Return what the blog was told of each comment, in the order in which it happened."""
        found: dict[str, dict[int, str]] = {}
        for event in self.receiver.events():
            if event["timestamp"] < self.began:
                continue  # under way when everything was put back
            found.setdefault(event["data"]["id"], {})[event["data"]["number"]] = event["data"]["status"]
        return {each: [by_number[number] for number in sorted(by_number)] for each, by_number in found.items()}

    def wait_until_told(self) -> None:
        """Wait until the server has nothing more to tell."""

        def is_quiet() -> bool:
            waiting = (JobRow.kind == JobKind.CALLBACK, JobRow.status == JobStatus.WAITING)
            with self.looking() as session:
                return session.scalar(select(JobRow.id).where(*waiting).limit(1)) is None

        until(is_quiet, "the last callback")

    def looking(self) -> Any:  # noqa: ANN401  # a context manager
        """Open the database to look into it."""
        return self.database.reading()

    def comment(self, comment_id: int) -> CommentRow:
        """Return a comment with its decisions and notes."""
        with self.looking() as session:
            whole = (
                selectinload(CommentRow.decisions).joinedload(DecisionRow.user),
                selectinload(CommentRow.notes),
                selectinload(CommentRow.revisions),
            )
            return session.scalars(select(CommentRow).where(CommentRow.id == comment_id).options(*whole)).one()


def open_page(browser: Browser, stage: Stage, name: str | None = cast.ANA, **options: Any) -> Page:  # noqa: ANN401
    """Open a page of somebody who is signed in, in a browser of their own."""
    state = stage.cookies.get(name or "")
    options = {"viewport": WIDE, **options}
    context: BrowserContext = browser.new_context(base_url=stage.server.url, storage_state=state, **options)
    context.set_default_timeout(15_000)
    stage.contexts.append(context)
    page = context.new_page()
    page.on("pageerror", lambda error: stage.complaints.append(f"the page's script broke: {error}"))
    page.on("console", lambda message: _complain(stage, message))
    return page


def sign_in(page: Page, name: str = cast.ANA) -> None:
    """Sign in as people do."""
    page.goto("/queue")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(cast.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a browser; each module has its own, since Playwright keeps the thread's event loop."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def whole_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Return the one server that the tests of the desk share."""
    folder = tmp_path_factory.mktemp("stage")
    receiver = Receiver()
    # The second reader takes a quarter of a second for each comment, and has tests of its own.
    settings = {"UNDO_SECONDS": str(UNDO_SECONDS), "SECOND_READER": "off"}
    server = Server(folder, CALLBACK_ALLOW=receiver.address, **settings)
    server.start()
    keys = json.loads(server.command("site", "add", "https://relay.example.org", "--json"))
    stage = Stage(server, receiver, keys["api_key"], folder / "state.db", [])
    _prepare(stage)
    stage.ids = add_comments(stage, HELD)
    _copy(_file(server), stage.state)
    yield stage
    server.kill()
    receiver.close()


@pytest.fixture
def stage(whole_stage: Stage, browser: Browser) -> Iterator[Stage]:
    """Return the desk as it is in the morning: 200 comments wait. No page's script may break."""
    whole_stage.anew()
    whole_stage.sign_all_in(browser)
    yield whole_stage
    for context in whole_stage.contexts:
        context.close()
    complaints = list(whole_stage.complaints)
    whole_stage.contexts.clear()
    whole_stage.complaints.clear()
    assert complaints == [], complaints


def add_comments(stage: Stage, count: int) -> list[int]:
    """Send comments as a blog does, most of them from our own training data, and return their numbers here."""
    ids = []
    for number, row in enumerate(_texts(count)):
        post = f"https://relay.example.org/{row['thread']}"
        body = {
            "id": f"w{number}",
            "text": row["text"],
            "thread": {"url": post, "title": row["post_title"], "author": "Dr Lin"},
            "author": {"id": str(number % 60), "name": f"Reader {number % 60}"},
            "callback": stage.receiver.url,
        }
        status, answer = stage.server.call("POST", "/comments", stage.key, body)
        assert status == 201, answer
        assert answer["status"] == "held", answer
        ids.append(int(answer["id"]))
    return ids


def _texts(count: int) -> list[dict[str, Any]]:
    own = [{"text": text, "thread": "five-years-after-hsct", "post_title": cast.TITLE} for text in UNUSUAL]
    rows = []
    for path in sorted((ROOT / "training_data").glob("*.jsonl")):
        rows += [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()[:40]]
    short = [row for row in rows if len(row["text"]) < 400]
    return own + random.Random(4).sample(short, count - len(own))


def _prepare(stage: Stage) -> None:
    """Let every comment wait for a person, whatever the model says of it, and add the people."""
    with stage.database.writing() as session:
        site = session.scalars(select(SiteRow)).one()
        site.otherwise = Action.HOLD
        site.rules.clear()
        for name, role in (
            (cast.ANA, Role.MODERATOR),
            (cast.BEN, Role.MODERATOR),
            (VERA, Role.VIEWER),
            (ADA, Role.ADMIN),
        ):
            cast.add_user(session, name, role)


def _cookies_of(browser: Browser, stage: Stage, name: str) -> Any:  # noqa: ANN401  # Playwright's own shape
    page = open_page(browser, stage, None)
    sign_in(page, name)
    state = page.context.storage_state()
    page.context.close()
    stage.contexts.clear()
    _copy(_file(stage.server), stage.state)
    return state


def _file(server: Server) -> Path:
    return Path(server.environment["UNDERTONE_DATABASE_URL"].removeprefix("sqlite:///"))


def _copy(source: Path, target: Path) -> None:
    """Write one database over another in one transaction, so that who reads it meanwhile sees the one or the other."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target, timeout=10)) as new:
        old.backup(new)


def _complain(stage: Stage, message: ConsoleMessage) -> None:
    was_refused = "Failed to load resource" in message.text and "(4" in message.text.replace("status of 4", "(4")
    if message.type in ("error", "warning") and not was_refused:
        stage.complaints.append(f"the browser complains: {message.text}")
