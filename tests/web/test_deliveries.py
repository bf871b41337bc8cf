"""The page of deliveries: what the sites were told, what could not be delivered, and the button to try again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.app import build_bench
from service.flows import endpoints
from service.outgoing import Message, Outcome
from service.settings import Settings
from service.store.engine import Database
from service.store.tables import SiteRow
from tests import cast
from tests.web.page import Page
from tests.work import run_next

ADDRESS = "https://relay.example.org/undertone"
GONE = Outcome("answered 410: the blog has moved", is_permanent=True)
DOWN = Outcome("answered 502: <script>alert(1)</script>\0")
TAKEN = Outcome()


class Outside:
    """What stands in for the sites: it answers as told and remembers what it was sent."""

    def __init__(self) -> None:
        self.answers = TAKEN
        self.sent: list[Message] = []

    def send(self, message: Message) -> Outcome:
        """Take a message in."""
        self.sent.append(message)
        return self.answers


@pytest.fixture
def outside() -> Outside:
    """Return the world outside."""
    return Outside()


@pytest.fixture
def work(app: Flask, settings: Settings, outside: Outside) -> Callable[[Outcome], None]:
    """Return a function that runs all jobs that are due within a minute while the sites answer in one way."""
    bench = replace(build_bench(settings, app), send=outside.send)
    soon = datetime.now(UTC) + timedelta(minutes=1)

    def run(answers: Outcome) -> None:
        outside.answers = answers
        while run_next(bench, lambda: soon):
            pass

    return run


@pytest.fixture
def told(careful: cast.Blog, held: int, sqlite: Database, ana: FlaskClient) -> int:
    """Return the number of a comment whose decision its blog has to be told of."""
    with sqlite.writing() as session:
        site = session.get(SiteRow, careful.site_id)
        assert site
        endpoints.tell_decisions_to(session, site, ADDRESS, cast.NOW)
    ana.post(f"/comments/{held}/decide", data={"decision": "reject", "reason": "An insult."})
    return held


def rows(client: FlaskClient, query: str = "") -> list[list[str]]:
    """Return the rows of the page: what, comment, state, tries, last problem."""
    found = [row for row in Page(client.get(f"/jobs{query}")).all("tr") if row.inside[0].tag == "td"]
    return [[each.words for each in row.inside if each.tag == "td"][1:6] for row in found]


def test_without_jobs_the_page_says_so(ana: FlaskClient) -> None:
    assert "No jobs here." in ana.get("/jobs").text


def test_a_decision_waits_to_be_told(ana: FlaskClient, told: int) -> None:
    [[what, comment, state, tries, problem]] = rows(ana)
    assert (what, comment, state.split(",")[0], tries, problem) == (
        f"tell {ADDRESS}: rejected",
        "1",
        "waiting",
        "0",
        "",
    )


def test_what_was_delivered_is_done(ana: FlaskClient, told: int, work: Callable[[Outcome], None]) -> None:
    work(TAKEN)
    assert rows(ana)[0][2].startswith("done")


def test_what_cannot_be_delivered_is_given_up(ana: FlaskClient, told: int, work: Callable[[Outcome], None]) -> None:
    work(GONE)
    [[_, _, state, tries, problem]] = rows(ana)
    assert (state.startswith("gave up"), tries, problem) == (True, "1", "answered 410: the blog has moved")


def test_every_page_says_that_something_was_given_up(
    ana: FlaskClient, told: int, work: Callable[[Outcome], None]
) -> None:
    work(GONE)
    badge = Page(ana.get("/queue")).one("span", **{"data-count": "desk.deliveries"})
    assert badge.text == "1"


def test_what_a_site_answers_is_shown_harmlessly(ana: FlaskClient, told: int, work: Callable[[Outcome], None]) -> None:
    work(DOWN)
    assert rows(ana)[0][4] == "answered 502: <script>alert(1)</script>\N{REPLACEMENT CHARACTER}"


def test_a_button_sends_again(ana: FlaskClient, told: int, work: Callable[[Outcome], None], outside: Outside) -> None:
    work(GONE)
    [form] = [each for each in Page(ana.get("/jobs")).all("form") if "replay" in (each.attributes.get("action") or "")]
    ana.post(form.attributes["action"] or "")
    work(TAKEN)
    assert rows(ana)[0][2].startswith("done")


def test_sending_again_settles_what_was_given_up(ana: FlaskClient, told: int, work: Callable[[Outcome], None]) -> None:
    work(GONE)
    ana.post("/jobs/1/replay")
    work(TAKEN)
    assert [state.split()[0] for _, _, state, *_ in rows(ana)] == ["done", "cancelled"]


def test_sending_again_leads_back_to_the_page(ana: FlaskClient, told: int) -> None:
    answer = ana.post("/jobs/1/replay")
    assert (answer.status_code, answer.location) == (303, "/jobs")


def test_a_viewer_sees_no_button(told: int, viewer: FlaskClient) -> None:
    assert "replay" not in viewer.get("/jobs").text


@pytest.mark.parametrize(
    ("status", "count"), [("gave_up", 1), ("waiting", 0), ("done", 0), ("cancelled", 0), ("nonsense", 1), ("", 1)]
)
def test_the_page_shows_the_jobs_that_stand_where_was_asked(
    ana: FlaskClient, told: int, work: Callable[[Outcome], None], status: str, count: int
) -> None:
    work(GONE)
    assert len(rows(ana, f"?status={status}")) == count


def test_a_quick_undo_is_never_told(
    ana: FlaskClient, told: int, work: Callable[[Outcome], None], outside: Outside
) -> None:
    ana.post("/decisions/2/undo")
    work(TAKEN)
    assert (rows(ana)[0][2].split()[0], outside.sent) == ("cancelled", [])


def test_a_comment_without_an_address_to_tell_has_no_delivery(held: int, ana: FlaskClient) -> None:
    ana.post(f"/comments/{held}/decide", data={"decision": "reject"})
    assert rows(ana) == []
