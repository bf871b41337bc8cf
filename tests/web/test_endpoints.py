"""The pages of a site's endpoints, with a real server at the other end."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from standardwebhooks.webhooks import Webhook
from werkzeug.test import TestResponse

from service.app import build_bench
from service.domain.events import Event
from service.flows import endpoints, events
from service.outgoing import Outgoing
from service.settings import Settings
from service.store.engine import Database
from service.store.tables import EndpointRow, SiteRow
from service.web.parts import EXTENSION
from tests import cast
from tests.processes import Receiver
from tests.web.page import Element, Page
from tests.work import run_next

HOSTILE = "https://relay.example.org/<script>alert(1)</script>?a='\"&b=%s"
BUTTONS = ("", "/pause", "/resume", "/switch-on", "/remove", "/test", "/replay")


@pytest.fixture(scope="module")
def listening() -> Iterator[Receiver]:
    """One receiver for all these tests: closing it takes half a second."""
    opened = Receiver()
    yield opened
    opened.close()


@pytest.fixture
def receiver(listening: Receiver) -> Receiver:
    """Return the receiver as if it were new."""
    listening.got.clear()
    listening.status = 200
    listening.answer = b""
    return listening


@pytest.fixture
def app(app: Flask, receiver: Receiver) -> Flask:
    """Return an application that may call the receiver, and nobody else inside."""
    app.extensions[EXTENSION] = replace(app.extensions[EXTENSION], outside=Outgoing({receiver.address}))
    return app


@pytest.fixture
def work(app: Flask, settings: Settings) -> Callable[[], None]:
    """Return a function that runs all jobs that are due within a minute."""
    bench = replace(build_bench(settings, app), send=app.extensions[EXTENSION].outside.send)
    soon = datetime.now(UTC) + timedelta(minutes=1)

    def run() -> None:
        while run_next(bench, lambda: soon):
            pass

    return run


@pytest.fixture
def there(blog: cast.Blog, sqlite: Database, receiver: Receiver) -> int:
    """Return the number of the blog's one endpoint, which hears of everything."""
    with sqlite.writing() as session:
        site = session.get_one(SiteRow, blog.site_id)
        return endpoints.add(session, site, receiver.url, list(Event), cast.NOW).id


def kept(database: Database) -> list[tuple[str, list[str], bool]]:
    """Return every endpoint: where it is, what it wants, whether it is paused."""
    with database.reading() as session:
        rows = session.get_one(SiteRow, 1).endpoints
        return [(each.url, each.events, each.is_paused) for each in rows]


def state_of(database: Database, number: int = 1) -> EndpointRow:
    with database.reading() as session:
        return session.get_one(EndpointRow, number)


def add(client: FlaskClient, url: str, *wanted: str, site: int = 1) -> TestResponse:
    return client.post(f"/sites/{site}/endpoints", data={"url": url, "event": list(wanted)})


def save(client: FlaskClient, url: str, *wanted: str, number: int = 1) -> TestResponse:
    return client.post(f"/endpoints/{number}", data={"url": url, "event": list(wanted)})


def let_a_report_be_ready(database: Database, number: int = 12) -> None:
    with database.writing() as session:
        site = session.get_one(SiteRow, 1)
        day = cast.NOW.date()
        events.report_ready(session, site, number, day, day, f"https://desk.example.org/reports/{number}", cast.NOW)


def logged(client: FlaskClient, number: int = 1) -> list[list[str]]:
    """Return the rows of the log: event, comment, state, tries, answer."""
    found = [row for row in Page(client.get(f"/endpoints/{number}")).all("tr") if row.inside[0].tag == "td"]
    return [[each.words for each in row.inside if each.tag == "td"][1:6] for row in found]


def buttons(page: Page) -> list[str]:
    """Return where the page's forms lead, but for signing out."""
    found = [each.attributes.get("action") or "" for each in page.all("form")]
    return [each for each in found if each.startswith(("/endpoints", "/sites", "/jobs"))]


def notices(page: Page) -> list[Element]:
    return page.all("p", class_="notice")


# Adding and changing


def test_a_site_that_tells_nobody_says_so(blog: cast.Blog, ana: FlaskClient) -> None:
    assert "Nobody is told anything of this site" in ana.get("/sites/1/endpoints").text


def test_the_sites_lead_to_their_endpoints(blog: cast.Blog, ana: FlaskClient) -> None:
    assert Page(ana.get("/sites")).all("a", href="/sites/1/endpoints")


def test_an_admin_adds_an_endpoint(blog: cast.Blog, admin: FlaskClient, sqlite: Database, receiver: Receiver) -> None:
    answer = add(admin, f" {receiver.url} ", "report.ready", "comment.decided")
    assert (answer.status_code, answer.location) == (303, "/endpoints/1?done=added")
    assert kept(sqlite) == [(receiver.url, ["comment.decided", "report.ready"], False)]
    assert "Send a test" in notices(Page(admin.get(answer.location)))[0].words


