"""The page on which comments are drawn to be checked, and the desk's list of those that wait."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from service.domain.comment import Status
from service.store import decisions, draws
from service.store.engine import Database
from service.store.tables import CommentRow, Origin, ScoresRow
from tests import cast
from tests.web.page import Page
from tests.web.reporting import make_report

DAYS = {"from": "2026-10-26", "to": "2026-11-22"}


def draw(browser: FlaskClient, site: int, count: str = "60", **asked: str) -> Page:
    """Draw comments and return the page that one comes to."""
    answer = browser.post("/sample", data={"site": str(site), **DAYS, "count": count, **asked})
    assert answer.status_code == 303, answer.text
    return Page(browser.get(answer.location))


def waiting(browser: FlaskClient) -> str:
    """Return what the menu says of the list of what is to be checked."""
    return next(each.words for each in Page(browser.get("/queue")).all("a") if each.words.startswith("To be checked"))


def test_a_report_that_lacks_data_leads_there_with_all_that_it_is_about(
    ana: FlaskClient, filled: int, sqlite: Database
) -> None:
    unchecked = select(CommentRow.id).where(CommentRow.decided_at.is_(None))
    with sqlite.writing() as session:
        of_another_model = update(ScoresRow).where(ScoresRow.revision_id.in_(unchecked))
        session.execute(of_another_model.values(model="another").execution_options(synchronize_session=False))
    form = {"site": str(filled), **DAYS, "step": "week", "zone": "Europe/Berlin", "group": "subscriber"}
    report = Page(ana.get(make_report(ana, form).location))
    [link] = [each for each in report.all("a") if each.words == "Have comments of this time checked"]
    page = Page(ana.get(link.attributes["href"] or ""))
    shown = {each.attributes.get("name"): each.attributes.get("value") for each in page.all("input")}
    assert {name: shown[name] for name in (*DAYS, "zone", "group")} == {
        **DAYS,
        "zone": "Europe/Berlin",
        "group": "subscriber",
    }
    assert "of this time" in page.one("main").words


def test_it_is_said_what_to_expect(ana: FlaskClient, filled: int) -> None:
    rows = Page(ana.get(f"/sample?site={filled}")).all("tr")
    assert [row.words.split()[0] for row in rows[1:4]] == ["100", "200", "400"]
    assert rows[3].words.endswith("%")


def test_what_is_drawn_waits_in_a_list_of_its_own_and_not_among_what_is_held(ana: FlaskClient, filled: int) -> None:
    page = draw(ana, filled)
    assert "60 comments" in page.one("h1").words
    assert waiting(ana) == "To be checked 60"
    assert "0 comments wait for a person" in Page(ana.get("/queue")).one("h1").words


STAYS = [(Status.APPROVED, "approve"), (Status.SPAM, "spam"), (Status.REJECTED, "reject")]


@pytest.mark.parametrize(("status", "decision"), STAYS)
def test_to_leave_it_where_it_is_checks_it(
    ana: FlaskClient, filled: int, sqlite: Database, status: Status, decision: str
) -> None:
    draw(ana, filled, "300")
    with sqlite.writing() as session:
        row = session.scalars(select(CommentRow).where(CommentRow.check_place >= 0)).first()
        assert row
        decisions.add(session, row, status, Origin.SITE, cast.NOW)
        number, seen = row.id, row.decision.number
    page = Page(ana.get(f"/comments/{number}"))
    [button] = [each for each in page.all("button", value=decision) if each.attributes.get("name") == "decision"]
    assert button.words.startswith("Leave it")
    form = {"decision": decision, "seen": str(seen), "called": "", "confirms": "1", "labels": ["supportive"]}
    assert ana.post(f"/comments/{number}/decide", data=form).status_code == 303
    with sqlite.reading() as session:
        row = session.get_one(CommentRow, number)
        assert (row.status, row.check_place, row.decision.labels) == (status, None, ["supportive"])
    assert "1 of 300 checked, 299 wait" in Page(ana.get("/sample")).all("table")[-1].words


def test_a_draw_is_called_off(ana: FlaskClient, filled: int) -> None:
    draw(ana, filled)
    assert ana.post("/sample/1/call-off").status_code == 303
    assert waiting(ana) == "To be checked"
    assert "0 of 60 checked called off" in Page(ana.get("/sample")).all("table")[-1].words
    assert ana.post("/sample/9/call-off").status_code == 404


REFUSED = [
    ({"count": "many"}, "'many' is no number of comments."),
    ({"count": "0"}, "0 comments cannot be drawn"),
    ({"count": "1001"}, "1001 comments cannot be drawn"),
    ({"from": "soon"}, "'soon' is no day."),
    ({"from": "2026-11-23"}, "ends before it begins"),
    ({"zone": "Mars/Olympus"}, "There is no time zone 'Mars/Olympus'."),
    ({"thread": "https://relay.example.org/nowhere"}, "No comment under"),
]


@pytest.mark.parametrize(("asked", "said"), REFUSED)
def test_what_cannot_be_drawn_is_said_with_all_that_was_typed(
    ana: FlaskClient, filled: int, asked: dict[str, str], said: str
) -> None:
    answer = ana.post("/sample", data={"site": str(filled), **DAYS, "count": "60", **asked})
    page = Page(answer)
    assert (answer.status_code, said in page.one("p", role="alert").words) == (400, True)
    shown = {each.attributes.get("name"): each.attributes.get("value") for each in page.all("input")}
    assert {name: shown[name] for name in asked} == asked
    assert waiting(ana) == "To be checked"


def test_a_viewer_looks_and_draws_nothing(viewer: FlaskClient, filled: int) -> None:
    assert "Draw them" not in viewer.get("/sample").text
    assert viewer.post("/sample", data={"site": str(filled), **DAYS, "count": "1"}).status_code == 403


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Auckland", "UTC"])
def test_all_that_a_site_has_is_suggested_in_its_own_days(
    ana: FlaskClient, filled: int, sqlite: Database, zone: str
) -> None:
    place = ZoneInfo(zone)
    with sqlite.reading() as session:
        first = draws.first_written(session, filled)
    assert first
    page = Page(ana.get("/sample", query_string={"site": filled, "zone": zone}))
    shown = {each.attributes.get("name"): each.attributes.get("value") for each in page.all("input")}
    today = datetime.now(place).date()
    assert shown["from"] == first.astimezone(place).date().isoformat()
    assert shown["to"] in (today.isoformat(), (today - timedelta(days=1)).isoformat())  # it may be midnight


def test_a_zone_that_is_none_is_refused_on_the_page(ana: FlaskClient, filled: int) -> None:
    assert "There is no time zone" in ana.get("/sample", query_string={"site": filled, "zone": "Mars/Olympus"}).text


def test_without_a_site_the_page_says_how_to_add_one(ana: FlaskClient) -> None:
    assert "There is no site yet." in ana.get("/sample").text


def test_a_report_counts_as_checked_what_the_desk_lists_as_checked(ana: FlaskClient, filled: int) -> None:
    draw(ana, filled, "300", thread="")
    form = {"site": str(filled), **DAYS, "step": "week"}
    report = Page(ana.get(make_report(ana, form).location))
    figures = {
        (each.words, each.attributes["href"] or "")
        for each in report.all("a")
        if "became=checked" in (each.attributes["href"] or "")
    }
    assert figures
    for figure, address in figures:
        assert f"{figure} comment" in Page(ana.get(address)).one("h1").words
