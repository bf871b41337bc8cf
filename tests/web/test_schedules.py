"""The page of a site's schedule: who may change what, what is refused, what became of the last reports."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from service.app import build_bench
from service.domain.calendar import Rhythm
from service.domain.stretches import Stretch
from service.flows import schedules
from service.flows.jobs import Bench, begin_due
from service.settings import Settings
from service.store.engine import Database
from service.store.tables import JobKind, JobRow, JobStatus, Role, ScheduleRow, SiteRow
from tests import cast, reports
from tests.mailbox import SENDER, Mailbox
from tests.web.page import Page
from tests.work import run_next

ANA = "ana@example.org"
FORM = {
    "stretch": "week",
    "weekday": "1",
    "day": "1",
    "hour": "7",
    "zone": "Europe/Berlin",
    "language": "de",
    "recipients": ANA,
}
TIMES = {name: value for name, value in FORM.items() if name != "recipients"}


@pytest.fixture
def with_mail(settings: Settings, box: Mailbox) -> Settings:
    """Return the settings with a mail server."""
    return replace(settings, smtp_host="127.0.0.1", smtp_port=box.port, smtp_security="none", smtp_from=SENDER)


@pytest.fixture
def app(with_mail: Settings, make_app: Callable[..., Flask]) -> Flask:
    return make_app(with_mail, WTF_CSRF_ENABLED=False)


@pytest.fixture
def bench(with_mail: Settings, app: Flask) -> Bench:
    return build_bench(with_mail, app)


@pytest.fixture
def ada(sqlite: Database, app: Flask) -> FlaskClient:
    """Return the browser of Ada, an admin."""
    return cast.sign_in(sqlite, app, "Ada", Role.ADMIN)


@pytest.fixture
def vera(sqlite: Database, app: Flask) -> FlaskClient:
    """Return the browser of Vera, who may look."""
    return cast.sign_in(sqlite, app, "Vera", Role.VIEWER)


@pytest.fixture
def address(blog: cast.Blog) -> str:
    """Return where the page stands."""
    return f"/sites/{blog.site_id}/schedule"


@pytest.fixture
def weekly(sqlite: Database, blog: cast.Blog) -> None:
    """Let the blog's weeks be mailed to Ana, since three weeks ago."""
    with sqlite.writing() as session:
        site = session.get_one(SiteRow, blog.site_id)
        begun = datetime.now(UTC) - timedelta(weeks=3)
        schedules.save(session, site, Rhythm(Stretch.WEEK, "UTC"), "en", begun, [ANA])


def work(bench: Bench) -> None:
    while begin_due(bench) or run_next(bench):
        pass


def kept(database: Database) -> ScheduleRow:
    with database.reading() as session:
        return session.scalars(select(ScheduleRow)).one()


