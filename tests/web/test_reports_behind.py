"""Every figure of a report leads to the comments behind it: exactly as many as it says, in every time zone."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete

from service.flows import intake
from service.store import lists
from service.store.engine import Database
from service.store.tables import LabelRow
from service.web import filters
from tests import cast
from tests.web.page import Page
from tests.web.reporting import make_report

FIGURE = re.compile(r"[\d,]+")


def made(browser: FlaskClient, site: int, **asked: str) -> Page:
    """Make a report of the last of these weeks, and return its page."""
    form = {"site": str(site), "from": "2026-11-09", "to": "2026-11-22", "step": "week", **asked}
    answer = make_report(browser, form)
    assert answer.status_code == 303, answer.text
    return Page(browser.get(answer.location))


def figures_of(page: Page) -> Iterator[tuple[int, str]]:
    """Yield the counts that are links, each with where it leads."""
    for each in page.all("a"):
        address = each.attributes["href"] or ""
        if address.startswith("/queue?view=all") and FIGURE.fullmatch(each.words):
            yield int(each.words.replace(",", "")), address


def ask(address: str) -> dict[str, str]:
    """Return what an address asks for."""
    return dict(parse_qsl(urlsplit(address).query))


def behind(app: Flask, database: Database, address: str) -> int:
    """Return how many comments the desk lists at an address."""
    asked = filters.asked(ask(address))
    with app.app_context(), database.reading() as session:
        return lists.count(session, asked.view, asked.filter, cast.NOW)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"zone": "Pacific/Auckland", "step": "day"},
        {"zone": "America/St_Johns", "from": "2026-10-26", "to": "2026-11-08"},
        {"thread": f"{cast.POST}-again"},
        {"group": "subscriber"},
    ],
    ids=["plain", "far east", "when the clocks change", "one discussion", "one group"],
)
def test_each_count_is_the_number_of_comments_behind_it(
    app: Flask, ana: FlaskClient, sqlite: Database, filled: int, asked: dict[str, str]
) -> None:
    found = dict.fromkeys(figures_of(made(ana, filled, **asked)))
    wrong = [(figure, count, address) for figure, address in found if (count := behind(app, sqlite, address)) != figure]
    assert wrong == []
    assert len(found) > 15
    assert sum(figure for figure, _ in found) > 100


def test_what_no_model_scored_is_in_the_volume_and_in_no_share(
    ana: FlaskClient, app: Flask, sqlite: Database, filled: int
) -> None:
    with sqlite.writing() as session:
        session.execute(delete(LabelRow).where(LabelRow.comment_id % 3 == 0))
    found = list(figures_of(made(ana, filled)))
    assert [(figure, address) for figure, address in found if behind(app, sqlite, address) != figure] == []
    assert any("became=scored" in address for _, address in found)


def test_a_share_leads_where_its_count_does(ana: FlaskClient, filled: int) -> None:
    page = made(ana, filled)
    shares = {each.attributes["href"] for each in page.all("a") if each.words.endswith("%")}
    assert shares
    assert shares <= {address for _, address in figures_of(page)} | {
        each.attributes["href"] for each in page.all("a") if "until=2026-11-08" in (each.attributes["href"] or "")
    }


def test_what_one_finds_there_says_what_was_asked(ana: FlaskClient, filled: int) -> None:
    address = next(
        address for figure, address in figures_of(made(ana, filled, zone="Europe/Berlin")) if "label" in address
    )
    page = Page(ana.get(address))
    chosen = {each.attributes.get("value") for each in page.all("option") if "selected" in each.attributes}
    assert "readers" in chosen
    assert page.one("input", name="zone").attributes["value"] == "Europe/Berlin"


def test_what_was_withdrawn_is_counted_nowhere(ana: FlaskClient, app: Flask, sqlite: Database, filled: int) -> None:
    address = f"/queue?view=all&site={filled}&speaker=readers&since=2026-11-09&until=2026-11-22"
    before = behind(app, sqlite, address)
    with sqlite.writing() as session:
        rows = lists.page(session, lists.View.ALL, filters.asked(ask(address)).filter, cast.NOW, limit=5).rows
        for row in rows:
            intake.withdraw(session, row, cast.NOW)
    assert behind(app, sqlite, address) == before - 5
    found = list(figures_of(made(ana, filled)))
    assert [(figure, address) for figure, address in found if behind(app, sqlite, address) != figure] == []


@pytest.mark.parametrize(
    "asked",
    [
        "speaker=robots",
        "became=famous",
        "zone=Mars/Olympus",
        "zone=../../etc/passwd",
        f"group={'x' * 256}",
        "since=0001-01-01&zone=Asia/Tokyo",
        "until=9999-12-31",
    ],
)
def test_what_cannot_be_asked_for_is_said(ana: FlaskClient, asked: str) -> None:
    answer = ana.get(f"/queue?view=all&{asked}")
    assert (answer.status_code, answer.mimetype) == (400, "text/html")


def test_a_day_begins_when_it_begins_there(app: Flask, sqlite: Database, blog: cast.Blog) -> None:
    blog.post(created_at="2026-11-09T12:00:00Z")  # it is the tenth in Auckland since an hour
    here, there = ("/queue?view=all&since=2026-11-09&until=2026-11-09", "&zone=Pacific/Auckland")
    assert [behind(app, sqlite, here), behind(app, sqlite, here + there)] == [1, 0]
    assert behind(app, sqlite, f"/queue?view=all&since=2026-11-10&until=2026-11-10{there}") == 1
