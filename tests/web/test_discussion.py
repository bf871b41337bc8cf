"""The page of how readers talk to each other, and a discussion's temperature."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient

from service.domain.comment import Status
from service.store import comments
from service.store.engine import Database
from service.store.tables import CommentRow, LabelRow
from tests import cast
from tests.web.page import Page

PAGE = "/reports/discussion"
HOSTILE_FROM = 10


@pytest.fixture
def discussion(careful: cast.Blog, sqlite: Database) -> int:
    """Return a discussion of twenty published comments that turns after its tenth; one asks, one is kind."""
    for at in range(20):
        text = "How old were they? I am 52." if at == 1 else cast.KIND
        careful.post(
            text, id=str(at), author={"name": f"Reader {at}", "id": str(at)}, parent_id="2" if at == 3 else None
        )
    with sqlite.writing() as session:
        rows = session.query(CommentRow).order_by(CommentRow.id).all()
        for at, row in enumerate(rows):
            row.status = Status.APPROVED
            abusive = 0.9 if at >= HOSTILE_FROM else 0.01 * (at % 3)
            session.query(LabelRow).filter_by(comment_id=row.id, label="abusive").update({"probability": abusive})
        return rows[0].thread_id


def table(page: Page, caption: str) -> Iterator[str]:
    """Yield the rows of the table below a heading."""
    section = page.one("section", **{"aria-labelledby": caption})
    yield from (row.words for row in section.inside if row.tag == "tr")


def test_the_discussion_that_turned_is_listed(ana: FlaskClient, discussion: int) -> None:
    [_, row] = table(Page(ana.get(PAGE)), "turned")
    assert row.startswith(f"{cast.TITLE} 20 comment 10")


def test_the_measured_rate_of_false_alarms_is_said(ana: FlaskClient, discussion: int) -> None:
    text = " ".join(ana.get(PAGE).text.split())
    assert "raise an alarm in" in text
    assert "of 2,000; 95 %" in text


def test_questions_and_kind_comments_that_wait_are_listed(ana: FlaskClient, discussion: int) -> None:
    page = Page(ana.get(PAGE))
    questions, kind = (page.one("section", **{"aria-labelledby": each}).words for each in ("questions", "kind"))
    assert "How old were they?" in questions
    assert "explaining this so patiently" in kind


def test_small_cells_of_the_table_say_so(ana: FlaskClient, discussion: int) -> None:
    rows = list(table(Page(ana.get(PAGE)), "together"))
    assert len(rows) == 1 + 3 * 4
    assert all(row.endswith("not enough data") for row in rows[1:])


def test_other_days_have_nothing(ana: FlaskClient, discussion: int) -> None:
    answer = ana.get(f"{PAGE}?from=2020-01-01&to=2020-02-01")
    assert "Not enough data" in answer.text
    assert answer.text.count("None that was found.") == 2


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("site=99", 404),
        ("site=x", 404),
        ("from=yesterday", 400),
        ("from=2026-02-30", 400),
        ("from=0001-01-01", 400),
        ("to=9999-12-31", 400),
        ("from=2026-02-02&to=2026-02-01", 400),
        ("from=&to=&site=", 200),
    ],
)
def test_what_cannot_be_asked_is_said(ana: FlaskClient, careful: cast.Blog, asked: str, status: int) -> None:
    assert ana.get(f"{PAGE}?{asked}").status_code == status


def test_the_last_day_is_meant_too(ana: FlaskClient, discussion: int, sqlite: Database) -> None:
    with sqlite.reading() as session:
        row = comments.get(session, 1)
        assert row
        day = row.created_at.date()
    assert "comment 10" in ana.get(f"{PAGE}?from={day}&to={day}").text
    before = day - timedelta(days=1)
    assert "comment 10" not in ana.get(f"{PAGE}?from={before}&to={before}").text
    assert day <= date.today() + timedelta(days=1)


def test_without_a_site_the_page_says_how_to_add_one(ana: FlaskClient) -> None:
    assert "site add" in ana.get(PAGE).text


def test_a_discussions_page_shows_where_it_turned(ana: FlaskClient, discussion: int) -> None:
    page = Page(ana.get(f"/threads/{discussion}"))
    section = page.one("section", **{"aria-labelledby": "temperature"})
    assert "It turned after comment 10 of 20." in section.words
    bars = [each.attributes.get("class") for each in section.inside if each.tag == "rect"]
    assert bars == [None] * 10 + ["after"] * 10


def test_a_short_discussion_has_no_temperature(ana: FlaskClient, held: int) -> None:
    assert "Not enough data: 1 scored comments" in ana.get("/threads/1").text


def test_a_long_discussions_picture_has_no_more_bars_than_there_is_room_for(
    ana: FlaskClient, discussion: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.web.thermometers.MOST_BARS", 7)
    section = Page(ana.get(f"/threads/{discussion}")).one("section", **{"aria-labelledby": "temperature"})
    assert sum(each.tag == "rect" for each in section.inside) == 7


def test_questions_that_wait_stand_on_the_discussions_page(ana: FlaskClient, discussion: int) -> None:
    [details] = Page(ana.get(f"/threads/{discussion}")).all("details", class_="who-answers")
    assert "20 authors, 1 reply, up to 1 deep" in details.words
    assert "How old were they?" in details.words