REFUSED = [
    ("http://127.0.0.1:9/hook", ["comment.decided"], "UNDERTONE_CALLBACK_ALLOW=127.0.0.1:9"),
    ("http://[::1]/hook", ["comment.decided"], "which is no public address"),
    ("http://169.254.169.254/latest/meta-data", ["comment.decided"], "which is no public address"),
    ("call me", ["comment.decided"], "'call me' is no web address."),
    ("", ["comment.decided"], "is no web address."),
    ("ftp://relay.example.org", ["comment.decided"], "is no web address."),
    (None, [], "Choose at least one event"),
    (None, ["endpoint.test", "x"], "Choose at least one event"),
]


@pytest.mark.parametrize(("url", "wanted", "said"), REFUSED)
def test_what_cannot_be_is_refused_and_shown_again(
    blog: cast.Blog,
    there: int,
    admin: FlaskClient,
    sqlite: Database,
    receiver: Receiver,
    url: str | None,
    wanted: list[str],
    said: str,
) -> None:
    url = f"{receiver.url}/other" if url is None else url
    before = kept(sqlite)
    for answer in (add(admin, url, *wanted), save(admin, url, *wanted)):
        page = Page(answer)
        assert (answer.status_code, said in page.one("p", role="alert").words, kept(sqlite)) == (400, True, before)
        assert page.one("input", name="url").attributes["value"] == url
        ticked = [each.attributes["value"] for each in page.all("input", name="event") if "checked" in each.attributes]
        assert ticked == [each for each in wanted if each in list(Event)]


def test_an_address_that_is_there_already_is_refused(there: int, admin: FlaskClient, receiver: Receiver) -> None:
    answer = add(admin, receiver.url, "report.ready")
    assert (answer.status_code, "already" in Page(answer).one("p", role="alert").words) == (400, True)


def test_an_admin_changes_an_endpoint(there: int, admin: FlaskClient, sqlite: Database, receiver: Receiver) -> None:
    answer = save(admin, f"{receiver.url}/new", "comment.rescored")
    assert (answer.location, kept(sqlite)) == (
        "/endpoints/1?done=saved",
        [(f"{receiver.url}/new", ["comment.rescored"], False)],
    )


def test_an_admin_removes_an_endpoint(there: int, admin: FlaskClient, sqlite: Database) -> None:
    let_a_report_be_ready(sqlite)
    assert admin.post("/endpoints/1/remove").location == "/sites/1/endpoints"
    assert (kept(sqlite), admin.get("/endpoints/1").status_code) == ([], 404)


def test_whatever_an_address_looks_like_it_is_shown_harmlessly(
    blog: cast.Blog, admin: FlaskClient, sqlite: Database
) -> None:
    with sqlite.writing() as session:
        endpoints.add(session, session.get_one(SiteRow, 1), HOSTILE, [Event.REPORT_READY], cast.NOW)
        session.get_one(EndpointRow, 1).disabled_at = cast.NOW
    for path in ("/sites/1/endpoints", "/endpoints/1", "/queue", "/jobs"):
        page = Page(admin.get(path))
        assert HOSTILE in " ".join(each.text for each in page.all("bdi"))
        assert [each for each in page.all("script") if each.text] == []


# Who may


@pytest.mark.parametrize("number", [0, 2, 2**31, 2**70])
def test_an_endpoint_that_is_not_there_is_404(there: int, admin: FlaskClient, receiver: Receiver, number: int) -> None:
    answers = [admin.get(f"/endpoints/{number}"), admin.get(f"/sites/{number}/endpoints")]
    data = {"url": f"{receiver.url}/x", "event": "report.ready"}
    answers += [admin.post(f"/endpoints/{number}{each}", data=data) for each in BUTTONS]
    answers.append(admin.post(f"/sites/{number}/endpoints", data=data))
    assert {answer.status_code for answer in answers} == {404}


def test_only_an_admin_changes_anything(
    there: int, ana: FlaskClient, viewer: FlaskClient, client: FlaskClient, sqlite: Database, receiver: Receiver
) -> None:
    before = kept(sqlite)
    for each, status in ((ana, 403), (viewer, 403), (client, 302)):
        answers = [each.post(f"/endpoints/1{button}", data={"url": "x"}) for button in BUTTONS]
        answers.append(add(each, "x", "report.ready"))
        assert {answer.status_code for answer in answers} == {status}
    assert (kept(sqlite), receiver.got) == (before, [])


