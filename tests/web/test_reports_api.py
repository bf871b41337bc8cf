"""A site's reports for programs: made, listed, read; nobody else's; what cannot be is said in the one error shape."""

from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.domain.tone_json import from_json
from service.store.engine import Database
from tests import cast

DAYS = {"from": "2026-11-09", "to": "2026-11-15"}


def make(blog: cast.Blog, **asked: Any) -> TestResponse:  # noqa: ANN401
    return blog.client.post("/api/v1/reports", json={**DAYS, **asked}, headers=blog.headers)


@pytest.fixture
def other(client: FlaskClient, sqlite: Database) -> cast.Blog:
    """Return another blog."""
    with sqlite.writing() as session:
        site, keys = cast.add_site(session, "https://other.example.org")
        return cast.Blog(client, keys, site.id)


def test_a_report_is_made_and_read_again_the_same(blog: cast.Blog) -> None:
    blog.post(created_at="2026-11-10T12:00:00Z")
    answer = make(blog, zone="Europe/Berlin", step="day")
    assert answer.status_code == 201
    assert blog.get(f"/reports/{answer.json['id']}").json == answer.json
    told = {name: answer.json[name] for name in ("first_day", "last_day", "step", "zone", "made_by", "address")}
    assert told == {
        "first_day": "2026-11-09",
        "last_day": "2026-11-15",
        "step": "day",
        "zone": "Europe/Berlin",
        "made_by": "site",
        "address": "http://127.0.0.1:8000/reports/1",
    }


def test_it_says_what_there_is(blog: cast.Blog) -> None:
    blog.post(created_at="2026-11-10T12:00:00Z")
    report = from_json(make(blog).json["report"])
    [readers] = report.lines
    assert (readers.whole.volume, report.period.end) == (1, date(2026, 11, 16))


def test_reports_are_listed_the_newest_first_and_a_page_ends(blog: cast.Blog) -> None:
    numbers = [make(blog).json["id"] for _ in range(3)]
    first = blog.get("/reports?limit=2").json
    second = blog.get(f"/reports?limit=2&before={first['next_before']}").json
    listed = [each["id"] for page in (first, second) for each in page["reports"]]
    assert (listed, second["next_before"]) == (numbers[::-1], None)


def test_a_site_sees_its_own_alone(blog: cast.Blog, other: cast.Blog) -> None:
    number = make(blog).json["id"]
    assert other.get("/reports").json["reports"] == []
    assert other.get(f"/reports/{number}").status_code == 404


@pytest.mark.parametrize("number", [0, 2, 2**31, 2**70])
def test_one_that_is_not_there_is_404(blog: cast.Blog, number: int) -> None:
    make(blog)
    answer = blog.get(f"/reports/{number}")
    assert (answer.status_code, answer.json["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"to": "2026-11-01"}, "ends before it begins"),
        ({"from": "1990-01-01", "step": "day"}, "at most 400"),
        ({"zone": "Nowhere"}, "no time zone 'Nowhere'"),
        ({"from": "2999-01-01", "to": "2999-01-02"}, "still to come"),
        ({"thread": "https://relay.example.org/nowhere"}, "No comment under"),
        ({"from": "9999-12-31", "to": "9999-12-31"}, "still to come"),
    ],
)
def test_what_there_can_be_no_report_of_is_said(blog: cast.Blog, asked: dict[str, str], said: str) -> None:
    answer = make(blog, **asked)
    assert (answer.status_code, answer.json["error"]["code"]) == (400, "invalid")
    assert said in answer.json["error"]["message"]


@pytest.mark.parametrize(
    "asked",
    [
        {"from": "2026-11-31"},
        {"from": "20261109"},
        {"from": 20261109},
        {"from": None},
        {"to": "2026-11-15T00:00:00Z"},
        {"step": "year"},
        {"site": "https://relay.example.org"},
        {"zone": "x" * 256},
        {"thread": "nowhere"},
    ],
)
def test_every_problem_of_a_request_is_listed(blog: cast.Blog, asked: dict[str, object]) -> None:
    answer = make(blog, **asked)
    assert answer.status_code == 400
    assert [each["field"].split(".")[0] for each in answer.json["error"]["details"]] == list(asked)


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "before=0", "before=x", "site=1"])
def test_a_list_that_cannot_be_asked_for_is_refused(blog: cast.Blog, query: str) -> None:
    assert blog.get(f"/reports?{query}").status_code == 400