def text_of(browser: FlaskClient, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200
    return " ".join(answer.text.split())


def test_an_admin_says_when_and_for_whom(ada: FlaskClient, address: str, sqlite: Database) -> None:
    assert ada.post(address, data=FORM).status_code == 303
    row = kept(sqlite)
    assert (row.stretch, row.days_after, row.hour, row.zone) == (Stretch.WEEK, 1, 7, "Europe/Berlin")
    assert (row.language, row.recipients) == ("de", [ANA])
    assert "every week, on Tuesday at 07:00 (Europe/Berlin)" in text_of(ada, address)


def test_a_month_has_its_day(ada: FlaskClient, address: str, sqlite: Database) -> None:
    ada.post(address, data={**FORM, "stretch": "month", "day": "28"})
    assert (kept(sqlite).stretch, kept(sqlite).days_after) == (Stretch.MONTH, 27)
    page = Page(ada.get(address))
    chosen = [each.words for each in page.all("option") if "selected" in each.attributes]
    assert chosen == ["Monthly: of a whole month", "Monday", "28", "07:00", "Deutsch"]


def test_a_moderator_says_when_and_leaves_whom_as_it_is(
    ada: FlaskClient, ana: FlaskClient, address: str, sqlite: Database
) -> None:
    ada.post(address, data=FORM)
    assert ana.post(address, data={**TIMES, "hour": "9"}).status_code == 303
    assert (kept(sqlite).hour, kept(sqlite).recipients) == (9, [ANA])


@pytest.mark.parametrize("what", ["", "/test", "/remove"])
@pytest.mark.usefixtures("weekly")
def test_whom_it_is_mailed_to_is_for_admins(ana: FlaskClient, address: str, what: str, sqlite: Database) -> None:
    asked = {**FORM, "to": "rolf@example.org", "recipients": "rolf@example.org"}
    assert ana.post(address + what, data=asked).status_code == 403
    assert kept(sqlite).recipients == [ANA]


@pytest.mark.usefixtures("weekly")
def test_a_viewer_sees_how_many_and_not_whom(vera: FlaskClient, bench: Bench, address: str) -> None:
    work(bench)
    shown = text_of(vera, address)
    assert "1 of 1 mailed" in shown
    assert ANA not in shown
    assert vera.post(address, data=TIMES).status_code == 403


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"stretch": "quarter"}, "of weeks or of months"),
        ({"stretch": "decade"}, "of weeks or of months"),
        ({"weekday": "7"}, "at most 6 days"),
        ({"stretch": "month", "day": "29"}, "at most 27 days"),
        ({"stretch": "month", "day": "0"}, "at most 27 days"),
        ({"hour": "24"}, "a number from 0 to 23"),
        ({"hour": "six"}, "from the lists"),
        ({"zone": "Mars/Olympus"}, "There is no time zone"),
        ({"recipients": "ana@example.org ben"}, "is no mail address"),
    ],
)
def test_what_cannot_be_is_refused_with_all_that_was_typed(
    wrong: dict[str, str], said: str, ada: FlaskClient, address: str, sqlite: Database
) -> None:
    form = {**FORM, "zone": "Asia/Kathmandu", **wrong}
    answer = ada.post(address, data=form)
    assert answer.status_code == 400
    assert said in answer.text
    zones = [each.attributes["value"] for each in Page(answer).all("input") if each.attributes.get("name") == "zone"]
    assert zones == [form["zone"]]
    with sqlite.reading() as session:
        assert session.scalars(select(ScheduleRow)).all() == []


@pytest.mark.usefixtures("weekly")
def test_the_page_says_what_became_of_the_last_one(ana: FlaskClient, bench: Bench, address: str) -> None:
    work(bench)
    shown = text_of(ana, address)
    assert f"<bdi>{ANA}</bdi>: mailed" in shown
    assert "2 reports before it were passed over: nothing ran when they were due." in shown
    assert "/reports/1" in [each.attributes.get("href") for each in Page(ana.get(address)).all("a")]


@pytest.mark.usefixtures("weekly")
def test_what_was_refused_is_shown_and_sent_again(
    ana: FlaskClient, bench: Bench, box: Mailbox, address: str, sqlite: Database
) -> None:
    box.to_recipient = "550 Nobody here"
    work(bench)
    assert "answered 550: Nobody here" in text_of(ana, address)
    with sqlite.reading() as session:
        given_up = (JobRow.kind == JobKind.MAIL, JobRow.status == JobStatus.GAVE_UP)
        [job] = session.scalars(select(JobRow).where(*given_up))
    box.to_recipient = "250 OK"
    assert ana.post(f"{address}/jobs/{job.id}/again").status_code == 303
    work(bench)
    assert box.sent_to() == [ANA]
    assert ana.post(f"{address}/jobs/{job.id}/again").status_code == 409
    assert ana.post(f"{address}/jobs/999/again").status_code == 404


@pytest.mark.usefixtures("weekly")
def test_the_last_one_is_made_at_once_and_not_twice(ana: FlaskClient, bench: Bench, box: Mailbox, address: str) -> None:
    assert ana.post(f"{address}/now").status_code == 303
    again = ana.post(f"{address}/now")
    assert again.status_code == 409
    assert "not made and mailed twice" in again.text
    work(bench)
    assert box.sent_to() == [ANA]