def test_a_moderator_sees_the_state_and_no_button_but_to_send_again(
    there: int, ana: FlaskClient, viewer: FlaskClient, sqlite: Database, work: Callable[[], None]
) -> None:
    let_a_report_be_ready(sqlite)
    work()
    assert buttons(Page(ana.get("/endpoints/1"))) == ["/jobs/1/replay"]
    for page in (Page(viewer.get("/endpoints/1")), Page(ana.get("/sites/1/endpoints"))):
        assert buttons(page) == []
        assert "Only an admin can change this." in page.one("main").words


def test_what_was_sent_is_shown_to_admins_alone(
    there: int, ana: FlaskClient, admin: FlaskClient, sqlite: Database, work: Callable[[], None]
) -> None:
    # A signature is good for five minutes.
    let_a_report_be_ready(sqlite)
    work()
    assert ("webhook-signature" in admin.get("/endpoints/1").text) is True
    assert ("webhook-signature" in ana.get("/endpoints/1").text) is False


# The log


def test_the_log_says_what_was_sent_when_and_what_was_answered(
    there: int, admin: FlaskClient, sqlite: Database, receiver: Receiver, work: Callable[[], None]
) -> None:
    let_a_report_be_ready(sqlite)
    work()
    [(headers, body)] = receiver.got
    [[event, comment, state, tries, answer]] = logged(admin)
    assert (event, comment, state, tries, answer[:3]) == ("report.ready", "", "done", "1", "200")
    sent = Page(admin.get("/endpoints/1")).one("pre").text
    assert sent.startswith(f"POST {receiver.url}\n")
    assert f"webhook-signature: {headers['webhook-signature']}\n" in sent
    assert sent.endswith(f"\n\n{body.decode()}")


def test_the_log_says_what_was_wrong(
    there: int, admin: FlaskClient, sqlite: Database, receiver: Receiver, work: Callable[[], None]
) -> None:
    receiver.status, receiver.answer = 503, b"<b>not now</b>"
    let_a_report_be_ready(sqlite)
    work()
    [[_, _, state, tries, answer]] = logged(admin)
    assert (state.startswith("waiting, next try"), tries) == (True, "1")
    assert answer.startswith("answered 503: <b>not now</b>")


def test_a_long_log_is_cut_into_pages(
    there: int, admin: FlaskClient, sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.store.endpoints.LOGGED", 2)
    for number in range(3):
        let_a_report_be_ready(sqlite, number)
    page = Page(admin.get("/endpoints/1"))
    [older] = [each for each in page.all("a") if each.words == "Older"]
    rows = [row for row in Page(admin.get(older.attributes["href"] or "")).all("tr") if row.inside[0].tag == "td"]
    assert (len(logged(admin)), len(rows)) == (2, 1)


def test_one_message_is_sent_again_from_the_log(
    there: int, admin: FlaskClient, sqlite: Database, receiver: Receiver, work: Callable[[], None]
) -> None:
    let_a_report_be_ready(sqlite)
    work()
    answer = admin.post("/jobs/1/replay", data={"endpoint": "1"})
    work()
    assert (answer.location, len(receiver.got)) == ("/endpoints/1?done=again", 2)
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 2


# Pausing


def test_a_paused_endpoint_is_told_nothing_until_it_goes_on(
    there: int, admin: FlaskClient, sqlite: Database, receiver: Receiver, work: Callable[[], None]
) -> None:
    admin.post("/endpoints/1/pause")
    let_a_report_be_ready(sqlite)
    work()
    page = Page(admin.get("/endpoints/1"))
    assert ("1 message waits." in page.one("main").words, receiver.got) == (True, [])
    assert logged(admin)[0][2] == "waits for the end of the pause"
    assert "waits for the end of the pause" in Page(admin.get("/jobs")).one("table").words
    assert Page(admin.get("/jobs")).all("a", href="/endpoints/1")
    admin.post("/endpoints/1/resume")
    work()
    assert (len(receiver.got), logged(admin)[0][2]) == (1, "done")


def test_a_pause_is_no_reason_to_call_the_service_unready(
    there: int, admin: FlaskClient, sqlite: Database, work: Callable[[], None]
) -> None:
    admin.post("/endpoints/1/pause")
    let_a_report_be_ready(sqlite)  # long before now
    assert admin.get("/readyz").json["jobs"] == "ready"


# The test


def test_a_test_is_sent_at_once_and_its_answer_shown(
    there: int, admin: FlaskClient, blog: cast.Blog, receiver: Receiver
) -> None:
    receiver.answer = "grüezi <b>".encode() + b"x" * 500
    page = Page(admin.post("/endpoints/1/test"))
    [(headers, body)] = receiver.got
    event = Webhook(blog.keys.webhook_secret).verify(body, headers)
    said = page.one("pre").text
    assert (event["type"], "It was taken with 200, after" in notices(page)[0].words) == ("endpoint.test", True)
    assert (said.startswith("grüezi <b>xxx"), len(said)) == (True, 200)


def test_a_test_shows_what_is_wrong(there: int, admin: FlaskClient, receiver: Receiver, sqlite: Database) -> None:
    receiver.status, receiver.answer = 404, b"no such hook"
    page = Page(admin.post("/endpoints/1/test"))
    assert "answered 404: no such hook" in page.one("p", role="alert").words
    assert (state_of(sqlite).failing_since, logged(admin)) == (None, [])


def test_a_test_of_an_address_inside_says_what_an_operator_can_do(
    blog: cast.Blog, admin: FlaskClient, sqlite: Database
) -> None:
    with sqlite.writing() as session:  # as `site add --callback` may have set it
        endpoints.add(session, session.get_one(SiteRow, 1), "http://127.0.0.1:9/", [Event.REPORT_READY], cast.NOW)
    said = Page(admin.post("/endpoints/1/test")).one("p", role="alert").words
    assert "127.0.0.1 is 127.0.0.1, which is no public address." in said
    assert "UNDERTONE_CALLBACK_ALLOW=127.0.0.1:9" in said


# Switched off


@pytest.fixture
def gone(there: int, sqlite: Database, receiver: Receiver, work: Callable[[], None]) -> Receiver:
    """Let the endpoint say that it is gone, when there are three things to tell it; then let it be there again."""
    receiver.status = 410
    for number in range(3):
        let_a_report_be_ready(sqlite, number)
    work()
    receiver.status = 200
    receiver.got.clear()
    return receiver


def test_everybody_on_the_desk_sees_that_an_endpoint_was_switched_off(
    gone: Receiver, ana: FlaskClient, viewer: FlaskClient
) -> None:
    for client in (ana, viewer):
        for path in ("/queue", "/jobs", "/endpoints/1"):
            [said] = [each.words for each in notices(Page(client.get(path))) if "was switched off" in each.words]
            assert "it answered that it is gone for good (410)" in said
    assert "1 is switched off" in Page(ana.get("/sites")).one("main").words


def test_days_of_failure_are_said_otherwise(there: int, ana: FlaskClient, sqlite: Database) -> None:
    with sqlite.writing() as session:
        session.get_one(EndpointRow, 1).disabled_at = cast.NOW
    [said] = [each.words for each in Page(ana.get("/queue")).all("p", class_="bad")]
    assert "every attempt to tell it anything failed for five days" in said


def test_while_it_is_switched_off_nothing_can_be_sent_again(
    gone: Receiver, admin: FlaskClient, work: Callable[[], None]
) -> None:
    assert [each for each in buttons(Page(admin.get("/endpoints/1"))) if "replay" in each] == []
    assert [each for each in buttons(Page(admin.get("/jobs"))) if "replay" in each] == []
    answers = [admin.post("/endpoints/1/replay"), admin.post("/jobs/1/replay")]
    work()
    assert ([answer.status_code for answer in answers], gone.got) == ([400, 400], [])
    assert "Switch it on first" in answers[0].text


def test_switched_on_again_it_can_be_told_all_that_was_given_up(
    gone: Receiver, admin: FlaskClient, work: Callable[[], None], sqlite: Database
) -> None:
    assert admin.post("/endpoints/1/switch-on").location == "/endpoints/1?done=on"
    work()
    page = Page(admin.get("/endpoints/1"))
    since = page.one("input", name="since").attributes["value"]
    assert ("3 messages were given up." in page.one("main").words, gone.got) == (True, [])
    assert admin.post("/endpoints/1/replay", data={"since": since}).location == "/endpoints/1?done=again"
    work()
    assert [json.loads(body)["data"]["id"] for _, body in gone.got] == ["0", "1", "2"]
    assert (Page(admin.get("/queue")).all("p", class_="bad"), state_of(sqlite).disabled_at) == ([], None)


@pytest.mark.parametrize(
    ("since", "count"), [("", 3), ("2026-11-21T08:59", 3), ("2026-11-21T09:01", 0), ("2026-11-21T10:01+01:00", 0)]
)
def test_it_can_be_told_what_was_given_up_since_a_time(
    gone: Receiver, admin: FlaskClient, work: Callable[[], None], since: str, count: int
) -> None:
    admin.post("/endpoints/1/switch-on")
    admin.post("/endpoints/1/replay", data={"since": since})
    work()
    assert len(gone.got) == count


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01", "9" * 4000, "\0", "2026-11-21T25:00"])
def test_a_time_that_is_none_is_refused(
    gone: Receiver, admin: FlaskClient, work: Callable[[], None], since: str
) -> None:
    admin.post("/endpoints/1/switch-on")
    answer = admin.post("/endpoints/1/replay", data={"since": since})
    work()
    assert (answer.status_code, "is no time." in Page(answer).one("p", role="alert").words, gone.got) == (400, True, [])