@pytest.mark.usefixtures("weekly")
def test_it_is_paused_and_goes_on(ana: FlaskClient, bench: Bench, box: Mailbox, address: str, sqlite: Database) -> None:
    ana.post(f"{address}/pause")
    work(bench)
    assert kept(sqlite).is_paused
    assert "Go on" in text_of(ana, address)
    ana.post(f"{address}/resume")
    work(bench)
    assert not kept(sqlite).is_paused
    assert box.sent_to() == []


@pytest.mark.usefixtures("weekly")
def test_it_is_removed(ada: FlaskClient, address: str, sqlite: Database) -> None:
    assert ada.post(f"{address}/remove").status_code == 303
    with sqlite.reading() as session:
        assert session.scalars(select(ScheduleRow)).all() == []
    assert ada.post(f"{address}/pause").status_code == 404


def test_a_test_mail_is_sent_at_once(ada: FlaskClient, box: Mailbox, address: str) -> None:
    answer = ada.post(f"{address}/test", data={"to": "ada@example.org"})
    assert "The mail server took the mail to ada@example.org" in answer.text
    [came] = box.came
    assert (came.to, came.mail["Subject"]) == (["ada@example.org"], "A test by Undertone")


def test_a_test_mail_that_fails_says_why(ada: FlaskClient, box: Mailbox, address: str) -> None:
    box.answer = "554 No thank you"
    answer = ada.post(f"{address}/test", data={"to": "ada@example.org"})
    assert "answered 554: No thank you" in answer.text
    assert ada.post(f"{address}/test", data={"to": "ada"}).status_code == 400


def test_without_a_mail_server_the_page_says_which_setting_there_is(
    settings: Settings, make_app: Callable[..., Flask], sqlite: Database, address: str
) -> None:
    ana = cast.sign_in(sqlite, make_app(settings, WTF_CSRF_ENABLED=False), cast.ANA)
    assert "UNDERTONE_SMTP_HOST" in text_of(ana, address)


@pytest.mark.usefixtures("weekly")
def test_the_reports_page_leads_there(ana: FlaskClient, address: str) -> None:
    shown = text_of(ana, "/reports")
    assert f'href="{address}"' in shown
    assert "every week, on Monday at 06:00 (UTC)" in shown


def test_a_site_that_is_not_there_has_no_schedule(ada: FlaskClient) -> None:
    assert ada.get("/sites/99/schedule").status_code == 404
    assert ada.post("/sites/99/schedule", data=FORM).status_code == 404


def test_a_mail_has_the_sentences_the_figures_and_pictures_that_can_be_seen_and_nobody_s_words(
    ada: FlaskClient, bench: Bench, box: Mailbox, blog: cast.Blog, sqlite: Database
) -> None:
    with sqlite.writing() as session:
        site = session.get_one(SiteRow, blog.site_id)
        reports.fill(session, site, cast.add_user(session, "Una"), weeks=3, a_day=60)
        month = datetime(2026, 11, 20, tzinfo=UTC)
        schedules.save(session, site, Rhythm(Stretch.WEEK, "UTC"), "de", month, [ANA])
    clock = datetime(2026, 11, 23, 6, tzinfo=UTC)
    while begin_due(bench, lambda: clock) or run_next(bench, lambda: clock):
        pass
    [came] = box.came
    assert came.mail["Subject"] == "Ton der Woche bei The Relay, 16. bis 22. November 2026"
    text, page = came.mail.iter_parts()
    html, *pictures = page.iter_parts()
    said = text.get_content()
    assert "378 Kommentare von Lesenden." in said
    assert "http://127.0.0.1:8000/reports/1" in said
    for written in (said, html.get_content()):
        assert "Thank you, this helped" not in written
        assert "I doubt that" not in written
    names = [each["Content-ID"].strip("<>") for each in pictures]
    assert names[:2] == ["volume", "changes"]
    assert all(f'src="cid:{name}"' in html.get_content() for name in names)
    assert all(each.get_content().startswith(b"\x89PNG") for each in pictures)
